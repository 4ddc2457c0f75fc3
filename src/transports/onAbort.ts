/** Calls back when a signal is aborted, with a single listener per signal. */
import { ignore } from "./ignore.ts";

type Callback = (reason: unknown) => void;

/** The callbacks of one signal, and the listener that calls them. */
interface Watch {
  readonly waiting: Set<{ readonly callback: Callback }>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls `callback` once, with the signal's reason, when the signal is aborted. If it is already aborted, calls it
 * before returning. Callbacks run in the order in which they were added. If one throws, the others still run, and the
 * error is reported like that of any listener.
 *
 * Returns a function that removes the callback. You may call it at any time, and more than once. The listener is
 * removed with the last callback, so nothing stays on a long-lived signal. There is only one because Node 20 warns
 * about signals with more than ten.
 */
export function onAbort(signal: AbortSignal | undefined, callback: Callback): () => void {
  if (signal === undefined) return ignore;
  if (signal.aborted) {
    callback(signal.reason);
    return ignore;
  }
  const watch = watches.get(signal) ?? watchOf(signal);
  const entry = { callback };
  watch.waiting.add(entry);
  return () => {
    if (!watch.waiting.delete(entry) || watch.waiting.size > 0) return;
    signal.removeEventListener("abort", watch.listener);
    if (watches.get(signal) === watch) watches.delete(signal);
  };
}

function watchOf(signal: AbortSignal): Watch {
  const waiting: Watch["waiting"] = new Set();
  const listener = (): void => {
    signal.removeEventListener("abort", listener);
    watches.delete(signal);
    callNext(waiting, signal.reason);
  };
  const watch = { waiting, listener };
  watches.set(signal, watch);
  signal.addEventListener("abort", listener);
  return watch;
}

/** Calls the remaining callbacks. An error is thrown only after all of them have run. */
function callNext(waiting: Watch["waiting"], reason: unknown): void {
  for (const entry of waiting) {
    waiting.delete(entry);
    try {
      entry.callback(reason);
    } catch (error) {
      callNext(waiting, reason);
      throw error;
    }
  }
}
