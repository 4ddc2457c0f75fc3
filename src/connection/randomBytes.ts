/** The strong source of randomness that a connection uses unless it is given another (RFC 6455 §5.3, §10.3). */

/** Drawn at once, since a call costs as much as drawing 30,000 bytes. Within the 65,536 bytes of one call. */
const POOL_BYTES = 16 * 1024;

/** Declared here alone: everything else in this folder compiles without it. */
declare const crypto: { getRandomValues(bytes: Uint8Array): void };

let pool = new Uint8Array(0);
let used = POOL_BYTES;

/** Fills `bytes` from the platform's `crypto`, which is first read when bytes are first wanted. */
export function randomBytes(bytes: Uint8Array<ArrayBuffer>): void {
  const { length } = bytes;
  if (length > POOL_BYTES) throw new RangeError(`at most ${POOL_BYTES} random bytes at once`);
  if (used + length > POOL_BYTES) {
    if (pool.length === 0) pool = new Uint8Array(POOL_BYTES);
    crypto.getRandomValues(pool);
    used = 0;
  }
  for (let i = 0; i < length; i++) bytes[i] = pool[used++]!;
}
