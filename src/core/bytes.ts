/** Byte-array helpers. */
import { refuse } from "./options.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export const EMPTY: Bytes = new Uint8Array(0);

/**
 * Returns a view of the caller's bytes, without copying. A detached or empty buffer yields empty bytes. Throws
 * `TypeError` for anything but an `ArrayBuffer`, a `SharedArrayBuffer` or a view of one (a number is not a length
 * here), and for a view that is out of bounds of its buffer.
 */
export function viewOf(source: unknown): Uint8Array {
  if (source instanceof Uint8Array && source.length > 0) return source;
  if (!isBufferSource(source)) refuse("bytes must be an ArrayBuffer or a view of one", source);
  const buffer = bufferOf(source);
  if (buffer.byteLength === 0) return EMPTY;
  if (!ArrayBuffer.isView(source)) return new Uint8Array(buffer);
  if (isOutOfBounds(source)) throw new TypeError("the view is out of bounds: its buffer has shrunk");
  return new Uint8Array(buffer, source.byteOffset, source.byteLength);
}

/** For a view of a buffer that is not detached. An out-of-bounds view reports length 0; a `DataView` throws. */
function isOutOfBounds(view: ArrayBufferView): boolean {
  try {
    if (view.byteLength === 0 && !(view instanceof DataView)) (view as Uint8Array).at(0);
    return false;
  } catch {
    return true;
  }
}

/** Does not use `instanceof`, because buffers may come from another realm. */
export function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || (Object(value) === value && (hasLength(value, ownLength) || isShared(value)));
}

/** Calls the getter, which accepts only buffers. Names are unreliable: a buffer's can change, others can take it. */
function hasLength(value: unknown, length: (this: unknown) => number): boolean {
  try {
    length.call(value);
    return true;
  } catch {
    return false;
  }
}

const lengthOf = (prototype: object): ((this: unknown) => number) =>
  Reflect.get(Object.getOwnPropertyDescriptor(prototype, "byteLength")!, "get") as (this: unknown) => number;
const ownLength = lengthOf(ArrayBuffer.prototype);
/** Pages that are not cross-origin isolated can have shared memory, through WebAssembly, but lack the class. */
const sharedLength =
  typeof SharedArrayBuffer === "function" ? lengthOf(SharedArrayBuffer.prototype as object) : undefined;

function isShared(value: unknown): boolean {
  if (sharedLength === undefined) return Object.prototype.toString.call(value) === "[object SharedArrayBuffer]";
  return hasLength(value, sharedLength);
}

export function bufferOf(source: ArrayBuffer | ArrayBufferView): ArrayBufferLike & { readonly resizable?: boolean } {
  return ArrayBuffer.isView(source) ? source.buffer : source;
}

/**
 * Throws `TypeError` for shared or resizable memory, which Web IDL rejects unless a type allows it with `[AllowShared]`
 * or `[AllowResizable]`. Ignores values that are not buffer sources.
 */
export function requireFixed(source: unknown): void {
  if (typeof source === "string" || !isBufferSource(source)) return;
  const buffer = bufferOf(source);
  if (buffer.resizable === false) return; // nearly all buffers
  if (isShared(buffer)) throw new TypeError("shared memory can't be sent: send a copy");
  if (buffer.resizable === true) throw new TypeError("resizable memory can't be sent: send a copy");
}

/** Copies the bytes. `slice()` would not do: that of Node's `Buffer` is a view. */
export function copyOf(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}

/** Encodes a string of code points up to 255, the encoding of HTTP heads. */
export function latin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Joins the pieces in a new array. */
export function concat(pieces: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  putTogether(pieces, whole);
  return whole;
}

/** Writes the pieces one after another, from the start of `into`. */
export function putTogether(pieces: readonly Uint8Array[], into: Bytes): void {
  let at = 0;
  for (const piece of pieces) {
    into.set(piece, at);
    at += piece.length;
  }
}
