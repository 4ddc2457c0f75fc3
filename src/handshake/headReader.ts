/** Bytes → the head of an HTTP/1.1 message (RFC 9112 §2): strict, bounded, and linear however the bytes come. */
import type { ByteQueue } from "../core/byteQueue.ts";
import { RemoteProtocolError, type ProtocolErrorCode, type ProtocolErrorDetails } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { isFieldValue, isToken, trimSpace } from "./headerGrammar.ts";
import { spell } from "./headWriter.ts";

export interface Head {
  readonly startLine: string;
  /** Name and value of every field line in order, with names in lower case. */
  readonly fields: readonly Field[];
}

export type Field = readonly [name: string, value: string];

const CR = 0x0d;
const LF = 0x0a;

/** How many bytes become characters at once: the call takes each as an argument. */
const CHARACTERS_AT_ONCE = 4096;

/** What a head begins with; the trailers of a body follow its last chunk, which has been read already. */
type Start = "request line" | "status line" | "last chunk";

export class HeadReader {
  readonly #limits: Limits;
  readonly #start: Start;
  #lines: string[] = [];
  /** The line that is being read: what came of it in earlier chunks, in a buffer that doubles. */
  #line = new Uint8Array(256);
  #lineLength = 0;
  #headBytes = 0;
  #afterCr = false;

  constructor(limits: Limits, start: Start) {
    this.#limits = limits;
    this.#start = start;
    if (start === "last chunk") this.#lines.push(start);
  }

  /** Whether anything has been read. */
  get started(): boolean {
    return this.#headBytes > 0;
  }

  /** Reads up to the blank line and no further; `undefined` until all is there. Throws `RemoteProtocolError`. */
  read(input: ByteQueue): Head | undefined {
    while (input.available() > 0) {
      const byte = input.chunk[input.position]!;
      if (++this.#headBytes > this.#limits.maxHeadBytes) {
        this.#refuse(input, "headTooLarge", `head of more than ${this.#limits.maxHeadBytes} bytes`, 431);
      }
      if (this.#afterCr !== (byte === LF)) {
        this.#refuse(input, "headMalformed", "line that does not end in CR LF", 400);
      }
      this.#afterCr = byte === CR;
      input.position++;
      if (byte !== CR && byte !== LF) this.#append(byte);
      if (byte !== LF) continue;
      const line = this.#takeLine();
      if (line === "" && this.#lines.length > 0) return this.#finish(input);
      if (line === "" && this.#start === "request line") {
        // §2.2: one empty line before a request is let pass.
        if (this.#headBytes === 2) continue;
        this.#refuse(input, "headMalformed", "empty request line", 400);
      }
      if (this.#lines.length >= this.#limits.maxHeadLines) {
        this.#refuse(input, "headTooManyLines", `head of more than ${this.#limits.maxHeadLines} lines`, 431);
      }
      this.#lines.push(line);
    }
    return undefined;
  }

  #append(byte: number): void {
    if (this.#lineLength === this.#line.length) {
      const larger = new Uint8Array(this.#line.length * 2);
      larger.set(this.#line);
      this.#line = larger;
    }
    this.#line[this.#lineLength++] = byte;
  }

  #takeLine(): string {
    let text = "";
    for (let at = 0; at < this.#lineLength; at += CHARACTERS_AT_ONCE) {
      const end = Math.min(at + CHARACTERS_AT_ONCE, this.#lineLength);
      text += String.fromCharCode(...this.#line.subarray(at, end));
    }
    this.#lineLength = 0;
    return text;
  }

  #finish(input: ByteQueue): Head {
    const [startLine = "", ...lines] = this.#lines;
    const fields = lines.map(
      (line) => parseField(line) ?? this.#refuse(input, "headMalformed", explainField(line), 400),
    );
    this.#lines = [];
    this.#headBytes = 0;
    return { startLine, fields };
  }

  #refuse(input: ByteQueue, code: ProtocolErrorCode, message: string, status: number): never {
    throw new RemoteProtocolError(message, { code, section: "RFC 9112 §2.2", offset: input.offset, status });
  }
}

/** A field line (RFC 9112 §5): no space before the colon, no folding, no control characters. */
function parseField(line: string): Field | undefined {
  const colon = line.indexOf(":");
  return makeField(line.slice(0, Math.max(colon, 0)), line.slice(colon + 1));
}

/** A field from its name and value, if they can be that. */
export function makeField(name: string, value: string): Field | undefined {
  return isToken(name) && isFieldValue(value) ? [name.toLowerCase(), trimSpace(value)] : undefined;
}

function explainField(line: string): string {
  const start = line.slice(0, 40).replace(/[^\x20-\x7e]/g, "?");
  return /^[ \t]/.test(line) ? `folded header line: ${start.trim()}` : `malformed header line: ${start}`;
}

/** How often a field name stands in a head. */
export function countFields(fields: readonly Field[], name: string): number {
  return fields.filter((field) => field[0] === name).length;
}

/** The value of a field that must stand in a head, and once. Throws a `RemoteProtocolError` with these details. */
export function oneField(fields: readonly Field[], name: string, details: ProtocolErrorDetails): string {
  const values = fields.filter((field) => field[0] === name);
  if (values.length === 1 && values[0]![1] !== "") return values[0]![1];
  throw new RemoteProtocolError(`${spell(name)} ${values.length > 1 ? "stands twice" : "is missing"}`, details);
}

export function headersOf(fields: readonly Field[]): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  return headers;
}
