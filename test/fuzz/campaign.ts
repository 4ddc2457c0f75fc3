/** The loop: take an input, change it, run it, and keep it if it covers something new. */
import { Coverage } from "./coverage.ts";
import type { Random } from "../support/random.ts";
import type { Bytes } from "../support/wire.ts";
import { shrink } from "./shrink.ts";
import type { Target } from "./target.ts";

/** Reading the coverage takes some milliseconds, so it is read once for this many inputs. */
const BATCH = 100;

const LONGEST_INPUT = 1500;

export interface Finding {
  readonly input: Bytes;
  readonly why: string;
}

export interface Report {
  readonly runs: number;
  readonly kept: number;
  /** Characters of the source that were run. */
  readonly covered: number;
  readonly endings: number;
  readonly finding: Finding | undefined;
}

export interface CampaignOptions {
  readonly seconds: number;
  readonly random: Random;
  readonly corpus: readonly Bytes[];
  /** Called with each input before it runs, so that an endless one can be identified. */
  readonly begin: (input: Bytes) => void;
}

const isOurs = (url: string): boolean => url.startsWith("file:") && url.includes("/src/");

export async function campaign(target: Target, options: CampaignOptions): Promise<Report> {
  const { random, begin } = options;
  const coverage = new Coverage(isOurs);
  const corpus = [...options.corpus];
  const endings = new Set<string>();
  let runs = 0;

  /** Returns why an input fails, or whether it ends as none did before. */
  const tryOne = async (input: Bytes): Promise<{ why?: string; isNew: boolean }> => {
    runs++;
    begin(input);
    try {
      const ending = await target.run(input);
      const isNew = !endings.has(ending);
      endings.add(ending);
      return { isNew };
    } catch (error) {
      return { why: error instanceof Error ? (error.stack ?? error.message) : String(error), isNew: true };
    }
  };
  const report = (finding?: Finding): Report => ({
    runs,
    kept: corpus.length,
    covered: coverage.size,
    endings: endings.size,
    finding,
  });
  const found = async (input: Bytes, why: string): Promise<Report> => {
    const fails = async (smaller: Bytes): Promise<boolean> => (await tryOne(smaller)).why !== undefined;
    const small = await shrink(input, fails);
    return report({ input: small, why: (await tryOne(small)).why ?? why });
  };

  for (const input of corpus) {
    const { why } = await tryOne(input);
    if (why !== undefined) return await found(input, why);
  }
  coverage.add(coverage.take());
  const endMs = performance.now() + options.seconds * 1000;
  while (performance.now() < endMs) {
    const batch: Bytes[] = [];
    for (let i = 0; i < BATCH && performance.now() < endMs; i++) {
      let input = random.pick(corpus);
      for (let changes = 1 + random.size(5); changes > 0; changes--) {
        input = target.mutate(random, input, random.pick(corpus));
      }
      input = input.slice(0, LONGEST_INPUT);
      const { why, isNew } = await tryOne(input);
      if (why !== undefined) return await found(input, why);
      if (isNew) corpus.push(input);
      else batch.push(input);
    }
    const ran = coverage.take();
    if (coverage.gain(ran) === 0) continue;
    // One of them it was: each alone tells.
    for (const input of batch) {
      await tryOne(input);
      const alone = coverage.take();
      if (coverage.gain(alone) > 0) corpus.push(input);
      coverage.add(alone);
    }
    coverage.add(ran);
  }
  return report();
}
