/** Unmasking of short payloads, together with their key: twice as fast as `applyMask` for 16 bytes. */
import { applyMask, littleEndian, readKey, type Words } from "../mask.ts";

/**
 * Unmasks a short payload in place, together with the key in front of it, which that makes zeros: they leave as it is
 * what is unmasked now. The key is read as it lies in the words, so that 16 bytes take half the time of `applyMask`.
 */
export function unmaskWithKey(bytes: Uint8Array<ArrayBuffer>, words: Words, start: number, end: number): void {
  const { ints } = words;
  const from = bytes.byteOffset + start;
  const to = bytes.byteOffset + end;
  if (!littleEndian || to > ints.length << 2) {
    applyMask(bytes, words, start, end, readKey(bytes, start), 0);
    return;
  }
  const first = from >> 2;
  const last = (to - 1) >> 2;
  const headMask = -1 << ((from & 3) << 3);
  // The key, turned to how it meets whole words: its last bytes may lie in front.
  const mask = first === last ? ints[first]! : (ints[first]! & headMask) | (ints[first + 1]! & ~headMask);
  ints[first]! ^= mask & headMask;
  if (first === last) return;
  for (let word = first + 1; word < last; word++) ints[word]! ^= mask;
  ints[last]! ^= mask & (-1 >>> ((-to & 3) << 3));
}
