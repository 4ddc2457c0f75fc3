/** What a project that uses the matchers in Vitest declares, as the README says. */
import type { WebSocketAssertions } from "../../src/testing/index.ts";

declare module "vitest" {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends WebSocketAssertions {}
}
