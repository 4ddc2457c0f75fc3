/** Reads the body of an HTTP/1.1 rejection (RFC 9112 §6, §7): by length, in chunks, or until the stream ends. */
import type { ByteQueue } from "../core/byteQueue.ts";
import { EMPTY, type Bytes } from "../core/bytes.ts";
import type { Limits } from "../core/limits.ts";
import { BODY } from "../core/rules.ts";
import { violation } from "../core/violation.ts";
import { HeadReader, type Head } from "./headReader.ts";

export interface BodyPiece {
  readonly data: Bytes;
  readonly finished: boolean;
}

export interface BodyReader {
  /** Returns the next piece, or `undefined` until more bytes arrive. Throws `RemoteProtocolError`. */
  read(input: ByteQueue): BodyPiece | undefined;
  /** The stream has ended. Returns the last piece if that is how the body ends. */
  end(): BodyPiece | undefined;
}

/** Chooses the reader by the rules of RFC 9112 §6.3. Rejects a head that two readers could interpret differently. */
export function bodyReaderFor(status: number, head: Head, limits: Limits): BodyReader {
  const [length, ...lengths] = head.all("content-length");
  const [coding, ...codings] = head.all("transfer-encoding");
  if (status === 204 || status === 304) return new LengthReader(0);
  if (lengths.length > 0) refuse("more than one Content-Length");
  if (coding !== undefined) {
    if (length !== undefined) refuse("both Content-Length and Transfer-Encoding");
    if (codings.length > 0 || coding.toLowerCase() !== "chunked") {
      refuse("Transfer-Encoding other than chunked");
    }
    return new ChunkedReader(limits);
  }
  if (length === undefined) return new UntilEndReader();
  const bytes = Number(length);
  if (!/^[0-9]+$/.test(length) || !Number.isSafeInteger(bytes)) refuse("malformed Content-Length");
  return new LengthReader(bytes);
}

class LengthReader implements BodyReader {
  #remaining: number;

  constructor(length: number) {
    this.#remaining = length;
  }

  read(input: ByteQueue): BodyPiece | undefined {
    if (this.#remaining > 0 && input.available() === 0) return undefined;
    const data = input.take(this.#remaining);
    this.#remaining -= data.length;
    return { data, finished: this.#remaining === 0 };
  }

  end(): undefined {
    return undefined;
  }
}

class UntilEndReader implements BodyReader {
  read(input: ByteQueue): BodyPiece | undefined {
    return input.available() === 0 ? undefined : { data: input.take(Infinity), finished: false };
  }

  end(): BodyPiece {
    return { data: EMPTY, finished: true };
  }
}

/** Longest line before a chunk, extensions included, in bytes. More than any server needs. */
const MAX_CHUNK_LINE = 256;

class ChunkedReader implements BodyReader {
  #part: "size" | "data" | "dataEnd" | "trailers" = "size";
  #line = "";
  #remaining = 0;
  #trailers: HeadReader;

  constructor(limits: Limits) {
    this.#trailers = new HeadReader(limits, "last chunk");
  }

  read(input: ByteQueue): BodyPiece | undefined {
    while (input.available() > 0) {
      switch (this.#part) {
        case "size":
          if (this.#readLine(input)) this.#startChunk();
          break;
        case "data": {
          const data = input.take(this.#remaining);
          this.#remaining -= data.length;
          if (this.#remaining === 0) this.#part = "dataEnd";
          return { data, finished: false };
        }
        case "dataEnd":
          if (this.#readLine(input)) {
            if (this.#line !== "\r\n") refuse("chunk longer than announced");
            this.#part = "size";
          }
          break;
        case "trailers":
          if (this.#trailers.read(input) !== undefined) return { data: EMPTY, finished: true };
          break;
      }
    }
    return undefined;
  }

  end(): undefined {
    return undefined;
  }

  /** Reads a line up to its CR LF into `#line`. Returns whether the line is complete. */
  #readLine(input: ByteQueue): boolean {
    if (this.#line.endsWith("\r\n")) this.#line = "";
    while (input.available() > 0) {
      this.#line += String.fromCharCode(input.chunk[input.position++]!);
      if (this.#line.length > MAX_CHUNK_LINE) refuse("chunk line too long");
      if (!this.#line.endsWith("\n")) continue;
      if (!this.#line.endsWith("\r\n")) refuse("chunk line that does not end in CR LF");
      return true;
    }
    return false;
  }

  #startChunk(): void {
    // §7.1.1: chunk extensions may follow, after optional space. They are ignored.
    const size = /^([0-9A-Fa-f]{1,13})([\t ]*;[\t\x20-\x7e\x80-\xff]*)?\r\n$/.exec(this.#line)?.[1];
    if (size === undefined) refuse("malformed chunk size");
    this.#remaining = parseInt(size, 16);
    this.#part = this.#remaining > 0 ? "data" : "trailers";
  }
}

function refuse(message: string): never {
  throw violation(BODY, undefined, message);
}
