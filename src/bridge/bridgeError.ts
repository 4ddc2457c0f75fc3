/** Which of its limits a bridge reached. */

/**
 * - `idle`: nothing passed for `idleMs`
 * - `tooManyBytes`: more than `maxBytes` passed
 *
 * @see {@link BridgeError}
 */
export type BridgeErrorCode = "idle" | "tooManyBytes";

const messages: Readonly<Record<BridgeErrorCode, string>> = {
  idle: "nothing passed for too long: see the option idleMs",
  tooManyBytes: "too many bytes passed: see the option maxBytes",
};

/**
 * A bridge reached one of the limits that its options set. {@link bridgeBytes} rejects with it.
 *
 * @example
 * ```ts
 * import { bridgeBytes, BridgeError } from "websocket-over/bridge";
 * import { pipe } from "websocket-over/pipe";
 *
 * const [client, near] = pipe();
 * const [far] = pipe();
 * const bridged = bridgeBytes(near, far, { maxBytes: 1000 });
 * client.writable.getWriter().write(new Uint8Array(1001)).catch(() => {});
 * const error = await bridged.catch((error: unknown) => error);
 * if (error instanceof BridgeError) console.log(error.code); // → tooManyBytes
 * ```
 */
export class BridgeError extends Error {
  override readonly name = "BridgeError";
  readonly code: BridgeErrorCode;

  constructor(code: BridgeErrorCode) {
    super(messages[code]);
    this.code = code;
  }
}
