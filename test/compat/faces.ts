/** What the libraries are given: a browser's `WebSocket`, and the `ws` server at its other end. */
import type { WebSocketServer } from "ws";

/** One client side and one server side, joined by something that carries bytes. */
export interface World {
  /** The address of `server` for `WebSocket`, without a path. */
  readonly url: string;
  readonly WebSocket: typeof WebSocket;
  readonly server: WebSocketServer;
  /** While it is false, connecting fails. */
  reachable: boolean;
  /** Ends every connection like a lost network, without a Close. */
  readonly breakOff: () => void;
  readonly close: () => Promise<void>;
}

export interface WorldKind {
  readonly name: string;
  readonly open: () => Promise<World>;
}
