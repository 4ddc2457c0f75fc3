/** Bytes as text, also for JSON: hexadecimal, or Base64 for long data. */
import type { Bytes } from "../core/bytes.ts";

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** The character codes of the hexadecimal digits. */
const CODES = new TextEncoder().encode("0123456789abcdef");
const decoder = new TextDecoder();

export function toHex(bytes: Uint8Array, between = ""): string {
  if (between !== "") return Array.from(bytes, (byte) => DIGITS[byte]!).join(between);
  // Built as bytes, for speed: a vector contains every message of its connection.
  const text = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    text[2 * i] = CODES[bytes[i]! >> 4]!;
    text[2 * i + 1] = CODES[bytes[i]! & 15]!;
  }
  return decoder.decode(text);
}

/** Ignores spaces. Returns `undefined` if `text` is not hexadecimal. */
export function fromHex(text: string): Bytes | undefined {
  const digits = text.replaceAll(" ", "");
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** `btoa` for bytes. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** Returns `undefined` if `text` is not Base64. */
export function fromBase64(text: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
