/** Why a session of `./resume` failed, as a stable code. */

/**
 * - `unknownSession`: the server does not know the session. It has restarted, the session has expired there, or the token
 *   is wrong
 * - `expired`: no carrier was found within `keepMs`; `cause` is the last failure
 * - `evicted`: the server ended the session because `maxHeldBytes` was exceeded while it had no carrier
 * - `abandoned`: the application at the other end aborted the session
 * - `busy`: the server has as many sessions as it may have. The client tries again until `keepMs` has passed
 * - `version`: the other end speaks another version of the protocol
 * - `protocol`: the other end broke the protocol
 *
 * @see {@link ResumeError}
 */
export type ResumeErrorCode = "unknownSession" | "expired" | "evicted" | "abandoned" | "busy" | "version" | "protocol";

/**
 * A session of {@link resumable} or {@link resumed} was lost. Both streams of its transport fail with this error.
 *
 * @example
 * ```ts
 * import { ResumeError, resumable } from "websocket-over/resume";
 *
 * const dial = () => Promise.reject(new Error("offline"));
 * const transport = resumable(dial, { keepMs: 10 });
 * const error = await transport.closed?.catch((error: unknown) => error);
 * if (error instanceof ResumeError) console.log(error.code, error.confirmedBytes); // → expired 0
 * ```
 */
export class ResumeError extends Error {
  override readonly name = "ResumeError";
  readonly code: ResumeErrorCode;
  /** How many of this end's bytes the reader at the other end has certainly taken. */
  readonly confirmedBytes: number;

  constructor(code: ResumeErrorCode, message: string, options: ErrorOptions & { confirmedBytes?: number } = {}) {
    super(message, options);
    this.code = code;
    this.confirmedBytes = options.confirmedBytes ?? 0;
  }
}
