/** Bytes that come piece by piece, of which the first ones are kept and all are counted. */
import { EMPTY, type Bytes } from "../../core/bytes.ts";

const SMALLEST = 64;

export class Gathered {
  /** How many came. */
  length = 0;
  readonly #limit: number;
  #buffer: Bytes;
  #kept = 0;

  /** `expected` is how many will come, if that is known. */
  constructor(limit: number, expected = 0) {
    this.#limit = limit;
    const size = Math.min(limit, expected, 64 * 1024);
    this.#buffer = size === 0 ? EMPTY : new Uint8Array(size);
  }

  /** As much as is kept: a view that stays what it is, since later bytes come behind it. */
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
