/** What a bridge has done: a line for each connection, and counters. */
import { complaint } from "./failure.ts";
import { visible } from "./visible.ts";

export class Tally {
  readonly #log: (line: string) => void;
  #begun = 0;
  #open = 0;
  #failed = 0;
  #there = 0;
  #back = 0;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** How many connections there are now. */
  get open(): number {
    return this.#open;
  }

  begin(from: string, to: string): Passage {
    const number = ++this.#begun;
    this.#open++;
    this.#log(`#${number} ${visible(from)} → ${to}`);
    const startMs = performance.now();
    let there = 0;
    let back = 0;
    const end = (how: string): void => {
      this.#open--;
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      this.#log(`#${number} ${how}: ${there} bytes there, ${back} back, ${seconds} s`);
    };
    return {
      count: (direction, bytes) => {
        if (direction === "aToB") {
          there += bytes;
          this.#there += bytes;
        } else {
          back += bytes;
          this.#back += bytes;
        }
      },
      ended: () => end("ended"),
      failed: (error) => {
        this.#failed++;
        end(`failed, ${visible(complaint(error))}`);
      },
    };
  }

  /** The counters in one line. */
  toString(): string {
    const { rss } = process.memoryUsage();
    const counts = `${this.#open} open, ${this.#begun} in all, ${this.#failed} failed`;
    return `${counts}; ${this.#there} bytes there, ${this.#back} back; ${Math.round(rss / 1e6)} MB of memory`;
  }
}

/** One connection through the bridge. Call `ended` or `failed` once. */
export interface Passage {
  readonly count: (direction: "aToB" | "bToA", bytes: number) => void;
  readonly ended: () => void;
  readonly failed: (error: unknown) => void;
}
