/** The bytes that wait to be sent: small writes side by side in one slab, large ones as they are. */
import { concat, EMPTY, type Bytes } from "./bytes.ts";
import { Words } from "./mask.ts";

const SMALLEST_SLAB = 256;
const LARGEST_SLAB = 256 * 1024;

/** Output that is written as late as possible: when something is queued behind it, or it is taken. */
export interface Late {
  /** At least how many bytes it will be. */
  readonly length: number;
  /** Writes it into the queue. */
  flush(): void;
}

/** More is not kept for what is written next, in bytes: as much as a first slab has at most. */
const LARGEST_SPARE = 288 * 1024;

/** So many chunks may wait before headers are gathered: to make room for many costs more than making two alone. */
const SINGLE_HEADERS = 3;

export class OutputQueue {
  /** Where small writes go. Valid after `reserve` until the next call. */
  slab: Bytes = EMPTY;
  /** How long the slab is; below 0 while there is late output, which goes first: one test covers both. */
  #room = 0;
  #words: Words | undefined;
  #used = 0;
  /** Up to where the slab has been queued in chunks. */
  #cut = 0;
  #chunks: Bytes[] = [];
  #chunkBytes = 0;
  /** How much of the first chunk has been taken already. */
  #taken = 0;
  /** As much as was written last time. */
  #expected = SMALLEST_SLAB;
  /** Memory that was given back, to be written into next; `undefined` until any was. */
  #spare: Bytes | undefined;
  /** Output behind everything else, not written yet. */
  #late: Late | undefined;

  /** Whether so many bytes have room in the memory that there is. */
  fits(length: number): boolean {
    return this.#used + length <= this.slab.length || this.#fitsSpare(length);
  }

  /**
   * Takes back the memory of a chunk that was taken, for what is written next, unless it has better or it is too much.
   * New memory is half of what sending messages of 125 bytes costs in Node 24, and more of longer ones.
   */
  recycle({ buffer }: Bytes): void {
    const { byteLength } = buffer;
    if (byteLength > (this.#spare?.length ?? 0) && byteLength <= LARGEST_SPARE) this.#spare = new Uint8Array(buffer);
  }

  /** Makes room for `length` bytes in the slab, to be written by the caller, and returns where they start. */
  reserve(length: number): number {
    if (this.#used + length > this.#room) this.#makeRoom(length);
    const start = this.#used;
    this.#used = start + length;
    return start;
  }

  /** Gives back what was reserved beyond `end`, and the memory with it, if it is much and hardly used. */
  giveBack(end: number): void {
    this.#used = end;
    // The next to reserve makes room, and words with it.
    if (this.slab.length > LARGEST_SPARE + 4 * end) this.#use(this.slab.slice(0, end));
  }

  /** The words of the slab, for masking in place. */
  get words(): Words {
    return (this.#words ??= new Words(this.slab.buffer));
  }

  /** Queues a chunk as it is, behind what is in the slab: it belongs to the queue from now on. */
  push(chunk: Bytes): void {
    if (chunk.length === 0) return;
    this.flush();
    if (this.#used > this.#cut) this.#queue(new Uint8Array(this.slab.buffer, this.#cut, this.#used - this.#cut));
    this.#cut = this.#used;
    this.#queue(chunk);
  }

  /** Whether a header is better written into the slab than into memory of its own: there is room, or will be use for it. */
  gathersHeader(length: number): boolean {
    return this.#chunks.length > SINGLE_HEADERS || this.fits(length);
  }

  /** Queues what is to be written later, behind everything else. */
  wait(late: Late): void {
    this.flush();
    this.#late = late;
    this.#room = -1;
  }

  /** Writes the late output, if there is any. */
  flush(): void {
    const late = this.#late;
    if (late === undefined) return;
    this.#late = undefined;
    this.#room = this.slab.length;
    late.flush();
  }

  /** Bytes that wait, or a few less until they are flushed. */
  get size(): number {
    const late = this.#late === undefined ? 0 : this.#late.length;
    return this.#chunkBytes + this.#used - this.#cut + late;
  }

  /** Everything, without joining it. The chunks are the receiver's alone, together: several may lie in one buffer. */
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

  /** Everything, or the first `amount` bytes, in one array that is the receiver's alone. */
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
    // From here on it takes less to begin another one than to copy what is in this one: half, of a burst of megabytes.
    if (this.slab.length >= LARGEST_SLAB) this.#seal();
    if (this.#fitsSpare(length)) {
      this.#use(this.#spare!);
      this.#spare = EMPTY;
      return;
    }
    // A little more than last time, so that a steady sender's slab fits at once, in whole words.
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
   * Ends the slab and hands it over, so that nothing is written into memory that somebody else has. One that is less
   * than half full is copied instead, so that a few bytes do not pin many.
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
