/**
 * A server with the events and methods of `ws` that takes transports in place of a port, and an adapter for the hooks
 * of crossws.
 *
 * @module websocket-over/server
 */
export { crosswsAdapter, type CrosswsAdapter, type CrosswsOptions } from "./crossws/adapter.ts";
export type { CrosswsHooks } from "./crossws/hooks.ts";
export type { CrosswsMessage } from "./crossws/message.ts";
export type { CrosswsPeer, WaitForDrainOptions } from "./crossws/peer.ts";
export type { CrosswsSendOptions } from "./crossws/sendable.ts";
export type { PublishOptions, SyncAdapter, SyncDriver, SyncMessage } from "./crossws/topics.ts";
export { Emitter, type ListenerEvents } from "./emitter.ts";
export type { MessageBytes } from "./messageBytes.ts";
export type { OriginPolicy } from "../stream/originPolicy.ts";
export { Peer, type BinaryType, type ListenedEvents, type PeerEventListener, type PeerSendOptions } from "./peer.ts";
export type { MessageData, PeerEvents } from "./peerEvents.ts";
export type { UpgradeRequest } from "./request.ts";
export type { TransportInfo, TransportSocket } from "./transportSocket.ts";
export {
  WebSocketServer,
  type ClientInfo,
  type HandleOptions,
  type ServerEvents,
  type Verified,
  type WebSocketServerOptions,
} from "./webSocketServer.ts";
