/** A stream of Node's HTTP/2 as a byte transport: it tells a reset from the end, as far as Node lets it. */
import type { ByteTransport } from "../transports/byteTransport.ts";
import { duplexTransport, type Carrier, type NodeDuplex } from "../transports/nodeDuplex.ts";
import { TransportError } from "../transports/transportError.ts";
import { ignore } from "../transports/ignore.ts";

/** What is used of an `http2.Http2Stream`. */
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

/** How long a stream that was closed may take to send what was written, in milliseconds. */
const LAST_BYTES_MS = 2000;

/** A stream that was opened with its heads, as a transport. */
export function streamTransport(stream: NodeHttp2Stream): ByteTransport {
  return duplexTransport(stream, new StreamCarrier(stream));
}

class StreamCarrier implements Carrier {
  readonly #stream: NodeHttp2Stream;
  /** Decides whether the end that came is one. */
  #decide: (() => void) | undefined;

  constructor(stream: NodeHttp2Stream) {
    this.#stream = stream;
    // Before the listeners of the transport, which takes this for a failure otherwise.
    for (const event of ["aborted", "close"]) stream.on(event, () => this.#decide?.());
  }

  reset(): void {
    const stream = this.#stream;
    if (!stream.destroyed) stream.close(CANCEL); // RFC 8441 §5
    stream.destroy();
  }

  /** By END_STREAM. What still comes is dropped for a while, since a reset would overtake the last bytes. */
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
   * Node ends a stream that was reset, too, and says only afterwards that it was: by `aborted`, or where this side has
   * ended its own direction, not at all.
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

  /** Why the stream has closed before it came to its end. */
  failure(): Error {
    const { rstCode = 0, session } = this.#stream;
    if (session?.destroyed === true) return new TransportError("lost", "the session of HTTP/2 has ended");
    if (rstCode === REFUSED_STREAM) {
      return new TransportError("reset", "the other end refuses more streams (REFUSED_STREAM)");
    }
    return new TransportError("reset", `the other end reset the stream, with code ${rstCode}`);
  }
}
