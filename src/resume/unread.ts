/** The bytes that have arrived and have not been read, with little memory beyond their own. */
import { copyOf, EMPTY } from "../core/bytes.ts";
import { Fifo } from "../stream/fifo.ts";

/** Pieces below this size, in bytes, are copied together: the other end may send one byte at a time. */
const BLOCK_BYTES = 1024;

export class Unread {
  readonly #chunks = new Fifo<Uint8Array>();
  /** Where small pieces are copied to, after all chunks, and how much of it they fill. */
  #block = EMPTY;
  #filled = 0;

  get isEmpty(): boolean {
    return this.#chunks.size + this.#filled === 0;
  }

  /** Keeps the bytes; as a copy if they are small, or a small part of their buffer, which they would keep alive. */
  push(bytes: Uint8Array): void {
    if (bytes.length >= BLOCK_BYTES) {
      this.#closeBlock();
      this.#chunks.push(2 * bytes.length >= bytes.buffer.byteLength ? bytes : copyOf(bytes));
      return;
    }
    if (this.#filled + bytes.length > this.#block.length) {
      this.#closeBlock();
      this.#block = new Uint8Array(BLOCK_BYTES);
    }
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** Removes and returns the first bytes. There must be some. */
  shift(): Uint8Array {
    if (this.#chunks.size === 0) this.#closeBlock();
    return this.#chunks.shift();
  }

  #closeBlock(): void {
    if (this.#filled > 0) this.#chunks.push(this.#block.subarray(0, this.#filled));
    this.#block = EMPTY;
    this.#filled = 0;
  }
}
