/** SHA-1 (FIPS 180-4 §6.1), only for the accept key: SHA-1 no longer resists forgery. */
import type { Bytes } from "../core/bytes.ts";

/** The message schedule of one block. Shared by all calls. */
const words = new Int32Array(80);

/** The digest of a message shorter than 256 MiB; 20 bytes. */
export function sha1(message: Uint8Array): Bytes {
  const { length } = message;
  // The message, a 1 bit, zeros, and the length in bits (§5.1.1).
  const padded = new Uint8Array(((length + 8) & ~63) + 64);
  padded.set(message);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setInt32(padded.length - 4, length << 3);
  const hash = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  for (let block = 0; block < padded.length; block += 64) addBlock(hash, view, block);
  hash.forEach((word, i) => view.setInt32(4 * i, word));
  return padded.slice(0, 20);
}

function addBlock(hash: Int32Array, view: DataView, block: number): void {
  for (let t = 0; t < 16; t++) words[t] = view.getInt32(block + 4 * t);
  for (let t = 16; t < 80; t++) {
    words[t] = rotate(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1);
  }
  let a = hash[0]!;
  let b = hash[1]!;
  let c = hash[2]!;
  let d = hash[3]!;
  let e = hash[4]!;
  for (let t = 0; t < 80; t++) {
    let mixed = b ^ c ^ d;
    if (t < 20) mixed = (d ^ (b & (c ^ d))) + 0x5a827999;
    else if (t < 40) mixed += 0x6ed9eba1;
    else if (t < 60) mixed = ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
    else mixed += 0xca62c1d6;
    const next = (rotate(a, 5) + mixed + e + words[t]!) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  hash[0]! += a;
  hash[1]! += b;
  hash[2]! += c;
  hash[3]! += d;
  hash[4]! += e;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
