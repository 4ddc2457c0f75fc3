/** Virtual time for one test. */
import { onTestFinished, vi } from "vitest";

/** Call it first in a test, not in a hook: in a worker the runner's own timeout would become one of these timers. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}
