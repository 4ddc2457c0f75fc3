/** What stands in for the TCP socket that libraries for ws reach for, behind a peer and a request. */
import { Emitter, type ListenerEvents } from "./emitter.ts";

/** What is known of the other end of a transport. */
export interface TransportInfo {
  readonly remoteAddress?: string | undefined;
  /** Whether what lies below is encrypted, as TLS is: `verifyClient` is told. */
  readonly encrypted?: boolean | undefined;
}

interface SocketEvents extends ListenerEvents {
  /** There is room to send again, after there was none. */
  drain: [];
  /** The last bytes have been written. */
  finish: [];
}

export class TransportSocket extends Emitter<SocketEvents> {
  readonly remoteAddress: string | undefined;
  readonly encrypted: boolean;
  /** `ws.createWebSocketStream` looks here whether it has still to close. */
  readonly _writableState = { finished: false };
  readonly #destroy: () => void;

  constructor({ remoteAddress, encrypted = false }: TransportInfo, destroy: () => void) {
    super();
    this.remoteAddress = remoteAddress;
    this.encrypted = encrypted;
    this.#destroy = destroy;
  }

  /** Gives the transport up at once. */
  destroy(): this {
    this.#destroy();
    return this;
  }
}
