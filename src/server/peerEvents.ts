/** The events of a peer and their arguments. */
import type { ListenerEvents } from "./emitter.ts";
import type { MessageBytes } from "./messageBytes.ts";

/** A message in the form that `binaryType` of the {@link Peer} names; `MessageBytes` by default. */
export type MessageData = MessageBytes | ArrayBuffer | MessageBytes[] | Blob;

/** The events of a {@link Peer}, with the arguments of their listeners. */
export interface PeerEvents extends ListenerEvents {
  message: [data: MessageData, isBinary: boolean];
  ping: [payload: MessageBytes];
  pong: [payload: MessageBytes];
  /** The peer broke the protocol or a limit (a `RemoteProtocolError`), or a Blob can't be read. `close` follows. */
  error: [error: Error];
  /**
   * Emitted once, last, when the transport has ended. The code is that of the peer's Close frame; 1005 if it had none,
   * 1006 if no Close frame came.
   */
  close: [code: number, reason: MessageBytes];
}
