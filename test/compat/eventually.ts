/** Waits for a condition. */
import { expect } from "vitest";

/** Waits for what `look` returns, with a longer timeout than the default, because machines may be busy. */
export const eventually = <T>(look: () => T): ReturnType<typeof expect.poll<T>> =>
  expect.poll(look, { interval: 5, timeout: 4_000 });
