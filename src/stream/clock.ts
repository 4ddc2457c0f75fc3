/** The clock that drivers read: the platform's, unless a test provides one. */
import type { OptionTable } from "../core/options.ts";

export { LONGEST_TIMER_MS } from "../transports/startTimer.ts";

/**
 * Tells the time and sets timers. The platform's by default. Pass the `ManualClock` of `websocket-over/testing`, or your
 * own, wherever an option is named `clock`.
 *
 * @example
 * ```ts
 * import type { Clock } from "websocket-over/websocket";
 * import { resumable } from "websocket-over/resume";
 *
 * const clock: Clock = {
 *   now: () => performance.now() * 1000, // a thousand times as fast as real time
 *   setTimeout: (callback, ms) => setTimeout(callback, ms / 1000),
 *   clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
 * };
 * const dial = () => Promise.reject(new Error("offline"));
 * const transport = resumable(dial, { clock, keepMs: 30_000 });
 * await transport.closed?.catch((error) => console.log(error.message)); // → no carrier was found within 30000 ms
 * ```
 */
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
