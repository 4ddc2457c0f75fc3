/** The bytes that wait to be sent: small writes side by side in one slab, large ones as they are. */
import { concat, EMPTY, type Bytes } from "./bytes.ts";
import { wordsOf } from "./mask.ts";

const SMALLEST_SLAB = 256;
const LARGEST_FIRST_SLAB = 256 * 1024;

export class OutputQueue {
  /** Where small writes go. Valid after `reserve` until the next call. */
  slab: Bytes = EMPTY;
  #words: Int32Array<ArrayBuffer> | undefined;
  #used = 0;
  #chunks: Bytes[] = [];
  #chunkBytes = 0;
  /** How much of the first chunk has been taken already. */
  #taken = 0;
  /** As much as was written last time. */
  #expected = SMALLEST_SLAB;

  /** Makes room for `length` bytes in the slab, to be written by the caller, and returns where they start. */
  reserve(length: number): number {
    const start = this.#used;
    const end = start + length;
    if (end > this.slab.length) this.#grow(end);
    this.#used = end;
    return start;
  }

  /** Gives back what was reserved beyond `end`. */
  giveBack(end: number): void {
    this.#used = end;
  }

  /** The words of the slab, for masking in place. */
  get words(): Int32Array<ArrayBuffer> {
    return (this.#words ??= wordsOf(this.slab.buffer));
  }

  /** Queues a chunk as it is: it belongs to the queue from now on. */
  push(chunk: Bytes): void {
    if (chunk.length === 0) return;
    this.#seal();
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
  }

  /** Bytes that wait. */
  get size(): number {
    return this.#chunkBytes + this.#used;
  }

  /** Everything, without joining it. Each chunk is the receiver's alone, buffer included. */
  takeChunks(): Bytes[] {
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

  #grow(needed: number): void {
    // A little more than last time, so that a steady sender's slab fits at once, in whole words.
    const wanted = this.slab.length === 0 ? this.#expected + (this.#expected >> 3) : this.slab.length * 2;
    const slab = new Uint8Array((Math.max(needed, wanted) + 7) & ~7);
    slab.set(this.slab.subarray(0, this.#used));
    this.slab = slab;
    this.#words = undefined;
  }

  /**
   * Ends the slab and hands it over, so that nothing is written into memory that somebody else has. One that is less
   * than half full is copied instead, so that a few bytes do not pin many.
   */
  #seal(): void {
    const used = this.#used;
    if (used === 0) return;
    const { slab } = this;
    this.#chunks.push(used * 2 >= slab.length ? new Uint8Array(slab.buffer, 0, used) : slab.slice(0, used));
    this.#chunkBytes += used;
    this.#expected = Math.min(Math.max(used, SMALLEST_SLAB), LARGEST_FIRST_SLAB);
    this.slab = EMPTY;
    this.#words = undefined;
    this.#used = 0;
  }
}
