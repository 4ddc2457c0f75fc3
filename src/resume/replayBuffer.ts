/** The bytes that the other end may ask for again: a ring that grows up to its limit. */
import { EMPTY } from "../core/bytes.ts";

/** A ring up to this size is kept when it is empty, so that short messages do not allocate. */
const KEPT_BYTES = 16 * 1024;

export class ReplayBuffer {
  /** The position of the first byte in the ring, and the one after the last. */
  start = 0;
  end = 0;
  readonly #most: number;
  #ring = EMPTY;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a byte can be appended. */
  get hasRoom(): boolean {
    return this.end - this.start < this.#most;
  }

  /** How much memory it takes, in bytes. */
  get size(): number {
    return this.#ring.length;
  }

  /** Copies as much of the chunk as there is room for, from `from` on. Returns how many bytes that is. */
  append(chunk: Uint8Array, from: number): number {
    const held = this.end - this.start;
    const count = Math.min(chunk.length - from, this.#most - held);
    if (held + count > this.#ring.length) this.#grow(held + count);
    this.#put(this.end, chunk.subarray(from, from + count));
    this.end += count;
    return count;
  }

  /** Copies `count` bytes from a position on. They must be held. */
  copy(position: number, count: number, into: Uint8Array, to: number): void {
    this.#each(position, count, (at, done, length) => into.set(this.#ring.subarray(at, at + length), to + done));
  }

  /** Forgets the bytes before a position. */
  release(position: number): void {
    this.start = position;
    if (this.start === this.end && this.#ring.length > KEPT_BYTES) this.#ring = EMPTY;
  }

  /** Forgets everything, and that there was anything from a position on. */
  cut(position: number): void {
    this.end = Math.min(this.end, position);
    this.release(this.end);
  }

  #grow(needed: number): void {
    const held = new Uint8Array(this.end - this.start);
    this.copy(this.start, held.length, held, 0);
    this.#ring = new Uint8Array(Math.min(this.#most, Math.max(needed, 2 * this.#ring.length, KEPT_BYTES)));
    this.#put(this.start, held);
  }

  #put(position: number, bytes: Uint8Array): void {
    this.#each(position, bytes.length, (at, done, length) => this.#ring.set(bytes.subarray(done, done + length), at));
  }

  /** Visits the one or two parts of the ring that hold `count` bytes from a position on. */
  #each(position: number, count: number, visit: (at: number, done: number, length: number) => void): void {
    for (let done = 0; done < count;) {
      const at = (position + done) % this.#ring.length;
      const length = Math.min(count - done, this.#ring.length - at);
      visit(at, done, length);
      done += length;
    }
  }
}
