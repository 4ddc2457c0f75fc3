/**
 * WebSockets as streams of Node's HTTP/2 (RFC 8441), for clients and for servers.
 *
 * @module websocket-over/http2
 */
export type {
  ByteTransport,
  ClientOpening,
  OpeningAnswer,
  OpeningRequest,
  ServerOpening,
} from "../transports/byteTransport.ts";
export { DialError, type DialErrorCode } from "../transports/dialError.ts";
export { TransportError, type TransportErrorCode } from "../transports/transportError.ts";
export { extendedConnects, type ExtendedConnectOptions, type NodeHttp2Server } from "./extendedConnects.ts";
export { http2Dial, type NodeHttp2Session } from "./http2Dial.ts";
export type { NodeHttp2Stream } from "./streamTransport.ts";
