/** A bundle that uses only `ServerConnection`; `.size-limit.json` limits its size. */
export { ServerConnection } from "../../src/index.ts";
