/** Why a transport failed, as a stable code. */

/**
 * - `unreliable`: the data channel is unordered or may drop messages, so it can't carry a byte stream
 * - `neverOpened`: the channel closed before it was open
 * - `reset`: the other end aborted its writer
 * - `stopped`: the other end stopped reading
 * - `closed`: this end was closed
 * - `lost`: the carrier ended without an end message, for example because a peer connection was closed or a worker died
 * - `overflow`: the other end sent more than may wait unread
 * - `badMessage`: the other end sent something that is neither bytes nor one of the transport's messages
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
