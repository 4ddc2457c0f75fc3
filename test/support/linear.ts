/** Whether work takes time in proportion to its size, on a machine that does other work, too. */
import { expect } from "vitest";

const TIMES = 16;

/** Shorter than this, in milliseconds, clocks say nothing: some tick once a millisecond. */
const NOTHING_MS = 5;

/**
 * Compares one run over 16 times the size with 16 runs over it. They take the same time if that is linear, and the one
 * run takes 16 times as long if it is quadratic. Fails if it takes more than four times as long in each of 20 tries, so
 * other work on the machine has to hit the one run every time to make this fail.
 */
export function expectLinear(make: (size: number) => () => unknown, size: number): void {
  const small = make(size);
  const large = make(size * TIMES);
  small(); // compiled from here on
  let least = Infinity;
  for (let attempt = 0; attempt < 20 && least > 4; attempt++) {
    const many = timeOf(() => {
      for (let i = 0; i < TIMES; i++) small();
    });
    const one = timeOf(large);
    least = Math.min(least, one < NOTHING_MS ? 0 : one / Math.max(many, NOTHING_MS));
  }
  expect(least, `one run over 16 times the size, in 16 runs over ${size}`).toBeLessThanOrEqual(4);
}

function timeOf(work: () => unknown): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}
