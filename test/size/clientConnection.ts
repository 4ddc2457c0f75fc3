/** A bundle that uses only `ClientConnection`; `.size-limit.json` limits its size. */
export { ClientConnection } from "../../src/index.ts";
