/** A bundle that uses only `createWebSocketClass`; `.size-limit.json` limits its size. */
export { createWebSocketClass } from "../../src/websocket/index.ts";
