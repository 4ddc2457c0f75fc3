/** Which of its limits a bridge reached. */

/**
 * - `idle`: nothing passed for `idleMs`
 * - `tooManyBytes`: more than `maxBytes` passed
 */
export type BridgeErrorCode = "idle" | "tooManyBytes";

const messages: Readonly<Record<BridgeErrorCode, string>> = {
  idle: "nothing passed for too long: see the option idleMs",
  tooManyBytes: "too many bytes passed: see the option maxBytes",
};

export class BridgeError extends Error {
  override readonly name = "BridgeError";
  readonly code: BridgeErrorCode;

  constructor(code: BridgeErrorCode) {
    super(messages[code]);
    this.code = code;
  }
}
