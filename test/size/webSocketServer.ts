/** What a bundle carries that uses `WebSocketServer` alone; `size-limit` in package.json holds it. */
export { WebSocketServer } from "../../src/server/index.ts";
