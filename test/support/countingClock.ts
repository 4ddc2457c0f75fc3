/** The platform's clock, which tells how many timers wait. */
import type { Clock } from "../../src/stream/clock.ts";

export function countingClock(): { clock: Clock; timers: () => number } {
  const waiting = new Set<ReturnType<typeof setTimeout>>();
  const clock: Clock = {
    now: () => performance.now(),
    setTimeout(callback, ms) {
      const timer = setTimeout(() => {
        waiting.delete(timer);
        callback();
      }, ms);
      waiting.add(timer);
      return timer;
    },
    clearTimeout(timer) {
      const set = timer as ReturnType<typeof setTimeout>;
      waiting.delete(set);
      clearTimeout(set);
    },
  };
  return { clock, timers: () => waiting.size };
}
