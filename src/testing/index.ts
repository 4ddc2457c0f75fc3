/**
 * A WebSocket server in memory that your test controls: requests, sockets, faults of the network and of the protocol,
 * and matchers.
 *
 * @module websocket-over/testing
 */
export type { Clock } from "../stream/clock.ts";
export type { FrameInit } from "./frame.ts";
export { ManualClock } from "./manualClock.ts";
export {
  matchers,
  type ReceiveJSONOptions,
  type ReceiveOptions,
  type WebSocketAssertions,
  type WebSocketMatchers,
} from "./matchers.ts";
export type { Received } from "./receivedLog.ts";
export type { Ended, SendMessageOptions, ServerSocket } from "./serverSocket.ts";
export type { RequestFacts, TestRequest } from "./testRequest.ts";
export { TestServer, type FactsOf, type Recording, type RequestOptions, type TestServerOptions } from "./testServer.ts";
export { MemoryServer, webSocketServer } from "./webSocketServer.ts";
export type { CorruptOptions, CutOptions, Direction, Fault } from "./wire.ts";
