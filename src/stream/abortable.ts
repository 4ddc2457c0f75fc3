/** A wait that an `AbortSignal` can give up. */

export interface Abortable {
  /** Gives up the wait, which is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The promise, unless the signal is aborted first: then `giveUp` is called, and its reason is what it rejects with. Where
 * `giveUp` returns `false` it is too late for that: the promise is about to be settled, and counts.
 */
export function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
  giveUp: () => unknown,
): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      if (giveUp() !== false) reject(signal.reason);
    };
    const settled = (): void => signal.removeEventListener("abort", abort);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(settled);
  });
}

/** Takes one out of those that wait; whether it still waited. */
export function withdraw<Item>(waiting: Item[], item: Item): boolean {
  const at = waiting.indexOf(item);
  if (at >= 0) waiting.splice(at, 1);
  return at >= 0;
}
