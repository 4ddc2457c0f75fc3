/** The default source of random bytes: cryptographically strong (RFC 6455 §5.3, §10.3). */

/** Filled in one call, because a call costs as much as drawing 30,000 bytes. Below the limit of 65,536 bytes a call. */
const POOL_BYTES = 16 * 1024;

/** Declared only in this file: the rest of the folder compiles without it. */
declare const crypto: { getRandomValues(bytes: Uint8Array): void };

let pool = new Uint8Array(0);
let used = POOL_BYTES;

/** Fills `bytes` from the platform's `crypto`. Reads `crypto` on first use, not on import. */
export function randomBytes(bytes: Uint8Array<ArrayBuffer>): void {
  const { length } = bytes;
  if (length > POOL_BYTES) throw new RangeError(`at most ${POOL_BYTES} random bytes at once, not ${length}`);
  if (used + length > POOL_BYTES) {
    if (pool.length === 0) pool = new Uint8Array(POOL_BYTES);
    crypto.getRandomValues(pool);
    used = 0;
  }
  for (let i = 0; i < length; i++) bytes[i] = pool[used++]!;
}
