/** A queue that removes its first element in constant time, at any length. */

export class Fifo<T> {
  #elements: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#elements.length - this.#first;
  }

  push(element: T): void {
    this.#elements.push(element);
  }

  /** Removes and returns the first element. The queue must not be empty. */
  shift(): T {
    const element = this.#elements[this.#first]!;
    this.#elements[this.#first++] = undefined; // so that the queue does not keep it alive
    if (this.#first === this.#elements.length) {
      this.#elements = [];
      this.#first = 0;
    } else if (this.#first >= 64 && this.#first * 2 >= this.#elements.length) {
      this.#elements = this.#elements.slice(this.#first);
      this.#first = 0;
    }
    return element;
  }
}
