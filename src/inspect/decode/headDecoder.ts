/** Captured bytes → the head of an HTTP/1.1 message, however malformed: its lines, and where each one is. */
import type { Bytes } from "../../core/bytes.ts";
import { trimSpace } from "../../handshake/headerGrammar.ts";
import { Gathered } from "./gathered.ts";
import type { HeadField } from "../record.ts";

const CR = 0x0d;
const LF = 0x0a;

/** Gathers bytes up to the blank line that ends a head. */
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

  /** Whether it is longer than it may be: then nothing more is taken. */
  get overfull(): boolean {
    return !this.complete && this.#gathered.length >= this.#limit;
  }

  /** Takes as much as belongs to the head, and returns how many bytes that was. */
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
  /** Where it is in the head, with its CR LF or what stands for that. */
  readonly start: number;
  readonly end: number;
}

/** The lines of a head, without the blank one at its end; as many as there are of one that is not complete. */
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

/** The field lines, behind the start line. One without a colon has no value. */
export function fieldsOf(lines: readonly HeadLine[]): HeadField[] {
  return lines.slice(1).map(({ text, start }) => {
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : trimSpace(text.slice(colon + 1));
    const valueStart = start + (value === "" ? text.length : text.indexOf(value, colon + 1));
    return { name, key: name.toLowerCase(), value, start, valueStart };
  });
}

/** Bytes as the characters that HTTP writes heads in. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
