/** Timers of the platform as they were when this was loaded: a test's fake ones must not stop what it waits with. */
import { LONGEST_TIMER_MS } from "../stream/clock.ts";

const { setTimeout, clearTimeout } = globalThis;

/** A wait of so many milliseconds, that can be given up. */
export function realTimeout(ms: number): { readonly passed: Promise<void>; cancel(): void } {
  let timer: ReturnType<typeof setTimeout>;
  const passed = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS))));
  return { passed, cancel: () => clearTimeout(timer) };
}
