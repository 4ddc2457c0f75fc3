/** Byte-array helpers. */
import { refuse } from "./options.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export const EMPTY: Bytes = new Uint8Array(0);

/**
 * Returns a view of the caller's bytes, without copying. A detached or empty buffer yields empty bytes. Throws
 * `TypeError` for anything but an `ArrayBuffer` or a view of one (a number is not a length here), and for shared or
 * resizable memory, as {@link requireFixed} does.
 */
export function viewOf(source: unknown): Bytes {
  return source === checkedBytes && checkedBytes.length > 0 ? checkedBytes : checkedViewOf(source);
}

/**
 * The bytes that were checked last, if they retain little memory: a broadcast sends the same ones again and again. The
 * check takes as long as sending 16 bytes. In V8, small arrays get their `buffer` only when it is read, which takes
 * several times as long. Fixed memory stays fixed; a transferred array is empty.
 */
let checkedBytes: Bytes = EMPTY;
const MOST_RETAINED_BYTES = 4096;

/** Apart from `viewOf`, which the engine inlines. */
function checkedViewOf(source: unknown): Bytes {
  if (source instanceof Uint8Array && source.length > 0) {
    const buffer = bufferOf(source);
    requireFixed(buffer);
    if (buffer.byteLength <= MOST_RETAINED_BYTES) checkedBytes = source as Bytes;
    return source as Bytes;
  }
  if (!isBufferSource(source)) refuse("bytes must be an ArrayBuffer or a view of one", source);
  const buffer = bufferOf(source);
  requireFixed(buffer);
  if (buffer.byteLength === 0) return EMPTY;
  if (!ArrayBuffer.isView(source)) return new Uint8Array(buffer);
  return new Uint8Array(buffer, source.byteOffset, source.byteLength);
}

/** Text as it is, bytes as {@link viewOf} returns them. Throws `TypeError` for anything else. */
export function textOrBytes(content: unknown): string | Bytes {
  return typeof content === "string" ? content : viewOf(content);
}

/** Accepts shared memory, too. Does not use `instanceof`, because buffers may come from another realm. */
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
 * or `[AllowResizable]`.
 */
function requireFixed(buffer: ReturnType<typeof bufferOf>): asserts buffer is ArrayBuffer {
  // Nearly all buffers: asking whether one is shared throws and catches an error.
  if (buffer.resizable === false) return;
  const kind = isShared(buffer) ? "shared" : buffer.resizable === true ? "resizable" : undefined;
  if (kind === undefined) return;
  throw new TypeError(`bytes in ${kind} memory are not accepted: copy them first, with slice() of a Uint8Array`);
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
