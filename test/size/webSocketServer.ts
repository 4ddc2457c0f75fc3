/** A bundle that uses only `WebSocketServer`; `.size-limit.json` limits its size. */
export { WebSocketServer } from "../../src/server/index.ts";
