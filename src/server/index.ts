/** The entry "websocket-over/server": names only. */
export { crosswsAdapter, type CrosswsAdapter, type CrosswsOptions } from "./crossws/adapter.ts";
export type { CrosswsHooks } from "./crossws/hooks.ts";
export type { CrosswsMessage } from "./crossws/message.ts";
export type { CrosswsPeer, CrosswsSendOptions, WaitForDrainOptions } from "./crossws/peer.ts";
export type { PublishOptions, SyncAdapter, SyncDriver, SyncMessage } from "./crossws/topics.ts";
export type { PeerEventListener, ListenedEvents } from "./eventListeners.ts";
export { Emitter, type ListenerEvents } from "./emitter.ts";
export type { MessageBytes } from "./messageBytes.ts";
export type { OriginPolicy } from "../stream/originPolicy.ts";
export { Peer, type BinaryType, type MessageData, type PeerEvents, type PeerSendOptions } from "./peer.ts";
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
