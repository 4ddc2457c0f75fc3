/** What carries bytes: the shape of a WebTransport stream, of a Cloudflare socket and of a Deno connection. */

export interface ByteTransport {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  /** Whether a chunk has been copied when its write is fulfilled, so that the writer may use its memory again. */
  readonly copiesChunks?: boolean | undefined;
  /** Settles when both directions have ended. */
  readonly closed?: Promise<unknown>;
  /** Ends both directions at once. May be called at any time, and more than once. Does not throw. */
  close?(): void;
  /** Who is at the other end, where the transport came over a network. */
  readonly remoteAddress?: string | undefined;
  /** Whether what lies below is encrypted, as TLS is. */
  readonly encrypted?: boolean | undefined;
  /** The HTTP request that the transport came with, if somebody has read and parsed it already. */
  readonly request?: TransportRequest | undefined;
  /**
   * The opening handshake, where its heads travel outside the bytes, as over HTTP/2 and HTTP/3 (RFC 8441, RFC 9220). The
   * streams then carry frames alone, or the body of a refusal.
   */
  readonly opening?: ClientOpening | ServerOpening | undefined;
}

/** A client's opening, as whoever uses the transport sees it. */
export interface ClientOpening {
  /**
   * Sends the request, and waits for the answer that counts, not an interim one. Called once, before anything is written
   * or read. Rejected if there will be no answer.
   */
  ask(request: OpeningRequest): Promise<OpeningAnswer>;
}

/** A server's opening. */
export interface ServerOpening {
  /** What the client asks for. */
  readonly request: OpeningRequest;
  /** Sends the answer. Called once at most, before anything is written; a refusal's body is written after it. */
  answer(answer: OpeningAnswer): void;
}

/**
 * An extended CONNECT whose `:protocol` is `websocket`. Like the answer it has no header that belongs to an upgrade of
 * HTTP/1.1 or to its connection: no `Host`, `Upgrade`, `Connection` or `Sec-WebSocket-Key` (RFC 8441 §5).
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
