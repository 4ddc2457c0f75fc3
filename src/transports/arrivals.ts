/** Transports that come by themselves, for whoever takes them one by one. */

/** Waits for no consumer: what comes beyond `maxWaiting` is refused. */
export class Arrivals<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #maxWaiting: number;
  readonly #stop: () => void;
  readonly #drop: (item: Item) => void;
  readonly #items: Item[] = [];
  readonly #takers: ((result: IteratorResult<Item, undefined>) => void)[] = [];
  #ended = false;

  /** `stop` is called once, when no more are wanted; `drop` is given each one that nobody will take. */
  constructor(maxWaiting: number, stop: () => void, drop: (item: Item) => void) {
    if (!(maxWaiting >= 0)) throw new RangeError(`maxWaiting is a count, not ${String(maxWaiting)}`);
    this.#maxWaiting = maxWaiting;
    this.#stop = stop;
    this.#drop = drop;
  }

  add(item: Item): void {
    const taker = this.#takers.shift();
    if (taker !== undefined) taker({ done: false, value: item });
    else if (!this.#ended && this.#items.length < this.#maxWaiting) this.#items.push(item);
    else this.#drop(item);
  }

  /** No more will come. Those that wait can still be taken. */
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

  /** Takes no more. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.end();
    for (const item of this.#items.splice(0)) this.#drop(item);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
