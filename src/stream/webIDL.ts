/** Converts arguments as Web IDL does, so that the class accepts and refuses what a browser's does. */
import { isBufferSource, viewOf, type Bytes } from "../core/bytes.ts";
import { encodeTextInto } from "../core/utf8.ts";
import { isBlob } from "./blob.ts";

/** The argument of `send`, and its length in bytes as `bufferedAmount` counts it. */
export type Payload =
  | { readonly type: "data"; readonly data: string | Bytes; readonly size: number }
  | { readonly type: "blob"; readonly blob: Blob; readonly size: number };

/**
 * `(BufferSource or Blob or USVString)`. Throws `TypeError` for shared or resizable memory, and for a value that can't
 * be converted to a string.
 */
export function toPayload(value: unknown): Payload {
  if (typeof value === "string") return { type: "data", data: value, size: utf8Length(value) };
  if (isBufferSource(value)) {
    const data = viewOf(value);
    return { type: "data", data, size: data.length };
  }
  return isBlob(value) ? { type: "blob", blob: value, size: value.size } : toPayload(toText(value));
}

/** `DOMString`. Throws `TypeError` for a symbol. */
export function toText(value: unknown): string {
  if (typeof value === "symbol") throw new TypeError("a symbol can't be a string");
  return String(value);
}

/** `(DOMString or sequence<DOMString>)`. */
export function toProtocols(value: unknown): string[] {
  return isObject(value) && Symbol.iterator in value ? toSequence("protocols", value) : [toText(value)];
}

/** `[Clamp] unsigned short`. */
export function clampToUnsignedShort(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), 0xffff);
  // "Round x to the nearest integer, choosing the even integer if it lies halfway between two."
  const floor = Math.floor(clamped);
  const rest = clamped - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Scratch buffer: long text is encoded into it to measure its length. */
let scratch: Uint8Array<ArrayBuffer> | undefined;
const SCRATCH_BYTES = 16 * 1024;

/** Up to this length, in UTF-16 code units, a loop over the characters is faster than the encoder. */
const SHORT_TEXT = 128;

/** The length of text in UTF-8. Lone surrogates count as U+FFFD. */
export function utf8Length(text: string): number {
  const { length } = text;
  if (length <= SHORT_TEXT) {
    let at = 0;
    while (at < length && text.charCodeAt(at) < 0x80) at++;
    if (at === length) return length;
  }
  scratch ??= new Uint8Array(SCRATCH_BYTES);
  let bytes = 0;
  // A third, because a code unit becomes at most three bytes. A surrogate pair must not be split.
  for (let start = 0; start < length;) {
    let end = Math.min(start + Math.floor(SCRATCH_BYTES / 3), length);
    const last = text.charCodeAt(end - 1);
    if (end < length && last >= 0xd800 && last <= 0xdbff) end--;
    bytes += encodeTextInto(text.slice(start, end), scratch);
    start = end;
  }
  return bytes;
}

/** Throws `TypeError` if a required first argument is missing. `count` is the number of arguments. */
export function requireArgument(message: string, count: number): void {
  if (count === 0) throw new TypeError(message);
}

/** Throws if a script may not close a connection with this code and reason (WHATWG WebSockets §3.1, `close`). */
export function requireClosable(code: number | undefined, reason: string | undefined): void {
  // "If code is present, but is neither an integer equal to 1000 nor an integer in the range 3000 to 4999,
  // inclusive, throw an "InvalidAccessError" DOMException."
  if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
    throw new DOMException(`the close code must be 1000 or 3000 to 4999, not ${code}`, "InvalidAccessError");
  }
  // "If reasonBytes is longer than 123 bytes, then throw a "SyntaxError" DOMException."
  if (reason !== undefined && utf8Length(reason) > 123) {
    throw new DOMException("a close reason has at most 123 bytes of UTF-8", "SyntaxError");
  }
}

/** A dictionary: `undefined` and `null` have no members. Throws `TypeError` for any other value that is not an object. */
export function toDictionary(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError(`${what} takes an object, not ${toText(value)}`);
  return value;
}

/** `sequence<DOMString>`. Throws `TypeError` for what is not an iterable object. */
export function toSequence(what: string, value: unknown): string[] {
  if (!isObject(value) || !(Symbol.iterator in value)) throw new TypeError(`${what} must be a list of strings`);
  return Array.from(value as unknown as Iterable<unknown>, toText);
}

/** `[EnforceRange] unsigned short`. */
export function enforceUnsignedShort(value: unknown): number {
  const number = Math.trunc(Number(value));
  if (!(number >= 0 && number <= 0xffff)) throw new TypeError("a close code is a number from 0 to 65535");
  return number;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
