/** Whether something has left timers behind. */
import { onTestFinished } from "vitest";

/** From now to the end of the test: returns how many timers wait. Others' count, too, such as those of `expect.poll`. */
export function countTimers(): () => number {
  const platform = globalThis as { setTimeout: unknown; clearTimeout: unknown };
  const { setTimeout, clearTimeout } = globalThis;
  const waiting = new Set<unknown>();
  platform.setTimeout = (callback: () => void, ms?: number): unknown => {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      callback();
    }, ms);
    waiting.add(timer);
    return timer;
  };
  platform.clearTimeout = (timer: ReturnType<typeof setTimeout> | undefined): void => {
    waiting.delete(timer);
    clearTimeout(timer);
  };
  onTestFinished(() => void Object.assign(platform, { setTimeout, clearTimeout }));
  return () => waiting.size;
}
