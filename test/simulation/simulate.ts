/** Runs a seed, or a script, twice, and compares the two runs. */
import { Choices, type Script } from "./choices.ts";
import type { Finding } from "./laws.ts";
import type { Mark } from "./marks.ts";
import { runWorld, type Outcome, type Plant } from "./world.ts";

export interface Result {
  readonly findings: readonly Finding[];
  readonly marks: ReadonlySet<Mark>;
  readonly script: Script;
  readonly trace: readonly string[];
}

export async function simulate(seed: number, script?: Script, plant?: Plant): Promise<Result> {
  const first = await runWorld(new Choices(seed, script), plant);
  const second = await runWorld(new Choices(seed, script), plant);
  const difference = differ(first, second);
  const findings = difference === undefined ? first.findings : [...first.findings, difference];
  return { ...first, findings };
}

function differ(first: Outcome, second: Outcome): Finding | undefined {
  const length = Math.max(first.trace.length, second.trace.length);
  for (let at = 0; at < length; at++) {
    if (first.trace[at] === second.trace[at]) continue;
    const what = `two runs differ: ${String(first.trace[at])} | ${String(second.trace[at])}`;
    return { law: "deterministic", what, atMs: 0 };
  }
  return undefined;
}

/** What findings have in common that are the same fault. */
export function signature({ law, what }: Finding): string {
  return law === "deterministic" ? law : `${law}: ${what}`;
}
