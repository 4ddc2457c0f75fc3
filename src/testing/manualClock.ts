/** A clock that stands still until a test moves it. */
import type { Clock } from "../stream/clock.ts";
import { realTimeout } from "./realTime.ts";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** How many turns of the platform's event loop the effects of a timer may need to reach the other end. */
const TURNS = 4;

/**
 * A clock that stands still until a test moves it. Pass it as the option `clock` of a server, a session or a class.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { connect } from "websocket-over/stream";
 * import { ManualClock } from "websocket-over/testing";
 *
 * const clock = new ManualClock();
 * const [near] = pipe(); // nobody answers at the other end
 * const opening = connect(near, { clock, handshakeTimeoutMs: 5000 });
 * opening.catch((error) => console.log(error.cause.code)); // → handshakeTimeout
 * await clock.advance(5000); // takes no time
 * ```
 */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const timer = { dueMs: this.#nowMs + ms, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /**
   * Moves the time on and runs the timers that fall due, in order. Waits for the effects of each before the next.
   * Rejects with `RangeError` if `ms` is not a duration.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`advance() takes milliseconds, not ${String(ms)}`);
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** Timers due at the same time run in the order in which they were set. */
  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.dueMs <= untilMs && !(next && next.dueMs <= timer.dueMs)) next = timer;
    return next;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await realTimeout(0).passed;
}
