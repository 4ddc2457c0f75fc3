/** The bytes waiting to be sent. Small writes are collected in one slab; large ones are queued as they are. */
import { concat, EMPTY, type Bytes } from "./bytes.ts";
import { Words } from "./mask.ts";

const SMALLEST_SLAB = 256;
const LARGEST_SLAB = 256 * 1024;

/** Output that is written as late as possible: when more is queued, or when output is taken. */
export interface Late {
  /** Minimum length, in bytes. */
  readonly length: number;
  /** Writes the output into the queue. */
  flush(): void;
}

/** Largest memory kept for reuse, in bytes: as large as the first slab of a steady sender gets. */
const LARGEST_SPARE = 288 * 1024;

/**
 * Above this many queued chunks, headers share one slab. For fewer, growing a slab costs more than two small arrays.
 */
const SINGLE_HEADERS = 3;

export class OutputQueue {
  /** The target of small writes. Valid from `reserve` until the next call. */
  slab: Bytes = EMPTY;
  /** Length of the slab, or below 0 if late output must be written first. Combines two checks in one. */
  #room = 0;
  #words: Words | undefined;
  #used = 0;
  /** End of the part of the slab that has been queued in chunks. */
  #cut = 0;
  #chunks: Bytes[] = [];
  #chunkBytes = 0;
  /** Number of bytes already taken from the first chunk. */
  #taken = 0;
  /** Number of bytes written into the previous slab, within the limits above. */
  #expected = SMALLEST_SLAB;
  /** Memory for reuse; `undefined` until some was recycled. */
  #spare: Bytes | undefined;
  /** Output behind everything else that has not been written yet. */
  #late: Late | undefined;

  /** Whether this many bytes fit in the existing memory. */
  fits(length: number): boolean {
    return this.#used + length <= this.slab.length || this.#fitsSpare(length);
  }

  /**
   * Keeps the memory of a taken chunk for reuse, unless the queue has a larger one or it is too large. Allocation is
   * half of the cost of sending 125-byte messages in Node 24, and more for longer ones.
   */
  recycle({ buffer }: Bytes): void {
    const { byteLength } = buffer;
    if (byteLength > (this.#spare?.length ?? 0) && byteLength <= LARGEST_SPARE) this.#spare = new Uint8Array(buffer);
  }

  /** Reserves `length` bytes in the slab for the caller to write, and returns where they start. */
  reserve(length: number): number {
    if (this.#used + length > this.#room) this.#makeRoom(length);
    const start = this.#used;
    this.#used = start + length;
    return start;
  }

  /** Returns what was reserved after `end`. If the slab is large and hardly used, frees its memory too. */
  giveBack(end: number): void {
    this.#used = end;
    // The next `reserve` makes room, and new words.
    if (this.slab.length > LARGEST_SPARE + 4 * end) this.#use(this.slab.slice(0, end));
  }

  /** The slab as words, for masking in place. */
  get words(): Words {
    return (this.#words ??= new Words(this.slab.buffer));
  }

  /** Queues a chunk without copying it, after the bytes in the slab. The queue owns it from now on. */
  push(chunk: Bytes): void {
    if (chunk.length === 0) return;
    this.flush();
    if (this.#used > this.#cut) this.#queue(new Uint8Array(this.slab.buffer, this.#cut, this.#used - this.#cut));
    this.#cut = this.#used;
    this.#queue(chunk);
  }

  /**
   * Whether to write a header into the slab instead of a separate array: it fits, or other headers will share the slab.
   */
  gathersHeader(length: number): boolean {
    return this.#chunks.length > SINGLE_HEADERS || this.fits(length);
  }

  /** Queues late output, behind everything else. */
  wait(late: Late): void {
    this.flush();
    this.#late = late;
    this.#room = -1;
  }

  /** Writes the late output, if any. */
  flush(): void {
    const late = this.#late;
    if (late === undefined) return;
    this.#late = undefined;
    this.#room = this.slab.length;
    late.flush();
  }

  /** Number of bytes waiting, possibly a few less before late output is written. */
  get size(): number {
    const late = this.#late === undefined ? 0 : this.#late.length;
    return this.#chunkBytes + this.#used - this.#cut + late;
  }

  /** Takes everything, without joining the chunks. The caller owns them; several may share one buffer. */
  takeChunks(): Bytes[] {
    this.flush();
    this.#seal();
    const chunks = this.#chunks;
    if (this.#taken > 0) chunks[0] = chunks[0]!.subarray(this.#taken);
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#taken = 0;
    return chunks;
  }

  /** Takes everything, or the first `amount` bytes, in one array. The caller owns it. */
  take(amount: number = Infinity): Bytes {
    this.flush();
    if (this.size === 0) return EMPTY;
    if (amount >= this.size) {
      const chunks = this.takeChunks();
      return chunks.length === 1 ? chunks[0]! : concat(chunks);
    }
    this.#seal();
    const taken = new Uint8Array(amount);
    let at = 0;
    let used = 0;
    while (at < amount) {
      const chunk = this.#chunks[used]!;
      const part = chunk.subarray(this.#taken, this.#taken + amount - at);
      taken.set(part, at);
      at += part.length;
      this.#taken += part.length;
      if (this.#taken === chunk.length) {
        used++;
        this.#taken = 0;
      }
    }
    this.#chunks.splice(0, used);
    this.#chunkBytes -= amount;
    return taken;
  }

  #fitsSpare(length: number): boolean {
    return this.#used === 0 && length <= (this.#spare?.length ?? 0);
  }

  #use(slab: Bytes): void {
    this.slab = slab;
    this.#room = slab.length;
  }

  #makeRoom(length: number): void {
    this.flush();
    if (this.#used + length > this.#room) this.#grow(length);
  }

  #grow(length: number): void {
    this.#words = undefined;
    // From this size on, a new slab is cheaper than copying the old one: it halves the cost of a burst of megabytes.
    if (this.slab.length >= LARGEST_SLAB) this.#seal();
    if (this.#fitsSpare(length)) {
      this.#use(this.#spare!);
      this.#spare = EMPTY;
      return;
    }
    // A little more than last time, so that the slab of a steady sender fits immediately. Rounded up to whole words.
    const wanted = this.slab.length * 2 || this.#expected + (this.#expected >> 3);
    const slab = new Uint8Array((Math.max(this.#used + length, wanted) + 7) & ~7);
    slab.set(this.slab.subarray(0, this.#used));
    this.#use(slab);
  }

  #queue(chunk: Bytes): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
  }

  /**
   * Queues the slab and stops writing to it, because its memory will belong to the caller. A slab that is less than
   * half full is copied, so that a few bytes do not pin many.
   */
  #seal(): void {
    const used = this.#used;
    const cut = this.#cut;
    if (used === 0) return;
    const { slab } = this;
    if (cut > 0 || used * 2 >= slab.length) {
      if (used > cut) this.#queue(new Uint8Array(slab.buffer, cut, used - cut));
    } else {
      this.#queue(slab.slice(0, used));
      if (this.#spare !== undefined && slab.length > this.#spare.length) this.#spare = slab;
    }
    this.#expected = Math.min(Math.max(used, SMALLEST_SLAB), LARGEST_SLAB);
    this.#use(EMPTY);
    this.#words = undefined;
    this.#used = 0;
    this.#cut = 0;
  }
}
