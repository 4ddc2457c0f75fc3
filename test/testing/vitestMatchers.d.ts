/** The declarations of a project that uses the matchers in Vitest, as in the README. */
import type { WebSocketAssertions } from "../../src/testing/index.ts";

declare global {
  namespace Chai {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface Assertion extends WebSocketAssertions {}
  }
}
