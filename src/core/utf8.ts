/** UTF-8 that comes in pieces (RFC 6455 §8.1, RFC 3629 §4): whole characters out, failing at the first byte that is wrong. */
import { EMPTY, type Bytes } from "./bytes.ts";

/** Where a text stopped being UTF-8: the characters before, and the position of the first byte that can't be. */
interface InvalidUtf8 {
  readonly valid: string;
  /** Counted from the first byte of the piece; below zero if the character began in an earlier one. */
  readonly at: number;
}

/**
 * Decodes a text piece by piece. Never uses a decoder's `stream` mode, which on Node 20 leaves that decoder slow for
 * ASCII ever after: an unfinished character, at most three bytes, waits here instead.
 */
export class Utf8Reader {
  #waiting: Bytes = EMPTY;

  /** Decodes the next piece; after the last one of a text no character may be unfinished. */
  read(piece: Bytes, last: boolean): string | InvalidUtf8 {
    const before = this.#waiting.length;
    if (before === 0 && (last || piece[piece.length - 1]! < 0x80)) {
      return decodeWhole(piece) ?? explain(piece, 0);
    }
    let bytes = piece;
    if (before > 0) {
      bytes = new Uint8Array(before + piece.length);
      bytes.set(this.#waiting);
      bytes.set(piece, before);
    }
    const end = last ? bytes.length : endOfWholeCharacters(bytes);
    const text = decodeWhole(bytes.subarray(0, end));
    if (text === undefined || !isBeginning(bytes, end)) return explain(bytes, before);
    this.#waiting = bytes.slice(end);
    return text;
  }
}

const encoder = new TextEncoder();

/** Text as UTF-8; lone surrogates become U+FFFD, as everywhere on the web platform. */
export function encodeText(text: string): Bytes {
  return encoder.encode(text);
}

/** The same into given memory, as many whole characters as have room in it; returns how many bytes they became. */
export function encodeTextInto(text: string, bytes: Bytes): number {
  return encoder.encodeInto(text, bytes).written;
}

/** Text that is ASCII, into as many bytes; `false` if it is not. Twice as fast as `encodeText` in Node 24 and Chromium 156. */
export function encodeAscii(text: string, bytes: Bytes): boolean {
  return encoder.encodeInto(text, bytes).read === text.length;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes bytes that end where a character ends; `undefined` if they are not UTF-8. */
export function decodeWhole(bytes: Bytes): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Where the last character starts, if it may be unfinished; else the length. */
function endOfWholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc0) return characterLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Whether the bytes from `start` on can be the beginning of a character. */
function isBeginning(bytes: Uint8Array, start: number): boolean {
  return start === bytes.length || (isLead(bytes[start]!) && firstWrong(bytes, start) === bytes.length);
}

function explain(bytes: Bytes, before: number): InvalidUtf8 {
  let at = 0;
  for (;;) {
    const wrong = firstWrong(bytes, at);
    const whole = wrong - at === characterLength(bytes[at]!);
    if (!whole) return { valid: decodeWhole(bytes.subarray(0, at))!, at: wrong - before };
    at = wrong;
  }
}

function isLead(byte: number): boolean {
  return byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4);
}

function characterLength(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/**
 * The end of the character that starts at `start`, or the first byte that can't belong to it, or the end of the bytes.
 * The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629 §4).
 */
function firstWrong(bytes: Uint8Array, start: number): number {
  const lead = bytes[start]!;
  if (!isLead(lead)) return start; // nor is what lies beyond the end
  const end = Math.min(start + characterLength(lead), bytes.length);
  for (let at = start + 1; at < end; at++) {
    const low = at > start + 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = at > start + 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (bytes[at]! < low || bytes[at]! > high) return at;
  }
  return end;
}
