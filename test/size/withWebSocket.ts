/** A bundle of the protocol and the `WebSocket` class; `.size-limit.json` limits its size. */
export * from "../../src/index.ts";
export * from "../../src/websocket/index.ts";
