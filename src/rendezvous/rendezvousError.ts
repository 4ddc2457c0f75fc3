/** Why two peers did not meet, as a stable code. */

/**
 * - `signalsEnded`: the signals ended before a peer was found
 * - `failed`: the two could not be connected
 * - `closed`: this end gave up
 * - `code`: the text is not a code, was changed on its way, or has another version
 * - `wrongCode`: it is a code, but of the other kind, or not for this invitation
 * - `expired`: it was a code
 *
 * @see {@link RendezvousError}
 */
export type RendezvousErrorCode = "signalsEnded" | "failed" | "closed" | "code" | "wrongCode" | "expired";

/**
 * Two peers did not meet.
 *
 * @example
 * ```ts
 * import { answer, RendezvousError } from "websocket-over/rendezvous";
 *
 * try {
 *   await answer("not a code");
 * } catch (error) {
 *   if (error instanceof RendezvousError) console.log(error.code); // → code
 * }
 * ```
 */
export class RendezvousError extends Error {
  override readonly name = "RendezvousError";
  readonly code: RendezvousErrorCode;

  constructor(code: RendezvousErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
