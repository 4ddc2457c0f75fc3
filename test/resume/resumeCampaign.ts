/** Runs many seeds of simulated sessions, one after the other, and sums up what they found. */
import { Choices, type Script } from "../simulation/choices.ts";
import { shrink } from "../simulation/shrink.ts";
import { RESUME_MARKS, runResumeWorld, type Finding, type ResumeMark, type ResumePlant } from "./resumeWorld.ts";

export interface ResumeReport {
  seeds: number;
  bytes: number;
  /** By what was found: how many seeds, and the first of them. */
  readonly found: Record<string, { seeds: number; first: number; script: Script }>;
  /** How many seeds reached each situation. */
  readonly marks: Partial<Record<ResumeMark, number>>;
}

export const emptyResumeReport = (): ResumeReport => ({ seeds: 0, bytes: 0, found: {}, marks: {} });

export const signatureOf = ({ law, what }: Finding): string => `${law}: ${what}`;

/** Every tenth seed runs twice, and must do the same. */
const TWICE = 10;

export async function resumeCampaign(from: number, count: number, plant?: ResumePlant): Promise<ResumeReport> {
  const report = emptyResumeReport();
  for (let seed = from; seed < from + count; seed++) {
    const choices = new Choices(seed);
    const { findings, marks, trace, bytes } = await runResumeWorld(choices, plant);
    const all = [...findings];
    if (seed % TWICE === 0) {
      const again = await runResumeWorld(new Choices(seed), plant);
      if (again.trace.join("\n") !== trace.join("\n")) all.push({ law: "is deterministic", what: "two runs differ" });
    }
    report.seeds++;
    report.bytes += bytes;
    for (const mark of marks) report.marks[mark] = (report.marks[mark] ?? 0) + 1;
    for (const what of new Set(all.map(signatureOf))) {
      const known = report.found[what];
      if (known === undefined) report.found[what] = { seeds: 1, first: seed, script: choices.recorded };
      else known.seeds++;
    }
  }
  return report;
}

export function addTo(sum: ResumeReport, part: ResumeReport): void {
  sum.seeds += part.seeds;
  sum.bytes += part.bytes;
  for (const [what, { seeds, first, script }] of Object.entries(part.found)) {
    const known = sum.found[what];
    if (known === undefined) sum.found[what] = { seeds, first, script };
    else known.seeds += seeds;
  }
  for (const [mark, seeds] of Object.entries(part.marks) as [ResumeMark, number][]) {
    sum.marks[mark] = (sum.marks[mark] ?? 0) + seeds;
  }
}

/** Situations that no seed has reached. */
export const unreachedMarks = ({ marks }: ResumeReport): ResumeMark[] =>
  RESUME_MARKS.filter((mark) => marks[mark] === undefined);

/** The shortest script found that breaks the same law in the same way. */
export function shrinkResume(script: Script, what: string, plant?: ResumePlant): Promise<Script> {
  return shrink(script, async (candidate) => {
    const { findings } = await runResumeWorld(new Choices(0, candidate), plant);
    return findings.some((finding) => signatureOf(finding) === what);
  });
}
