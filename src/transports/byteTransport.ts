/** Carries bytes. Has the shape of a WebTransport stream, a Cloudflare socket and a Deno connection. */

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

/** A client's opening, for the user of the transport. */
export interface ClientOpening {
  /**
   * Sends the request and waits for the final answer, skipping interim ones. Call it once, before any read or write.
   * Rejects if there will be no answer.
   */
  ask(request: OpeningRequest): Promise<OpeningAnswer>;
}

/** A server's opening, for the user of the transport. */
export interface ServerOpening {
  /** The client's request. */
  readonly request: OpeningRequest;
  /** Sends the answer. Call it at most once, before any write. Write a refusal's body afterwards. */
  answer(answer: OpeningAnswer): void;
}

/**
 * An extended CONNECT whose `:protocol` is `websocket`. Neither it nor the answer has headers of the HTTP/1.1 upgrade
 * or connection: no `Host`, `Upgrade`, `Connection` or `Sec-WebSocket-Key` (RFC 8441 §5).
 */
export interface OpeningRequest {
  /** Host and port. */
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: [name: string, value: string][];
}

export interface OpeningAnswer {
  /** 200 to 299 opens the WebSocket; anything else refuses it. */
  readonly status: number;
  readonly headers: [name: string, value: string][];
}

export interface TransportRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: [name: string, value: string][];
}
