/** The random draws of one run: recorded, so that a failing run can be replayed and shrunk. */

/** The draws of each stream, in order. A draw that is not there is 0, the simplest choice. */
export type Script = Readonly<Record<string, readonly number[]>>;

/** Draws for one purpose. In every draw 0 is the simplest choice, so that zeroing values simplifies a run. */
export class Draws {
  readonly recorded: number[] = [];
  readonly #given: readonly number[] | undefined;
  #state: number;

  constructor(state: number, given: readonly number[] | undefined) {
    this.#state = state;
    this.#given = given;
  }

  /** A whole number from 0 to `below - 1`. */
  below(below: number): number {
    const at = this.recorded.length;
    const value = this.#given === undefined ? this.#next() % below : (this.#given[at] ?? 0) % below;
    this.recorded.push(value);
    return value;
  }

  /** True once in `n` times; false is the simplest. */
  oneIn(n: number): boolean {
    return this.below(n) === n - 1;
  }

  /** One of the items; the first is the simplest. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** mulberry32 */
  #next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
}

export class Choices {
  readonly #seed: number;
  readonly #script: Script | undefined;
  readonly #streams = new Map<string, Draws>();

  /** With a script, its draws; else random ones from the seed. */
  constructor(seed: number, script?: Script) {
    this.#seed = seed;
    this.#script = script;
  }

  stream(name: string): Draws {
    let draws = this.#streams.get(name);
    if (draws === undefined) {
      const given = this.#script === undefined ? undefined : (this.#script[name] ?? []);
      draws = new Draws(mix(this.#seed, name), given);
      this.#streams.set(name, draws);
    }
    return draws;
  }

  /** All draws so far. Trailing zeros are left out. */
  get recorded(): Script {
    const script: Record<string, number[]> = {};
    for (const [name, { recorded }] of this.#streams) {
      const last = recorded.findLastIndex((value) => value !== 0);
      if (last >= 0) script[name] = recorded.slice(0, last + 1);
    }
    return script;
  }
}

function mix(seed: number, name: string): number {
  let hash = 0x811c_9dc5 ^ seed;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b) ^ Math.floor(seed / 2 ** 32);
  return Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35) | 0;
}
