/** Why a transport failed, by a code that stays the same. */

/**
 * - `unreliable`: the data channel is unordered or gives messages up, and carries no stream of bytes
 * - `neverOpened`: the channel was closed before it was open
 * - `reset`: the other end aborted what it was writing
 * - `stopped`: the other end reads no more
 * - `closed`: this end was closed
 * - `lost`: the carrier ended without a word of the other end, as when a peer connection is closed or a worker dies
 * - `overflow`: the other end sent more than may wait unread
 * - `badMessage`: the other end sent something that is neither bytes nor a message of the transport's own
 */
export type TransportErrorCode =
  "unreliable" | "neverOpened" | "reset" | "stopped" | "closed" | "lost" | "overflow" | "badMessage";

export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
