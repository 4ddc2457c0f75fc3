/** fast-check, with the same inputs each time where CI judges a change: new ones are tried by every other run. */
import fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    propertySeed?: number;
  }
}

const seed = inject("propertySeed");
if (seed !== undefined) fc.configureGlobal({ seed });

export default fc;
