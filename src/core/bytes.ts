/** Small dealings with byte arrays that several files share. */

export type Bytes = Uint8Array<ArrayBuffer>;

export const EMPTY: Bytes = new Uint8Array(0);

/**
 * Views what the caller gave, without copying. A detached or empty buffer is empty bytes.
 * Throws `TypeError` for anything but an `ArrayBuffer`, a `SharedArrayBuffer` or a view of one: a number is no length here.
 */
export function viewOf(source: unknown): Uint8Array {
  if (source instanceof Uint8Array) return source;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (isArrayBuffer(source)) return new Uint8Array(source);
  throw new TypeError("bytes must be an ArrayBuffer or a view of one");
}

/** By brand rather than `instanceof`, since the buffer may come from another realm. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  const brand = Object.prototype.toString.call(value);
  return brand === "[object ArrayBuffer]" || brand === "[object SharedArrayBuffer]";
}

/** The bytes of a string of code points up to 255, as HTTP heads are written. */
export function latin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** All pieces in one new array. */
export function concat(pieces: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  putTogether(pieces, whole);
  return whole;
}

/** All pieces one behind the other, from the start on. */
export function putTogether(pieces: readonly Uint8Array[], into: Bytes): void {
  let at = 0;
  for (const piece of pieces) {
    into.set(piece, at);
    at += piece.length;
  }
}
