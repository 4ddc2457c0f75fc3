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
 *
 * @see {@link TransportError}
 */
export type TransportErrorCode =
  "unreliable" | "neverOpened" | "reset" | "stopped" | "closed" | "lost" | "overflow" | "badMessage";

/**
 * Why a transport failed. Its streams reject with it.
 *
 * @example
 * ```ts
 * import { messagePortTransport, TransportError } from "websocket-over/messageport";
 *
 * const { port1, port2 } = new MessageChannel();
 * const near = messagePortTransport(port1);
 * const far = messagePortTransport(port2);
 * void near.writable.abort("out of paper");
 * try {
 *   await far.readable.getReader().read();
 * } catch (error) {
 *   if (error instanceof TransportError) console.log(error.code, error.message); // → reset the other end was aborted: out of paper
 * }
 * far.close?.();
 * near.close?.();
 * ```
 */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
