/** The entry for code written for the browser's `WebSocket`. Only re-exports. */
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
