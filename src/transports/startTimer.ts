/** Starts timers of any length, and stops them whatever their clock does. */

/** The longest delay that `setTimeout` supports, in milliseconds. Beyond it the callback runs at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** The part of a `Clock` that is used. */
interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Looks its functions up on each call, so that fake timers work. */
const platform: Timers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/**
 * Calls back once, after `ms` milliseconds; never if that is longer than timers can wait, which is 24 days. Returns a
 * function that stops the timer and never throws. Throws what the clock's `setTimeout` throws.
 */
export function startTimer(ms: number, callback: () => void, clock: Timers = platform): () => void {
  let isOver = ms > LONGEST_TIMER_MS;
  const ring = (): void => {
    if (isOver) return;
    isOver = true;
    callback();
  };
  const timer = isOver ? undefined : clock.setTimeout(ring, ms);
  return () => {
    if (isOver) return;
    isOver = true;
    try {
      clock.clearTimeout(timer);
    } catch {
      // If it rings later, that does no harm.
    }
  };
}
