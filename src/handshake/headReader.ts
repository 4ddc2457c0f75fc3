/** Bytes → the head of an HTTP/1.1 message (RFC 9112 §2). Strict, bounded, and linear however the bytes are split. */
import type { ByteQueue } from "../core/byteQueue.ts";
import { EMPTY, latin1, type Bytes } from "../core/bytes.ts";
import type { Limits } from "../core/limits.ts";
import {
  FIELD_FOLDED,
  FIELD_MALFORMED,
  HEAD_TOO_LARGE,
  HEAD_TOO_MANY_LINES,
  LINE_END,
  MISSING,
  REPEATED,
  REQUEST_LINE,
  START_EMPTY,
  STATUS_LINE,
} from "../core/rules.ts";
import { violation, type Rule } from "../core/violation.ts";
import { decodeWhole } from "../core/utf8.ts";
import { isFieldValue, isToken, trimSpace } from "./headerGrammar.ts";
import type { Field } from "./field.ts";

/** A complete head: its fields in order, with lower-case names. */
export class Head {
  readonly startLine: string;
  readonly fields: readonly Field[];
  #headers: Headers | undefined;

  constructor(startLine: string, fields: readonly Field[]) {
    this.startLine = startLine;
    this.fields = fields;
  }

  /** The value of a field, its lines joined into a list (RFC 9110 §5.3). Creates no array: most fields are absent. */
  get(name: string): string | null {
    let values: string | null = null;
    for (const field of this.fields) {
      if (field[0] === name) values = values === null ? field[1] : `${values}, ${field[1]}`;
    }
    return values;
  }

  all(name: string): string[] {
    const values: string[] = [];
    for (const field of this.fields) if (field[0] === name) values.push(field[1]);
    return values;
  }

  /** The value of a required list, on one line or several. If the field is missing, throws the violation of `rule`. */
  list(name: string, rule: Rule): string {
    const value = this.get(name);
    if (!value) throw violation(rule, undefined, MISSING);
    return value;
  }

  /** The value of a field that must appear exactly once. Otherwise throws the violation of `rule`. */
  one(name: string, rule: Rule): string {
    this.requireSingle(name, rule);
    return this.list(name, rule);
  }

  /** Throws the violation of `rule` if a field appears more than once. Creates no array. */
  requireSingle(name: string, rule: Rule): void {
    let isThere = false;
    for (const field of this.fields) {
      if (field[0] !== name) continue;
      if (isThere) throw violation(rule, undefined, REPEATED);
      isThere = true;
    }
  }

  /** All fields. Created on first use, because that takes longer than reading the head. */
  get headers(): Headers {
    return (this.#headers ??= headersOf(this.fields));
  }
}

/** Every status line starts with this (RFC 9112 §4). */
const HTTP = latin1("HTTP/");

const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;

/** How many bytes one call decodes: each is an argument of the call. */
const CHARACTERS_AT_ONCE = 4096;

/** What the head starts with. The trailers of a body follow the last chunk, which has already been read. */
type Start = "request line" | "status line" | "last chunk";

export class HeadReader {
  readonly #limits: Limits;
  readonly #start: Start;
  /** The part of the head from earlier chunks, in a buffer that doubles when full. */
  #earlier: Bytes = EMPTY;
  #headBytes = 0;
  #lines = 0;
  #lineBytes = 0;
  #afterCr = false;

  constructor(limits: Limits, start: Start) {
    this.#limits = limits;
    this.#start = start;
    if (start === "last chunk") this.#lines = 1;
  }

  get started(): boolean {
    return this.#headBytes > 0;
  }

  /**
   * Reads up to the blank line and no further. Returns `undefined` until the head is complete. Throws
   * `RemoteProtocolError`.
   */
  read(input: ByteQueue): Head | undefined {
    while (input.available() > 0) {
      const start = input.position;
      const ended = this.#readLines(input);
      const { chunk, position } = input;
      if (ended && this.#headBytes === position - start) return this.#finish(input, chunk.subarray(start, position));
      this.#keep(chunk.subarray(start, position));
      if (ended) return this.#finish(input, this.#earlier.subarray(0, this.#headBytes));
    }
    return undefined;
  }

  /** Reads to the end of the chunk or of the head. Returns whether the head is complete. */
  #readLines(input: ByteQueue): boolean {
    const { chunk } = input;
    const start = input.position;
    const { maxHeadBytes, maxHeadLines } = this.#limits;
    const end = Math.min(input.end, start + maxHeadBytes - this.#headBytes);
    let lineStart = start - this.#lineBytes;
    let afterCr = this.#afterCr;
    let at = start;
    const readTo = (position: number): void => {
      this.#headBytes += position - input.position;
      input.position = position;
    };
    for (let i = this.#headBytes; i < HTTP.length; i++) {
      const position = start + i - this.#headBytes;
      if (position >= end || !this.#isForeign(chunk[position]!, i)) continue;
      readTo(position);
      throw violation(this.#start === "status line" ? STATUS_LINE : REQUEST_LINE, input.offset);
    }
    while (at < end) {
      const byte = chunk[at++]!;
      if (byte > CR && !afterCr) continue; // most bytes
      if (afterCr !== (byte === LF)) {
        readTo(at - 1);
        throw violation(LINE_END, input.offset);
      }
      afterCr = byte === CR;
      if (byte !== LF) continue;
      const isEmpty = at - lineStart === 2;
      lineStart = at;
      if (isEmpty && this.#lines > 0) {
        readTo(at);
        this.#lineBytes = 0;
        this.#afterCr = false;
        return true;
      }
      if (isEmpty && this.#start === "request line") {
        readTo(at);
        // §2.2: accept one empty line before a request.
        if (this.#headBytes === 2) continue;
        throw violation(START_EMPTY, input.offset, "request");
      }
      if (++this.#lines > maxHeadLines) {
        readTo(at);
        throw violation(HEAD_TOO_MANY_LINES, input.offset, maxHeadLines);
      }
    }
    readTo(at);
    this.#lineBytes = at - lineStart;
    this.#afterCr = afterCr;
    if (at < input.end) throw violation(HEAD_TOO_LARGE, input.offset, maxHeadBytes);
    return false;
  }

  /** Whether no head can start with this byte. A peer that does not speak HTTP may never send a blank line. */
  #isForeign(byte: number, index: number): boolean {
    if (this.#start === "status line") return byte !== HTTP[index];
    // A TLS ClientHello starts with 16 hex.
    return this.#start === "request line" && index === 0 && byte < SPACE && byte !== CR && byte !== LF;
  }

  /** Keeps a part of the head until the rest arrives. `#headBytes` already counts it. */
  #keep(part: Bytes): void {
    if (this.#headBytes > this.#earlier.length) {
      const larger = new Uint8Array(Math.max(256, 2 * this.#headBytes));
      larger.set(this.#earlier);
      this.#earlier = larger;
    }
    this.#earlier.set(part, this.#headBytes - part.length);
  }

  #finish(input: ByteQueue, bytes: Bytes): Head {
    // The last two are the blank line and the empty string after its end.
    const lines = textOf(bytes).split("\r\n").slice(0, -2);
    if (this.#start === "request line" && lines[0] === "") lines.shift();
    const startLine = this.#start === "last chunk" ? "" : (lines.shift() ?? "");
    const fields = lines.map((line, i) => {
      const field = parseField(line);
      // Report the line's number, not its text, which may be a secret. The line below the start line is 1.
      if (field === undefined) throw violation(isFolded(line) ? FIELD_FOLDED : FIELD_MALFORMED, input.offset, i + 1);
      return field;
    });
    this.#earlier = EMPTY;
    this.#headBytes = 0;
    this.#lines = 0;
    return new Head(startLine, fields);
  }
}

/** Parses a field line (RFC 9112 §5): no space before the colon, no folding, no control characters. */
function parseField(line: string): Field | undefined {
  const colon = line.indexOf(":");
  return makeField(line.slice(0, Math.max(colon, 0)), line.slice(colon + 1));
}

/** Makes a field from a name and a value, or returns `undefined` if one is invalid. */
export function makeField(name: string, value: string): Field | undefined {
  return isToken(name) && isFieldValue(value) ? [name.toLowerCase(), trimSpace(value)] : undefined;
}

/** Whether a line continues the field line before it, which HTTP no longer allows (§5.2). */
export function isFolded(line: string): boolean {
  return /^[ \t]/.test(line);
}

/** Headers as the platform or Node's `http` represents them. In Node a name with several values has an array. */
export type GivenHeaders = HeadersInit | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The given headers as pairs, with names as spelled. Throws `TypeError` if a name or a value is invalid. */
export function entriesOf(given: GivenHeaders): [name: string, value: string][] {
  if (Object(given) !== given) throw new TypeError(`headers must be an object, not ${typeof given}`);
  if (!(Symbol.iterator in given)) {
    return Object.entries(given as Record<string, unknown>).flatMap(([name, value]) =>
      value === undefined ? [] : [value].flat().map((each) => entryOf(name, each)),
    );
  }
  return Array.from(given as Iterable<[string, string]>, ([name, value, ...more]) => {
    if (value === undefined || more.length > 0) throw new TypeError("a header must be [name, value]");
    return entryOf(name, value);
  });
}

function entryOf(name: string, value: unknown): [name: string, value: string] {
  if (typeof value === "number") return [name, String(value)];
  if (typeof value !== "string") throw new TypeError(`a header's value must be a string, not ${typeof value}`);
  return [name, value];
}

/** Like {@link headersOf}, for headers in any form. */
export const headersFrom = (given: GivenHeaders): Headers => headersOf(entriesOf(given));

/** Fields as a `Headers` object; names may be in any case. Throws `TypeError` if a field is invalid. */
export function headersOf(fields: readonly Field[]): Headers {
  const headers = new Headers();
  const cookies: string[] = [];
  for (const [name, value] of fields) {
    if (name.length === 6 && name.toLowerCase() === "cookie") cookies.push(value);
    try {
      headers.append(name, value);
    } catch {
      // Node's own error repeats the name or the value, which may be a secret.
      throw new TypeError(isToken(name) ? `invalid header value for ${name}` : "a header's name must be a token");
    }
  }
  // Joined by "; " (RFC 6265 §5.4), as Node does; browsers use ", ", as for any other field.
  if (cookies.length > 1) headers.set("cookie", cookies.join("; "));
  return headers;
}

/** Decodes Latin-1. Nearly every head is ASCII, which a `TextDecoder` decodes thirty times as fast. */
function textOf(bytes: Bytes): string {
  const ascii = decodeWhole(bytes);
  if (ascii?.length === bytes.length) return ascii;
  let text = "";
  for (let at = 0; at < bytes.length; at += CHARACTERS_AT_ONCE) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHARACTERS_AT_ONCE));
  }
  return text;
}
