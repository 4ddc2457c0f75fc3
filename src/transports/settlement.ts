/** How a promise that outlives those who wait for it was settled: one reaction on it, however many wait. */

export type Settled<Value> = { readonly value: Value } | { readonly error: unknown };

/** A promise keeps each reaction until it is settled; this keeps nothing of those who no longer wait. */
export class Settlement<Value> {
  #settled: Settled<Value> | undefined;
  readonly #waiting = new Set<(settled: Settled<Value>) => void>();

  constructor(promise: Promise<Value>) {
    Promise.resolve(promise).then(
      (value) => this.#settle({ value }),
      (error: unknown) => this.#settle({ error }),
    );
  }

  /** Calls back once, at once if it is known already. Returns a function that takes the callback back. */
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
 * Waits for whatever comes first of several things, and then for none of them. `begin` starts the waits, and returns what
 * ends each.
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
    if (isOver) end(); // one of them was over before the others began
  });
}
