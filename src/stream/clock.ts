/** Where the time comes from that the drivers tell their connections: the platform, unless a test brings its own. */
import type { OptionTable } from "../core/options.ts";

export interface Clock {
  /** Milliseconds since whenever. Where it goes back, time stands still until it goes on. */
  now(): number;
  /** Calls back once, not before `ms` milliseconds have passed. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface ClockOption {
  /** Where deadlines take their time from, for tests; the platform by default. */
  readonly clock?: Clock | undefined;
}

export const clockTable: OptionTable<ClockOption> = { clock: "{ now, setTimeout, clearTimeout }" };

/** The longest delay that `setTimeout` counts, in milliseconds: beyond it calls back at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** A timer, and what clears it: fake timers may have been installed or removed since it was set. */
interface SystemTimer {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly clear: typeof clearTimeout;
}

/** The platform's, looked up at each call, so that fake timers count. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => ({ timer: setTimeout(callback, ms), clear: clearTimeout }) satisfies SystemTimer,
  clearTimeout: (set) => {
    const { timer, clear } = (set ?? {}) as Partial<SystemTimer>;
    clear?.(timer);
  },
};
