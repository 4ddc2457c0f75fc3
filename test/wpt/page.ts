/** Replaces the platform's class with the library's, in a page or a worker, before a test's own scripts run. */
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";

/** Where the relay is, such as `ws://127.0.0.1:1234`; `run.ts` puts it in. */
declare const RELAY: string;

const Carrier = WebSocket;
const value = createWebSocketClass((url) =>
  webSocketTransport(new Carrier(`${RELAY}/?${encodeURIComponent(url.href)}`, webSocketProtocol)),
);
Object.defineProperty(globalThis, "WebSocket", { value, writable: true, configurable: true });
