/**
 * The protocol alone: bytes in, events out, calls in, bytes out. It does no I/O and sets no timers. For code with its
 * own I/O loop.
 *
 * @module websocket-over
 */
export { ClientConnection, type ClientConnectionOptions } from "./connection/clientConnection.ts";
export type { Connection } from "./connection/connection.ts";
export {
  ConnectionType,
  type AcceptOptions,
  type ClientOptions,
  type ConnectionOptions,
  type ServerOptions,
  type SharedOptions,
} from "./connection/options.ts";
export { ServerConnection } from "./connection/serverConnection.ts";
export { WSConnection } from "./connection/wsConnection.ts";
export { CloseCode } from "./core/closeCodes.ts";
export type { Keepalive, Timing } from "./core/deadlines.ts";
export {
  LocalProtocolError,
  ProtocolError,
  RemoteProtocolError,
  type ProtocolErrorCode,
  type ProtocolErrorDetails,
} from "./core/errors.ts";
export type { SendOptions } from "./core/messageWriter.ts";
export type {
  BytesReceived,
  CloseFrame,
  ConnectionClosed,
  ConnectionEstablished,
  ConnectionRejected,
  ConnectionRequested,
  PingReceived,
  PongReceived,
  RejectionData,
  TextReceived,
  WSEvent,
} from "./core/events.ts";
export type {
  AgreedExtension,
  Extension,
  ExtensionCodec,
  ExtensionParameters,
  FrameHeader,
  IncomingFrame,
  NegotiatedExtension,
  OutgoingFrame,
} from "./core/extension.ts";
export { lifeCycle, type ConnectionState, type Signal } from "./core/lifeCycle.ts";
export { defaultLimits, type LimitOptions, type Limits } from "./core/limits.ts";
export { Opcode } from "./core/opcodes.ts";
export { fastPaths, type FastPaths } from "./core/runs/fastPaths.ts";
export {
  answerOffer,
  offerHeaders,
  readAnswer,
  readOffer,
  type Agreement,
  type AnswerOptions,
  type Offer,
  type OfferOptions,
} from "./handshake/negotiation.ts";
export type { ParsedRequest, RejectOptions } from "./handshake/serverHandshake.ts";
