/** The events of a peer, with what their listeners are called with. */
import type { ListenerEvents } from "./emitter.ts";
import type { MessageBytes } from "./messageBytes.ts";

export type MessageData = MessageBytes | ArrayBuffer | MessageBytes[] | Blob;

export interface PeerEvents extends ListenerEvents {
  message: [data: MessageData, isBinary: boolean];
  ping: [payload: MessageBytes];
  pong: [payload: MessageBytes];
  /** The peer has broken the protocol or a limit: a `RemoteProtocolError`; or a Blob can't be read. `close` follows. */
  error: [error: Error];
  /** Once, last, when the transport has ended: the code of the peer's Close frame, 1005 if that had none, 1006 if no Close frame came. */
  close: [code: number, reason: MessageBytes];
}
