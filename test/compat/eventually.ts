/** Waits for a condition. */
import { expect } from "vitest";

/** Waits for what `look` returns, longer than by default, as machines may be busy. */
export const eventually = <T>(look: () => T): ReturnType<typeof expect.poll<T>> =>
  expect.poll(look, { interval: 5, timeout: 4_000 });
