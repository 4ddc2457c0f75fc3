/** Calls back when nothing has happened for a while. Each happening costs a reading of the clock, and no timer. */
import { LONGEST_TIMER_MS, type Clock } from "../stream/clock.ts";

export class QuietTimer {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #callback: () => void;
  #sinceMs: number;
  #timer: unknown;
  #isStopped = false;

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
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    if (ms === Infinity) return;
    this.#timer = this.#clock.setTimeout(() => this.#ring(), Math.min(ms, LONGEST_TIMER_MS));
  }

  #ring(): void {
    this.#timer = undefined;
    if (this.#isStopped) return;
    const leftMs = this.#sinceMs + this.#ms - this.#clock.now();
    if (leftMs > 0) this.#arm(leftMs);
    else this.#callback();
  }
}
