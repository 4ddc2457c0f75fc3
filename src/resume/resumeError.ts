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
 */
export type ResumeErrorCode = "unknownSession" | "expired" | "evicted" | "abandoned" | "busy" | "version" | "protocol";

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
