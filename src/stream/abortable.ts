/** Waits that an `AbortSignal` can cancel. */
import type { OptionTable } from "../core/options.ts";
import { onAbort } from "../transports/onAbort.ts";

/** The options of calls that wait, such as {@link connect} and `receive()` of a session. */
export interface Abortable {
  /** Aborting this signal cancels the wait: its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const abortableTable: OptionTable<Abortable> = { signal: "{ aborted, reason }" };

/**
 * Returns a promise that settles as `promise` does. If the signal is aborted first, calls `giveUp` and rejects with the
 * signal's reason. If `giveUp` returns `false`, it is too late to cancel: `promise` is about to settle, and its result
 * counts.
 */
export function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
  giveUp: (reason: unknown) => unknown,
): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, (reason) => {
      if (giveUp(reason) !== false) reject(reason);
    });
    promise.then(resolve, reject).finally(stop);
  });
}

/** Removes an item from a waiting list. Returns whether it was still there. */
export function withdraw<Item>(waiting: Item[], item: Item): boolean {
  const at = waiting.indexOf(item);
  if (at >= 0) waiting.splice(at, 1);
  return at >= 0;
}
