/** Collects bytes that arrive in pieces. Keeps the first ones and counts all of them. */
import { EMPTY, type Bytes } from "../../core/bytes.ts";

const SMALLEST = 64;

export class Gathered {
  /** Number of bytes received. */
  length = 0;
  readonly #limit: number;
  #buffer: Bytes;
  #kept = 0;

  /** `expected` is the final number of bytes, if known. */
  constructor(limit: number, expected = 0) {
    this.#limit = limit;
    const size = Math.min(limit, expected, 64 * 1024);
    this.#buffer = size === 0 ? EMPTY : new Uint8Array(size);
  }

  /** The bytes kept. The view never changes, because later bytes are written after it. */
  get kept(): Bytes {
    return this.#buffer.subarray(0, this.#kept);
  }

  add(piece: Uint8Array): void {
    this.length += piece.length;
    const end = Math.min(this.#kept + piece.length, this.#limit);
    const count = end - this.#kept;
    if (count <= 0) return;
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#limit, Math.max(end, this.#buffer.length * 2, SMALLEST)));
      larger.set(this.kept);
      this.#buffer = larger;
    }
    this.#buffer.set(count === piece.length ? piece : piece.subarray(0, count), this.#kept);
    this.#kept = end;
  }
}
