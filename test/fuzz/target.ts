/** A fuzz target: its inputs as bytes, how to mutate them, and what must hold for each. */
import type { Random } from "../support/random.ts";
import type { Bytes } from "../support/wire.ts";

export interface Target {
  readonly name: string;
  /** What the corpus begins with, besides its files. */
  seeds(): readonly Bytes[];
  /** Another input from one of the corpus, and perhaps a second one. */
  mutate(random: Random, input: Bytes, other: Bytes): Bytes;
  /**
   * Runs an input, and throws what must not be: an error of `expect`, or a foreign one. Returns a few words on what
   * came of it: inputs that end in what none has ended in before are kept, as those that run code which none has run.
   */
  run(input: Bytes): string | Promise<string>;
}
