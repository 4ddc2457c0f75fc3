/** What carries the bytes of a connection, and the opening that some carriers bring along. */

/**
 * A pair of byte streams, whatever carries them. A WebTransport stream, a Cloudflare socket and a Deno connection have
 * this shape already.
 *
 * The user of a transport owns the chunks that it reads. A writer may reuse a chunk once its write resolves only if
 * `copiesChunks` is set.
 *
 * @example
 * ```ts
 * import { accept, connect, type ByteTransport } from "websocket-over/stream";
 *
 * const there = new TransformStream(); // any two pairs of streams will do
 * const back = new TransformStream();
 * const near: ByteTransport = { readable: back.readable, writable: there.writable };
 * const far: ByteTransport = { readable: there.readable, writable: back.writable };
 * void accept(far).then(async (request) => (await request.accept()).send("over streams"));
 * const session = await connect(near);
 * console.log(await session.receive()); // → over streams
 * await session.close();
 * ```
 */
export interface ByteTransport {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  /** Whether a chunk has been copied once its write resolves, so that the writer may reuse its memory. */
  readonly copiesChunks?: boolean | undefined;
  /** Settles when both directions have ended. */
  readonly closed?: Promise<unknown>;
  /** Ends both directions at once. May be called at any time, and more than once. Does not throw. */
  close?(): void;
  /** The address of the other end, if the transport came over a network. */
  readonly remoteAddress?: string | undefined;
  /** Whether the underlying connection is encrypted, as with TLS. */
  readonly encrypted?: boolean | undefined;
  /** The HTTP request that the transport came with, if it has already been read and parsed. */
  readonly request?: TransportRequest | undefined;
  /**
   * The opening handshake, if its heads travel outside the bytes, as over HTTP/2 and HTTP/3 (RFC 8441, RFC 9220). The
   * streams then carry only frames, or the body of a refusal.
   */
  readonly opening?: ClientOpening | ServerOpening | undefined;
}

/**
 * A client's opening, for the user of the transport.
 *
 * @see {@link ByteTransport}
 */
export interface ClientOpening {
  /**
   * Sends the request and waits for the final answer, skipping interim ones. Call it once, before any read or write.
   * Rejects if there will be no answer.
   */
  ask(request: OpeningRequest): Promise<OpeningAnswer>;
}

/**
 * A server's opening, for the user of the transport.
 *
 * @see {@link ByteTransport}
 */
export interface ServerOpening {
  /** The client's request. */
  readonly request: OpeningRequest;
  /** Sends the answer. Call it at most once, before any write. Write a refusal's body afterwards. */
  answer(answer: OpeningAnswer): void;
}

/**
 * An extended CONNECT whose `:protocol` is `websocket`. Neither it nor the answer has headers of the HTTP/1.1 upgrade
 * or connection: no `Host`, `Upgrade`, `Connection` or `Sec-WebSocket-Key` (RFC 8441 §5).
 *
 * @see {@link ByteTransport}
 */
export interface OpeningRequest {
  /** Host and port. */
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: [name: string, value: string][];
}

/** A server's answer to an {@link OpeningRequest}; see {@link ByteTransport}. */
export interface OpeningAnswer {
  /** 200 to 299 opens the WebSocket; anything else refuses it. */
  readonly status: number;
  readonly headers: [name: string, value: string][];
}

/** An HTTP request that has already been read; see {@link upgrades}. */
export interface TransportRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: [name: string, value: string][];
}
