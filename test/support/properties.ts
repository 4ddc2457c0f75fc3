/** fast-check, with the same inputs on every run where CI judges a change, and with new ones on any other run. */
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
