/** A wait that an `AbortSignal` can give up. */
import type { OptionTable } from "../core/options.ts";
import { onAbort } from "../transports/onAbort.ts";

export interface Abortable {
  /** Gives up the wait, which is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const abortableTable: OptionTable<Abortable> = { signal: "{ aborted, reason }" };

/**
 * The promise, unless the signal is aborted first: then `giveUp` is called, and its reason is what it rejects with. If
 * `giveUp` returns `false` it is too late for that: the promise is about to be settled, and counts.
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

/** Takes one out of those that wait; whether it still waited. */
export function withdraw<Item>(waiting: Item[], item: Item): boolean {
  const at = waiting.indexOf(item);
  if (at >= 0) waiting.splice(at, 1);
  return at >= 0;
}
