/** A queue of arriving items that can be awaited. */

/** How long somebody waits, in milliseconds. */
const PATIENCE_MS = 10_000;

export class Mailbox<T> {
  readonly #things: T[] = [];
  readonly #takers: ((thing: T) => void)[] = [];

  put(thing: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#things.push(thing);
    else taker(thing);
  }

  /** Rejects if nothing comes. */
  take(what: string): Promise<T> {
    if (this.#things.length > 0) return Promise.resolve(this.#things.shift() as T);
    return new Promise((resolve, reject) => {
      const taker = (thing: T): void => {
        clearTimeout(timer);
        resolve(thing);
      };
      const timer = setTimeout(() => {
        this.#takers.splice(this.#takers.indexOf(taker), 1);
        reject(new Error(`no ${what} came in ${PATIENCE_MS} ms`));
      }, PATIENCE_MS);
      this.#takers.push(taker);
    });
  }
}
