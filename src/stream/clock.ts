/** Where the time comes from that the drivers tell their connections: the platform, unless a test brings its own. */

export interface Clock {
  /** Milliseconds since whenever, never going back. */
  now(): number;
  /** Calls back once, not before `ms` milliseconds have passed. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface ClockOption {
  /** Where deadlines take their time from, for tests; the platform by default. */
  readonly clock?: Clock | undefined;
}

/** As far as `setTimeout` counts, in milliseconds: beyond it calls back at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** The platform's, looked up at each call, so that fake timers count. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
