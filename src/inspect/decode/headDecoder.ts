/** Decodes a captured head of an HTTP/1.1 message, however malformed: its lines and their positions. */
import type { Bytes } from "../../core/bytes.ts";
import { trimSpace } from "../../handshake/headerGrammar.ts";
import { Gathered } from "./gathered.ts";
import type { HeadField } from "../record.ts";

const CR = 0x0d;
const LF = 0x0a;

/** Collects bytes up to the blank line that ends a head. */
export class HeadDecoder {
  readonly #gathered: Gathered;
  readonly #limit: number;
  #anyLine = false;
  #lineLength = 0;
  #previous = 0;
  complete = false;

  constructor(maxHeadBytes: number) {
    this.#limit = maxHeadBytes;
    this.#gathered = new Gathered(maxHeadBytes);
  }

  get bytes(): Bytes {
    return this.#gathered.kept;
  }

  /** Whether the head exceeds its limit. Then it takes no more bytes. */
  get overfull(): boolean {
    return !this.complete && this.#gathered.length >= this.#limit;
  }

  /** Takes the bytes that belong to the head and returns their number. */
  take(chunk: Uint8Array): number {
    const end = Math.min(chunk.length, this.#limit - this.#gathered.length);
    let at = 0;
    while (at < end && !this.complete) this.#take(chunk[at++]!);
    this.#gathered.add(chunk.subarray(0, at));
    return at;
  }

  #take(byte: number): void {
    if (byte === LF) {
      const empty = this.#lineLength === 0 || (this.#lineLength === 1 && this.#previous === CR);
      this.complete = empty && this.#anyLine;
      this.#anyLine ||= !empty;
      this.#lineLength = 0;
    } else {
      this.#lineLength++;
    }
    this.#previous = byte;
  }
}

export interface HeadLine {
  readonly text: string;
  /** Position in the head, including its CR LF or whatever ends the line. */
  readonly start: number;
  readonly end: number;
}

/** The lines of a head without the blank line at its end; those that have arrived if it is incomplete. */
export function linesOf(bytes: Uint8Array): HeadLine[] {
  const lines: HeadLine[] = [];
  let start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== LF) continue;
    const textEnd = at > start && bytes[at - 1] === CR ? at - 1 : at;
    const end = Math.min(at + 1, bytes.length);
    if (textEnd > start) lines.push({ text: latin1Text(bytes.subarray(start, textEnd)), start, end });
    start = at + 1;
  }
  return lines;
}

/** The field lines after the start line. A line without a colon has no value. */
export function fieldsOf(lines: readonly HeadLine[]): HeadField[] {
  return lines.slice(1).map(({ text, start }) => {
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : trimSpace(text.slice(colon + 1));
    const valueStart = start + (value === "" ? text.length : text.indexOf(value, colon + 1));
    return { name, key: name.toLowerCase(), value, start, valueStart };
  });
}

/** Decodes Latin-1, the encoding of HTTP heads. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
