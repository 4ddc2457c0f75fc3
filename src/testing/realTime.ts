/** The platform's timers, captured when this module loads: a test's fake timers must not stop its waits. */
import { LONGEST_TIMER_MS } from "../stream/clock.ts";

const { setTimeout, clearTimeout } = globalThis;

/** Waits `ms` milliseconds. The wait can be cancelled. */
export function realTimeout(ms: number): { readonly passed: Promise<void>; cancel(): void } {
  let timer: ReturnType<typeof setTimeout>;
  const passed = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS))));
  return { passed, cancel: () => clearTimeout(timer) };
}
