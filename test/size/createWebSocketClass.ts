/** What a bundle carries that uses `createWebSocketClass` alone; `size-limit` in package.json holds it. */
export { createWebSocketClass } from "../../src/websocket/index.ts";
