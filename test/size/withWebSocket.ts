/** What a page carries that uses the protocol and the `WebSocket` class; `.size-limit.json` holds it. */
export * from "../../src/index.ts";
export * from "../../src/websocket/index.ts";
