/** What carries bytes: the shape of a WebTransport stream, of a Cloudflare socket and of a Deno connection. */

export interface ByteTransport {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  /** Settles when both directions have ended. */
  readonly closed?: Promise<unknown>;
  /** Ends both directions at once. */
  close?(): void;
}
