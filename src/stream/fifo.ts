/** A queue whose first element is taken in constant time, however long it is. */

export class Fifo<T> {
  #elements: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#elements.length - this.#first;
  }

  push(element: T): void {
    this.#elements.push(element);
  }

  /** Takes the first element; there must be one. */
  shift(): T {
    const element = this.#elements[this.#first]!;
    this.#elements[this.#first++] = undefined; // nobody keeps what was taken
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
