/** The clock that drivers read: the platform's, unless a test provides one. */
import type { OptionTable } from "../core/options.ts";

export interface Clock {
  /**
   * Milliseconds since an arbitrary point. If the clock goes back, the library's time stands still until it catches up.
   */
  now(): number;
  /** Calls back once, after at least `ms` milliseconds. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface ClockOption {
  /** The clock for all deadlines, for use in tests. By default the platform's. */
  readonly clock?: Clock | undefined;
}

export const clockTable: OptionTable<ClockOption> = { clock: "{ now, setTimeout, clearTimeout }" };

/** The longest delay that `setTimeout` supports, in milliseconds. Beyond it the callback runs at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** A timer with the function that clears it: fake timers may be installed or removed in between. */
interface SystemTimer {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly clear: typeof clearTimeout;
}

/** The platform's clock. Looks its functions up on each call, so that fake timers work. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => ({ timer: setTimeout(callback, ms), clear: clearTimeout }) satisfies SystemTimer,
  clearTimeout: (set) => {
    const { timer, clear } = (set ?? {}) as Partial<SystemTimer>;
    clear?.(timer);
  },
};
