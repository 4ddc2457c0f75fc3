/** Which code of the library has run: V8's counts, as bits over the source. */
import { Session } from "node:inspector";

interface Script {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Range[] }[];
}

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** What was run: for each script a byte for each character of its source. */
type Ran = ReadonlyMap<string, Uint8Array>;

export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Map<string, Uint8Array>();
  readonly #isWatched: (url: string) => boolean;

  constructor(isWatched: (url: string) => boolean) {
    this.#isWatched = isWatched;
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** What was run since the last call. */
  take(): Ran {
    const { result } = this.#post("Profiler.takePreciseCoverage") as { result: readonly Script[] };
    return new Map(
      result.filter(({ url }) => this.#isWatched(url)).map(({ url, functions }) => [url, paint(functions)]),
    );
  }

  /** How much of this has never been added before, in characters. */
  gain(ran: Ran): number {
    let gain = 0;
    for (const [url, bits] of ran) {
      const seen = this.#seen.get(url);
      for (let at = 0; at < bits.length; at++) if (bits[at] === 1 && seen?.[at] !== 1) gain++;
    }
    return gain;
  }

  add(ran: Ran): void {
    for (const [url, bits] of ran) {
      const seen = this.#seen.get(url) ?? bits;
      const longer = seen.length < bits.length ? bits : seen;
      this.#seen.set(
        url,
        longer.map((_, at) => (seen[at] ?? 0) | (bits[at] ?? 0)),
      );
    }
  }

  /** How many characters have been run. */
  get size(): number {
    let size = 0;
    for (const seen of this.#seen.values()) for (const bit of seen) size += bit;
    return size;
  }

  #post(method: string, parameters?: object): unknown {
    let answer: unknown;
    this.#session.post(method, parameters, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

/** Ranges lie in one another, the outer ones first. */
function paint(functions: Script["functions"]): Uint8Array {
  const ranges = functions.flatMap((each) => each.ranges);
  const ran = new Uint8Array(ranges.reduce((most, { endOffset }) => Math.max(most, endOffset), 0));
  for (const { startOffset, endOffset, count } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}
