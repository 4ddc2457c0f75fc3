/** Runs many seeds, one after the other, and summarizes the findings. */
import { Choices, type Script } from "./choices.ts";
import { MARKS, type Mark } from "./marks.ts";
import { shrink } from "./shrink.ts";
import { signature, simulate } from "./simulate.ts";
import { runWorld, type Plant } from "./world.ts";

export interface Failure {
  readonly seed: number;
  readonly signature: string;
  readonly script: Script;
}

export interface Report {
  seeds: number;
  /** Seeds with findings. */
  findings: number;
  /** By signature: how many seeds, and the first of them. */
  readonly failures: Record<string, { count: number; first: Failure }>;
  /** How many seeds reached each situation. */
  readonly marks: Partial<Record<Mark, number>>;
}

export function emptyReport(): Report {
  return { seeds: 0, findings: 0, failures: {}, marks: {} };
}

/** With `once` each seed runs once, and whether it repeats itself is not looked at. */
export async function campaign(from: number, count: number, plant?: Plant, once = false): Promise<Report> {
  const report = emptyReport();
  for (let seed = from; seed < from + count; seed++) {
    const { findings, marks, script } = await (once
      ? runWorld(new Choices(seed), plant)
      : simulate(seed, undefined, plant));
    report.seeds++;
    for (const mark of marks) report.marks[mark] = (report.marks[mark] ?? 0) + 1;
    if (findings.length === 0) continue;
    report.findings++;
    for (const name of new Set(findings.map(signature))) {
      const known = report.failures[name];
      if (known === undefined) report.failures[name] = { count: 1, first: { seed, signature: name, script } };
      else known.count++;
    }
  }
  return report;
}

export function add(sum: Report, part: Report): void {
  sum.seeds += part.seeds;
  sum.findings += part.findings;
  for (const [name, { count, first }] of Object.entries(part.failures)) {
    const known = sum.failures[name];
    if (known === undefined) sum.failures[name] = { count, first };
    else {
      known.count += count;
      if (first.seed < known.first.seed) known.first = first;
    }
  }
  for (const [mark, count] of Object.entries(part.marks)) {
    sum.marks[mark as Mark] = (sum.marks[mark as Mark] ?? 0) + count;
  }
}

/** Situations that no seed has reached. */
export function unreached({ marks }: Report): Mark[] {
  return MARKS.filter((mark) => marks[mark] === undefined);
}

/** The shortest script found that breaks the same law in the same way. */
export function shrinkFailure({ script, signature: wanted }: Failure, plant?: Plant): Promise<Script> {
  const isDifference = wanted === "deterministic";
  return shrink(script, async (candidate) => {
    const { findings } = isDifference
      ? await simulate(0, candidate, plant)
      : await runWorld(new Choices(0, candidate), plant);
    return findings.some((finding) => signature(finding) === wanted);
  });
}
