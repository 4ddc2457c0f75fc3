/**
 * An engine over Node's zlib: what replacing pako takes. Node has no public synchronous zlib stream, so this uses the
 * handle behind its streams.
 */
import { constants, createDeflateRaw, createInflateRaw } from "node:zlib";
import { corruptData, type Deflater, type DeflateEngine, type Inflater } from "../../src/deflate/index.ts";
import { join, type Bytes } from "../support/wire.ts";

export const nodeZlibEngine: DeflateEngine = {
  createDeflater: ({ windowBits, level, memLevel }) => new ZlibDeflater({ windowBits, level, memLevel }),
  createInflater: ({ windowBits }) => new ZlibInflater(windowBits),
};

const PIECE = 64 * 1024;
const output: Bytes = new Uint8Array(PIECE);
const FLUSH: Bytes = Uint8Array.of(0, 0, 0xff, 0xff);

/** What the streams of node:zlib keep, without the streaming. */
interface Raw {
  readonly _handle: {
    writeSync(flush: number, input: Uint8Array, at: number, length: number, out: Bytes, to: number, room: number): void;
    reset(): void;
    close(): void;
    onerror: (message: string, code: number) => void;
  };
  /** After a write: the room that is left, and the input. */
  readonly _writeState: Uint32Array;
}

class ZlibStream {
  readonly #raw: Raw;
  fault: string | undefined;

  constructor(stream: unknown) {
    this.#raw = stream as Raw;
    this.#raw._handle.onerror = (message, code) => {
      if (code !== constants.Z_BUF_ERROR) this.fault = message;
    };
  }

  /** Writes to `output`, and returns how much of it was written and how much of the input is left. */
  write(input: Uint8Array, at: number): { made: number; left: number } {
    this.#raw._handle.writeSync(constants.Z_SYNC_FLUSH, input, at, input.length - at, output, 0, PIECE);
    return { made: PIECE - this.#raw._writeState[0]!, left: this.#raw._writeState[1]! };
  }

  reset(): void {
    this.#raw._handle.reset();
  }

  close(): void {
    this.#raw._handle.close();
  }
}

class ZlibDeflater implements Deflater {
  readonly #stream: ZlibStream;

  constructor(options: { windowBits: number; level: number; memLevel: number }) {
    // Node replaces 8 with 9 automatically.
    this.#stream = new ZlibStream(createDeflateRaw(options));
  }

  deflate(input: Uint8Array): Uint8Array {
    const pieces: Bytes[] = [];
    for (let at = 0; ;) {
      const { made, left } = this.#stream.write(input, at);
      pieces.push(output.slice(0, made));
      at = input.length - left;
      if (made < PIECE) return join(...pieces);
    }
  }

  reset(): void {
    this.#stream.reset();
  }

  release(): void {
    this.#stream.close();
  }
}

class ZlibInflater implements Inflater {
  readonly #windowBits: number;
  #stream: ZlibStream;
  /** What a new stream has to know after a final block. */
  #window: Bytes = new Uint8Array(0);

  constructor(windowBits: number) {
    this.#windowBits = windowBits;
    this.#stream = new ZlibStream(createInflateRaw({ windowBits }));
  }

  *inflate(input: Bytes, last: boolean): Generator<Bytes> {
    for (const part of last ? [input, FLUSH] : [input]) {
      for (let at = 0; ;) {
        const { made, left } = this.#stream.write(part, at);
        if (this.#stream.fault !== undefined) throw corruptData(this.#stream.fault);
        const stuck = made === 0 && left === part.length - at && left > 0;
        at = part.length - left;
        if (made > 0) {
          const piece = output.slice(0, made);
          this.#window = join(this.#window, piece).slice(-(2 ** this.#windowBits));
          yield piece;
        }
        if (stuck) {
          // A final block has ended: nothing else stops it.
          this.#goOn();
          if (part === FLUSH) return;
        } else if (made < PIECE && left === 0) {
          break;
        }
      }
    }
  }

  reset(): void {
    this.#window = new Uint8Array(0);
    this.#stream.reset();
  }

  release(): void {
    this.#stream.close();
  }

  #goOn(): void {
    const dictionary = this.#window.length === 0 ? {} : { dictionary: this.#window };
    this.#stream.close();
    this.#stream = new ZlibStream(createInflateRaw({ windowBits: this.#windowBits, ...dictionary }));
  }
}
