/** Timers of any length, which can always be stopped. */
import { expect, test, vi } from "vitest";
import { ManualClock } from "../../src/testing/index.ts";
import { startTimer } from "../../src/transports/startTimer.ts";
import { fakeTime } from "../support/fakeTime.ts";

test("startTimer() calls back once, after the delay", async () => {
  const clock = new ManualClock();
  const log: number[] = [];
  startTimer(5, () => log.push(clock.now()), clock);
  await clock.advance(4);
  expect(log).toEqual([]);
  await clock.advance(10);
  expect(log).toEqual([5]);
});

test.each([2 ** 31, Infinity])("startTimer() sets no timer for %d ms, which timers can't wait", (ms) => {
  const waits: number[] = [];
  const clock = { setTimeout: (_: () => void, wait: number) => waits.push(wait), clearTimeout: () => waits.push(-1) };
  startTimer(ms, () => undefined, clock)();
  expect(waits).toEqual([]);
});

test("a timer that is stopped does not call back, even if the clock can't clear it", async () => {
  const clock = new ManualClock();
  clock.clearTimeout = () => {
    throw new Error("no");
  };
  let calls = 0;
  const stop = startTimer(5, () => calls++, clock);
  stop();
  stop();
  await clock.advance(5);
  expect(calls).toBe(0);
});

test("by default the clock is the platform's", async () => {
  fakeTime();
  let calls = 0;
  startTimer(1000, () => calls++);
  startTimer(1000, () => calls++)();
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls).toBe(1);
});
