/** Calls back when a signal is aborted, with one listener on the signal however many wait for it. */

type Callback = (reason: unknown) => void;

/** Calls everything that waits for one signal, and the listener that does so. */
interface Watch {
  readonly waiting: Set<{ readonly callback: Callback }>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls `callback` once, with the signal's reason, when the signal is aborted. If it is aborted already, the call comes
 * before `onAbort` returns. Callbacks run in the order in which they were added. An error that one throws does not keep
 * the others from their call.
 *
 * Returns a function that takes the callback back; it may be called at any time, and more than once. The signal's one
 * listener is removed with the last callback, so that nothing stays on a signal that lives on. Node 20 warns about a
 * signal with more than ten listeners, which is why there is only one.
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

/** Calls those that still wait. One that throws is reported as any listener's error is, after the others' calls. */
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

function ignore(): void {}
