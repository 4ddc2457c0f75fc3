/** Replaces the platform's classes with the library's, in a page or a worker, before a test's own scripts run. */
import { createWebSocketStreamClass, WebSocketError, type Dial } from "../../src/stream/index.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";

/** Where the relay is, such as `ws://127.0.0.1:1234`; `run.ts` puts it in. */
declare const RELAY: string;

const Carrier = WebSocket;
const dial: Dial = (url) =>
  webSocketTransport(new Carrier(`${RELAY}/?${encodeURIComponent(url.href)}`, webSocketProtocol));
const classes = {
  WebSocket: createWebSocketClass(dial),
  WebSocketStream: createWebSocketStreamClass(dial),
  WebSocketError,
};
for (const [name, value] of Object.entries(classes)) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
