/** A wait that an `AbortSignal` can give up. */

export interface Abortable {
  /** Gives up the wait, which is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The promise, unless the signal is aborted first: then `giveUp` is called, and its reason is what it rejects with. */
export function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
  giveUp: () => void,
): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      giveUp();
      reject(signal.reason);
    };
    const settled = (): void => signal.removeEventListener("abort", abort);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(settled);
  });
}
