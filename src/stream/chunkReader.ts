/** Reads a transport, reusing memory if its stream accepts the reader's buffers. */
import { byobReaderOf } from "../transports/byobReader.ts";

const SMALLEST_BYTES = 4 * 1024;
const LARGEST_BYTES = 64 * 1024;

/** Left free behind each chunk, so that a chunk never fills its buffer and `standalone()` always copies it. */
const MARGIN_BYTES = 8;

/**
 * Fresh memory is most of the cost of reading. With reuse, 64 KiB messages over a WebTransport stream arrive half as
 * fast again in Chromium as with a buffer for each chunk (`npm run bench -- --filter "raw WebTransport"`).
 */
export class ChunkReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #byobReader: ReadableStreamBYOBReader | undefined;
  /** The buffers of the last chunk and of the one before it. */
  #last: ArrayBuffer | undefined;
  #spare: ArrayBuffer | undefined;
  /** Adapts to the chunk size, so that an idle connection keeps little memory. */
  #wanted = SMALLEST_BYTES;

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#byobReader = byobReaderOf(readable);
    if (this.#byobReader === undefined) this.#reader = readable.getReader();
  }

  /** Reads the next chunk. With `reuse` it may overwrite the chunk before the last, which must no longer be needed. */
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

  /** Releases the stream to another reader. Only allowed before the first read. */
  release(): void {
    (this.#reader ?? this.#byobReader!).releaseLock();
  }

  cancel(reason: unknown): Promise<void> {
    return (this.#reader ?? this.#byobReader!).cancel(reason);
  }
}
