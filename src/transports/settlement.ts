/** Waits for long-lived promises with a single reaction, and for the first of several things. */

export type Settled<Value> = { readonly value: Value } | { readonly error: unknown };

/** Watches a long-lived promise. A promise keeps every reaction until it settles; here callbacks can be removed. */
export class Settlement<Value> {
  #settled: Settled<Value> | undefined;
  readonly #waiting = new Set<(settled: Settled<Value>) => void>();

  constructor(promise: Promise<Value>) {
    Promise.resolve(promise).then(
      (value) => this.#settle({ value }),
      (error: unknown) => this.#settle({ error }),
    );
  }

  /**
   * Calls back once; before returning if the promise is known to have settled. Returns a function that removes the
   * callback.
   */
  when(callback: (settled: Settled<Value>) => void): () => void {
    if (this.#settled !== undefined) callback(this.#settled);
    else this.#waiting.add(callback);
    return () => void this.#waiting.delete(callback);
  }

  #settle(settled: Settled<Value>): void {
    this.#settled = settled;
    for (const callback of this.#waiting) callback(settled);
    this.#waiting.clear();
  }
}

/**
 * Settles as the first of several waits does, and stops the others. `begin` starts them and returns a function that
 * stops each.
 */
export function firstOf<Value>(
  begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => (() => void)[],
): Promise<Value> {
  return new Promise((resolve, reject) => {
    let waits: (() => void)[] = [];
    let isOver = false;
    const end = (): void => {
      isOver = true;
      for (const wait of waits) wait();
    };
    waits = begin(
      (value) => {
        end();
        resolve(value);
      },
      (error) => {
        end();
        reject(error);
      },
    );
    if (isOver) end(); // one settled before `begin` returned
  });
}
