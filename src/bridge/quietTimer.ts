/** Calls back when nothing has happened for a while. Each happening costs a reading of the clock, and no timer. */
import { LONGEST_TIMER_MS, type Clock } from "../stream/clock.ts";
import { report } from "../stream/report.ts";
import { ignore } from "../transports/ignore.ts";
import { startTimer } from "../transports/startTimer.ts";

export class QuietTimer {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #callback: () => void;
  #sinceMs: number;
  #stopTimer = ignore;

  /** Starts at once. `Infinity` never calls back. */
  constructor(clock: Clock, ms: number, callback: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#callback = callback;
    this.#sinceMs = ms === Infinity ? 0 : clock.now();
    this.#arm(ms);
  }

  /** Something has happened: the wait starts again. */
  touch(): void {
    if (this.#ms !== Infinity) this.#sinceMs = this.#clock.now();
  }

  stop(): void {
    this.#stopTimer();
  }

  #arm(ms: number): void {
    if (ms === Infinity) return;
    this.#stopTimer = startTimer(Math.min(ms, LONGEST_TIMER_MS), () => this.#ring(), this.#clock);
  }

  #ring(): void {
    try {
      const leftMs = this.#sinceMs + this.#ms - this.#clock.now();
      if (leftMs > 0) {
        this.#arm(leftMs);
        return;
      }
    } catch (error) {
      report(error); // nobody watches the time any more
    }
    this.#callback();
  }
}
