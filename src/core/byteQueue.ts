/** Received bytes that have not been read. Large chunks are queued as they are; small ones are copied together. */
import { EMPTY, type Bytes } from "./bytes.ts";
import { Words } from "./mask.ts";

/**
 * Chunks below this many bytes are copied into a slab, one after another. This is faster than a view of each, pins no
 * network buffer for a few bytes, and keeps a flood of tiny chunks as small as its bytes.
 */
const SMALL_CHUNK = 64;
const SLAB_BYTES = 1024;

export class ByteQueue {
  /** The current chunk, from `position` to `end`. Readers advance `position` directly. */
  chunk: Bytes = EMPTY;
  position = 0;
  end = 0;
  /** The chunk's `buffer` and `byteOffset`, cached: reading them takes a third of the time of creating a view. */
  buffer: ArrayBuffer = EMPTY.buffer;
  base = 0;
  #words: Words | undefined;
  #offsetOfChunk = 0;

  #waiting: Uint8Array[] = [];
  #next = 0;
  #waitingBytes = 0;

  #slab: Bytes = EMPTY;
  #slabUsed = 0;
  /** Where the last waiting chunk starts in the slab; −1 if it is not in the slab. */
  #waitingSlabStart = -1;

  push(chunk: Uint8Array): void {
    const { length } = chunk;
    if (length < SMALL_CHUNK) {
      this.#pushSmall(chunk, length);
    } else if (this.#isEmpty) {
      this.#enter(chunk, 0, length);
    } else {
      this.#wait(chunk);
      this.#waitingSlabStart = -1;
    }
  }

  /** Number of unread bytes in the current chunk. Moves to the next chunk if the current one is used up. */
  available(): number {
    const left = this.end - this.position;
    if (left > 0 || this.#waiting.length === 0) return left;
    const chunk = this.#waiting[this.#next]!;
    this.#waiting[this.#next++] = EMPTY;
    if (this.#next === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#next = 0;
      this.#waitingSlabStart = -1;
    }
    this.#waitingBytes -= chunk.length;
    this.#enter(chunk, 0, chunk.length);
    return chunk.length;
  }

  /** Takes up to `limit` bytes of the current chunk, as a view. */
  take(limit: number): Bytes {
    const length = Math.min(limit, this.available());
    const start = this.position;
    this.position += length;
    return new Uint8Array(this.buffer, this.base + start, length);
  }

  /** Number of unread bytes in all chunks. */
  get size(): number {
    return this.end - this.position + this.#waitingBytes;
  }

  /** Position of the next byte in the stream. */
  get offset(): number {
    return this.#offsetOfChunk + this.position;
  }

  /** The current chunk's buffer as words, for unmasking in place. */
  get words(): Words {
    return (this.#words ??= new Words(this.buffer));
  }

  /** Drops all bytes. */
  clear(): void {
    this.#waiting = [];
    this.#next = 0;
    this.#waitingBytes = 0;
    this.#waitingSlabStart = -1;
    this.#slab = EMPTY;
    this.#slabUsed = 0;
    this.#enter(EMPTY, 0, 0);
  }

  /** Drops a chunk that has been read to its end, so that an idle connection pins no network buffer. */
  release(): void {
    if (this.position === this.end && this.chunk !== this.#slab) this.#enter(EMPTY, 0, 0);
  }

  get #isEmpty(): boolean {
    return this.position === this.end && this.#waiting.length === 0;
  }

  #pushSmall(chunk: Uint8Array, length: number): void {
    if (length === 0) return;
    if (this.#slabUsed + length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#slabUsed = 0;
      this.#waitingSlabStart = -1;
    }
    const slab = this.#slab;
    const start = this.#slabUsed;
    const end = start + length;
    for (let i = 0; i < length; i++) slab[start + i] = chunk[i]!;
    this.#slabUsed = end;
    if (this.#waiting.length === 0) {
      if (this.chunk !== slab && this.position === this.end) this.#enter(slab, start, start);
      if (this.chunk === slab) {
        this.end = end;
        return;
      }
    }
    if (this.#waitingSlabStart < 0) {
      this.#waitingSlabStart = start;
    } else {
      this.#waitingBytes -= this.#waiting.pop()!.length;
    }
    this.#wait(slab.subarray(this.#waitingSlabStart, end));
  }

  #wait(chunk: Uint8Array): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
  }

  #enter(chunk: Uint8Array, position: number, end: number): void {
    this.#offsetOfChunk += this.end - position;
    const { buffer } = chunk;
    if (buffer instanceof ArrayBuffer && (buffer as { resizable?: boolean }).resizable !== true) {
      this.chunk = chunk as Bytes;
      this.buffer = buffer;
    } else {
      // Copy: shared memory could change while it is being read, and decoders reject resizable memory.
      this.chunk = new Uint8Array(chunk);
      this.buffer = this.chunk.buffer;
    }
    this.base = this.chunk.byteOffset;
    this.position = position;
    this.end = end;
    this.#words = undefined;
  }
}
