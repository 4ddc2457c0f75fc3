/** Replaces the TCP socket that ws libraries read from a peer or a request. */
import { Emitter, type ListenerEvents } from "./emitter.ts";

/**
 * What is known of the other end of a transport.
 *
 * @see {@link WebSocketServer}
 */
export interface TransportInfo {
  readonly remoteAddress?: string | undefined;
  /** Whether the underlying connection is encrypted, as with TLS. Passed to `verifyClient`. */
  readonly encrypted?: boolean | undefined;
}

interface SocketEvents extends ListenerEvents {
  /** There is room to send again. */
  drain: [];
  /** The last bytes have been written. */
  finish: [];
}

/** Stands for Node's TCP socket in an {@link UpgradeRequest} of a {@link WebSocketServer}. */
export class TransportSocket extends Emitter<SocketEvents> {
  readonly remoteAddress: string | undefined;
  readonly encrypted: boolean;
  /** `ws.createWebSocketStream` reads this to see whether it must still close. */
  readonly _writableState = { finished: false };
  readonly #destroy: () => void;

  constructor({ remoteAddress, encrypted = false }: TransportInfo, destroy: () => void) {
    super();
    this.remoteAddress = remoteAddress;
    this.encrypted = encrypted;
    this.#destroy = destroy;
  }

  /** Abandons the transport at once. */
  destroy(): this {
    this.#destroy();
    return this;
  }
}
