/** Transports that arrive on their own, to be taken one by one. */
import { ignore } from "./ignore.ts";

/** Never waits for a consumer: items beyond `maxWaiting` are refused. */
export class Arrivals<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #maxWaiting: number;
  readonly #stop: () => void;
  readonly #drop: (item: Item) => unknown;
  readonly #items: Item[] = [];
  readonly #takers: ((result: IteratorResult<Item, undefined>) => void)[] = [];
  #ended = false;

  /** `stop` is called once, at the end. `drop` is called with each item that is never taken; it may throw or reject. */
  constructor(maxWaiting: number, stop: () => void, drop: (item: Item) => unknown) {
    if (!(maxWaiting >= 0)) throw new RangeError(`maxWaiting must be at least 0, not ${String(maxWaiting)}`);
    this.#maxWaiting = maxWaiting;
    this.#stop = stop;
    this.#drop = drop;
  }

  add(item: Item): void {
    const taker = this.#takers.shift();
    if (taker !== undefined) taker({ done: false, value: item });
    else if (!this.#ended && this.#items.length < this.#maxWaiting) this.#items.push(item);
    else this.#discard(item);
  }

  /** No more items will come. Those that wait can still be taken. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const taker of this.#takers.splice(0)) taker({ done: true, value: undefined });
    this.#stop();
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Ends the iteration. Pending `next()` calls resolve with `done: true`; waiting items are dropped. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.end();
    for (const item of this.#items.splice(0)) this.#discard(item);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #discard(item: Item): void {
    try {
      void Promise.resolve(this.#drop(item)).catch(ignore);
    } catch {
      // Nobody else has the item, and the rest must be dropped too.
    }
  }
}
