/** A Node HTTP/2 stream as a byte transport. Tells a reset from the end, as far as Node allows. */
import type { ByteTransport } from "../transports/byteTransport.ts";
import { duplexTransport, type Carrier, type NodeDuplex } from "../transports/nodeDuplex.ts";
import { TransportError } from "../transports/transportError.ts";
import { ignore } from "../transports/ignore.ts";

/**
 * The part of an `http2.Http2Stream` that is used.
 *
 * @see {@link http2Dial}
 */
export interface NodeHttp2Stream extends NodeDuplex {
  close(code?: number): void;
  readonly aborted: boolean;
  readonly rstCode: number | undefined;
  readonly session?: NodeHttp2StreamSession | undefined;
}

export interface NodeHttp2StreamSession {
  readonly destroyed?: boolean;
  readonly encrypted?: boolean | undefined;
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined;
}

/** RFC 9113 §7. */
const REFUSED_STREAM = 0x7;
const CANCEL = 0x8;

/** How long a closed stream may take to send its last bytes, in milliseconds. */
const LAST_BYTES_MS = 2000;

/** Returns the transport of a stream that carries its heads itself. */
export function streamTransport(stream: NodeHttp2Stream): ByteTransport {
  return duplexTransport(stream, new StreamCarrier(stream));
}

class StreamCarrier implements Carrier {
  readonly #stream: NodeHttp2Stream;
  /** Decides whether the end was a real one. */
  #decide: (() => void) | undefined;

  constructor(stream: NodeHttp2Stream) {
    this.#stream = stream;
    // Registered before the transport's listeners, which would otherwise take this for a failure.
    for (const event of ["aborted", "close"]) stream.on(event, () => this.#decide?.());
  }

  reset(): void {
    const stream = this.#stream;
    if (!stream.destroyed) stream.close(CANCEL); // RFC 8441 §5
    stream.destroy();
  }

  /**
   * Ends the stream with END_STREAM. Drops what still arrives for a while, because a reset would overtake the last
   * bytes.
   */
  close(): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    stream.end(ignore);
    stream.resume();
    const timer = setTimeout(() => this.reset(), LAST_BYTES_MS) as number | { unref(): void };
    if (typeof timer === "object") timer.unref();
    stream.on("close", () => clearTimeout(timer as number));
  }

  /**
   * Node also ends a stream that was reset. Only afterwards does it emit `aborted`, and not even that if this side has
   * ended its own direction.
   */
  ended(callback: (error?: Error) => void): void {
    this.#decide = () => {
      this.#decide = undefined;
      clearTimeout(timer);
      const stream = this.#stream;
      const isReset = stream.aborted || (stream.rstCode ?? 0) !== 0;
      callback(isReset ? this.failure() : undefined);
    };
    const timer = setTimeout(() => this.#decide?.(), 0);
    if (this.#stream.aborted) this.#decide();
  }

  /** Returns why the stream closed before its end. */
  failure(): Error {
    const { rstCode = 0, session } = this.#stream;
    if (session?.destroyed === true) return new TransportError("lost", "the HTTP/2 session has ended");
    if (rstCode === REFUSED_STREAM) {
      return new TransportError("reset", "the other end refused the stream (REFUSED_STREAM)");
    }
    return new TransportError("reset", `the other end reset the stream, with code ${rstCode}`);
  }
}
