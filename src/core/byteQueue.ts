/** The bytes that came and have not been read yet: chunks in order, never joined. */
import { EMPTY, type Bytes } from "./bytes.ts";
import { wordsOf } from "./mask.ts";

export class ByteQueue {
  /** The chunk that is being read, and how far. Readers advance `position` themselves. */
  chunk: Bytes = EMPTY;
  position = 0;
  #words: Int32Array<ArrayBuffer> | undefined;
  #waiting: Bytes[] = [];
  #next = 0;
  #waitingBytes = 0;
  #offsetOfChunk = 0;

  push(chunk: Bytes): void {
    if (chunk.length === 0) return;
    if (this.position === this.chunk.length && this.#waiting.length === 0) {
      this.#enter(chunk);
    } else {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
    }
  }

  /** How many bytes of the current chunk are unread, after going on to the next one if that is none. */
  available(): number {
    const left = this.chunk.length - this.position;
    if (left > 0 || this.#waiting.length === 0) return left;
    const chunk = this.#waiting[this.#next]!;
    this.#waiting[this.#next++] = EMPTY;
    if (this.#next === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#next = 0;
    }
    this.#waitingBytes -= chunk.length;
    this.#enter(chunk);
    return chunk.length;
  }

  /** The next bytes of the current chunk, at most `limit`, as a view of it. */
  take(limit: number): Bytes {
    const length = Math.min(limit, this.available());
    const start = this.position;
    this.position += length;
    return new Uint8Array(this.chunk.buffer, this.chunk.byteOffset + start, length);
  }

  /** All unread bytes, in every chunk. */
  get size(): number {
    return this.chunk.length - this.position + this.#waitingBytes;
  }

  /** Where the next byte stands in the stream. */
  get offset(): number {
    return this.#offsetOfChunk + this.position;
  }

  /** The words of the current chunk's buffer, for unmasking in place. */
  get words(): Int32Array<ArrayBuffer> {
    return (this.#words ??= wordsOf(this.chunk.buffer));
  }

  /** Lets all bytes go. */
  clear(): void {
    this.#waiting = [];
    this.#next = 0;
    this.#waitingBytes = 0;
    this.#enter(EMPTY);
  }

  /** Lets go of a chunk that has been read to its end, so that an idle connection pins no network buffer. */
  release(): void {
    if (this.position === this.chunk.length && this.chunk.length > 0) this.#enter(EMPTY);
  }

  #enter(chunk: Bytes): void {
    this.#offsetOfChunk += this.chunk.length;
    this.chunk = chunk;
    this.position = 0;
    this.#words = undefined;
  }
}
