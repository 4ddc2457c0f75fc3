/**
 * The browser's `WebSocket` class over your transport, for libraries that take one.
 *
 * @module websocket-over/websocket
 */
export type { ByteTransport } from "../transports/byteTransport.ts";
export type { Clock } from "../stream/clock.ts";
export type { Dial, WebSocketOptions } from "../stream/dial.ts";
export { WebSocketError, type Rejection } from "../stream/webSocketError.ts";
export {
  createWebSocketClass,
  webSocketOver,
  type WebSocketConstructor,
  type WebSocketInit,
  type WebSocketOver,
  type WebSocketOverOptions,
} from "./webSocketClass.ts";
export { webSocketPair, type WebSocketEnd, type WebSocketPairOptions } from "./webSocketPair.ts";
