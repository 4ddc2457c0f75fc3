/** Reads a transport: again and again into the same memory, where its stream lets the reader bring some. */
import { byobReaderOf } from "../transports/byobReader.ts";

const SMALLEST_BYTES = 4 * 1024;
const LARGEST_BYTES = 64 * 1024;

/** Left free behind each chunk, so that none looks like a buffer of its own, which who takes it might keep. */
const MARGIN_BYTES = 8;

/**
 * Most of what reading costs is fresh memory. Messages of 64 KiB over a WebTransport stream come half as fast again in
 * Chromium as with a buffer for each chunk (`npm run bench -- --filter "raw WebTransport"`).
 */
export class ChunkReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #byobReader: ReadableStreamBYOBReader | undefined;
  /** What the last chunk lies in, and the one before it. */
  #last: ArrayBuffer | undefined;
  #spare: ArrayBuffer | undefined;
  /** As much as comes at once, so that a connection at rest keeps little. */
  #wanted = SMALLEST_BYTES;

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#byobReader = byobReaderOf(readable);
    if (this.#byobReader === undefined) this.#reader = readable.getReader();
  }

  /** The next chunk. With `reuse` it may lie where the last but one did: nobody needs that any more. */
  read(reuse: boolean): Promise<ReadableStreamReadResult<Uint8Array>> {
    if (this.#reader !== undefined) return this.#reader.read();
    const size = this.#wanted + MARGIN_BYTES;
    const buffer = reuse && this.#spare?.byteLength === size ? this.#spare : new ArrayBuffer(size);
    this.#spare = this.#last;
    return this.#byobReader!.read(new Uint8Array(buffer, 0, this.#wanted)).then(({ done, value }) => {
      if (done) return { done, value: undefined };
      this.#last = value.buffer;
      if (value.length === this.#wanted) this.#wanted = Math.min(this.#wanted * 4, LARGEST_BYTES);
      else if (value.length < this.#wanted / 32) this.#wanted = Math.max(this.#wanted / 2, SMALLEST_BYTES);
      return { done, value };
    });
  }

  /** Leaves the stream to somebody else; nothing may have been read. */
  release(): void {
    (this.#reader ?? this.#byobReader!).releaseLock();
  }

  cancel(reason: unknown): Promise<void> {
    return (this.#reader ?? this.#byobReader!).cancel(reason);
  }
}
