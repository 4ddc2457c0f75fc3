/** Two peers that have met. */
import { TransportError } from "../transports/transportError.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { dataChannelProtocol, transportOf } from "../transports/webrtcChannel.ts";
import { CHANNEL_LABEL, type Link } from "./link.ts";

/** How a meeting ended; see {@link meet}. */
export interface MeetingEnd {
  /** `closed`: this end closed it. `left`: the other end did. `lost`: the network failed and did not come back. */
  readonly reason: "closed" | "left" | "lost";
  /** In words. */
  readonly why: string;
}

/**
 * Two peers that are connected; see {@link meet}. Each may open WebSockets to the other with `dial`, and serve those of
 * the other from `incoming`.
 */
export class Meeting {
  /**
   * Six digits that are the same at both ends, such as `"042 917"`, and differ if somebody has put himself between
   * them. Let both users compare them over a channel that nobody can fake, such as a call.
   */
  readonly fingerprint: string;
  /** A transport for each WebSocket that the other end dials, for `serve` and the servers. */
  readonly incoming: AsyncIterableIterator<ByteTransport, undefined>;
  /** Resolves when the meeting is over. */
  readonly closed: Promise<MeetingEnd>;
  readonly #link: Link;
  readonly #leave: () => void;
  #isOver = false;
  #settle!: (end: MeetingEnd) => void;

  /** Created by `meet` and its like. */
  constructor(link: Link, fingerprint: string, leave: () => void) {
    this.#link = link;
    this.incoming = link.incoming;
    this.fingerprint = fingerprint;
    this.#leave = leave;
    this.closed = new Promise((resolve) => (this.#settle = resolve));
  }

  /**
   * The connection in use. If a restart of ICE does not bring it back, both ends replace it by a new one; everything
   * that travelled over the last one ends then with `lost`.
   */
  get peerConnection(): RTCPeerConnection {
    return this.#link.connection;
  }

  /**
   * Opens a channel to the other end: a `Dial` for `createWebSocketClass`, or for `connect(meeting.dial())`. Each
   * WebSocket has a separate one. With `resumable(meeting.dial)` of `websocket-over/resume` nothing is lost when the
   * connection is replaced. Throws a `TransportError` (`lost`) when the meeting is over.
   */
  readonly dial = (): ByteTransport => {
    if (this.#isOver) throw new TransportError("lost", "the meeting is over");
    const { peerConnection } = this;
    const channel = peerConnection.createDataChannel(CHANNEL_LABEL, { protocol: dataChannelProtocol });
    return { ...transportOf(channel, { peerConnection }), encrypted: true };
  };

  /** Ends the meeting. The other end learns of it at once. */
  close(): void {
    this.#leave();
  }

  /** @internal */
  end(end: MeetingEnd): void {
    this.#isOver = true;
    this.#settle(end);
  }
}
