/** Checks that the library has left no timers behind. */
import { onTestFinished } from "vitest";

/** Counts until the end of the test: returns how many pending timers a file of `src` has set. */
export function countTimers(): () => number {
  const { setTimeout, clearTimeout } = globalThis;
  const waiting = new Set<unknown>();
  const counting = {
    setTimeout: (callback: () => void, ms?: number): unknown => {
      const timer = setTimeout(() => {
        waiting.delete(timer);
        callback();
      }, ms);
      if (/\/src\//.test(new Error().stack ?? "/src/")) waiting.add(timer);
      return timer;
    },
    clearTimeout: (timer: ReturnType<typeof setTimeout> | undefined): void => {
      waiting.delete(timer);
      clearTimeout(timer);
    },
  };
  Object.assign(globalThis, counting);
  onTestFinished(() => void Object.assign(globalThis, { setTimeout, clearTimeout }));
  return () => waiting.size;
}
