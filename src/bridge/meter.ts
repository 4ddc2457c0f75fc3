/** Counts what passes through a bridge and watches its limits. */
import { systemClock } from "../stream/clock.ts";
import { BridgeError } from "./bridgeError.ts";
import { limitsOf, type BridgeOptions, type Direction } from "./options.ts";
import { QuietTimer } from "./quietTimer.ts";

export class Meter {
  readonly bytes: Record<Direction, number> = { aToB: 0, bToA: 0 };
  readonly #maxBytes: number;
  readonly #onBytes: BridgeOptions["onBytes"];
  readonly #idle: QuietTimer;

  /** `ended` is called when the bridge has been idle for too long. Throws `RangeError` if a limit is invalid. */
  constructor(options: BridgeOptions, ended: (error: BridgeError) => void) {
    const { idleMs, maxBytes } = limitsOf(options);
    this.#maxBytes = maxBytes;
    this.#onBytes = options.onBytes;
    this.#idle = new QuietTimer(options.clock ?? systemClock, idleMs, () => ended(new BridgeError("idle")));
  }

  /** Throws `BridgeError` if this is too much, and what `onBytes` throws. */
  count(direction: Direction, bytes: number): void {
    this.#idle.touch();
    this.bytes[direction] += bytes;
    this.#onBytes?.(direction, bytes);
    if (this.bytes.aToB + this.bytes.bToA > this.#maxBytes) throw new BridgeError("tooManyBytes");
  }

  stop(): void {
    this.#idle.stop();
  }
}
