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
}

export interface TransportRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: [name: string, value: string][];
}
