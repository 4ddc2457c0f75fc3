/**
 * Sessions over any byte transport, for both sides, with backpressure: `connect`, `accept`, `serve`, and the
 * `WebSocketStream` class.
 *
 * @module websocket-over/stream
 */
export type {
  ByteTransport,
  ClientOpening,
  OpeningAnswer,
  OpeningRequest,
  ServerOpening,
} from "../transports/byteTransport.ts";
export type { Abortable } from "./abortable.ts";
export { accept, type AcceptTransportOptions, type IncomingRequest } from "./accept.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export type { ConnectionHook } from "./connectionHook.ts";
export type { Dial, WebSocketOptions } from "./dial.ts";
export type { IncomingMessageStream, Message } from "./incomingMessages.ts";
export type { OriginPolicy } from "./originPolicy.ts";
export { serve, type RequestHandler, type ServeOptions } from "./serve.ts";
export { WebSocketSession, type CloseInfo, type CloseOptions } from "./session.ts";
export { WebSocketError, type Rejection, type WebSocketErrorDetails } from "./webSocketError.ts";
export {
  createWebSocketStreamClass,
  type WebSocketCloseInfo,
  type WebSocketOpenInfo,
  type WebSocketStreamConstructor,
  type WebSocketStreamInit,
  type WebSocketStreamOver,
} from "./webSocketStreamClass.ts";
