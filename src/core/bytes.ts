/** Small dealings with byte arrays that several files share. */

export type Bytes = Uint8Array<ArrayBuffer>;

export const EMPTY: Bytes = new Uint8Array(0);

/**
 * Views what the caller gave, without copying. A detached or empty buffer is empty bytes.
 * Throws `TypeError` for anything but an `ArrayBuffer`, a `SharedArrayBuffer` or a view of one (a number is no length
 * here), and for a view that is out of the bounds of its buffer.
 */
export function viewOf(source: unknown): Uint8Array {
  if (source instanceof Uint8Array && source.length > 0) return source;
  if (!isBufferSource(source)) throw new TypeError("bytes must be an ArrayBuffer or a view of one");
  const buffer = bufferOf(source);
  if (buffer.byteLength === 0) return EMPTY;
  if (!ArrayBuffer.isView(source)) return new Uint8Array(buffer);
  if (isOutOfBounds(source)) throw new TypeError("this view is out of the bounds of its buffer, which has shrunk");
  return new Uint8Array(buffer, source.byteOffset, source.byteLength);
}

/** Of a buffer that is not detached. Such a view says that it is empty; a DataView throws. */
function isOutOfBounds(view: ArrayBufferView): boolean {
  try {
    if (view.byteLength === 0 && !(view instanceof DataView)) (view as Uint8Array).at(0);
    return false;
  } catch {
    return true;
  }
}

/** Buffers by brand rather than `instanceof`, since they may come from another realm. */
export function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || (Object(value) === value && (hasLength(value, ownLength) || isShared(value)));
}

/** Asks the getter, which only takes buffers. Their names can be changed, and other objects can take them. */
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
/** Pages that are not isolated have such memory, of WebAssembly, but not its class. */
const { SharedArrayBuffer: Shared } = globalThis as { SharedArrayBuffer?: { readonly prototype: object } };
const sharedLength = Shared && lengthOf(Shared.prototype);

function isShared(value: unknown): boolean {
  if (sharedLength === undefined) return Object.prototype.toString.call(value) === "[object SharedArrayBuffer]";
  return hasLength(value, sharedLength);
}

export function bufferOf(source: ArrayBuffer | ArrayBufferView): ArrayBufferLike & { readonly resizable?: boolean } {
  return ArrayBuffer.isView(source) ? source.buffer : source;
}

/**
 * `TypeError` for memory that is shared or can be resized: a buffer source of Web IDL is neither, unless it says
 * `[AllowShared]` or `[AllowResizable]`. Whatever is no buffer source passes.
 */
export function requireFixed(source: unknown): void {
  if (typeof source === "string" || !isBufferSource(source)) return;
  const buffer = bufferOf(source);
  if (buffer.resizable === false) return; // nearly every one
  if (isShared(buffer)) throw new TypeError("shared memory can't be sent: send a copy");
  if (buffer.resizable === true) throw new TypeError("resizable memory can't be sent: send a copy");
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
