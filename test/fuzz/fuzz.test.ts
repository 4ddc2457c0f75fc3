/** A short run of every fuzzer, each in a separate process, and every input ever found. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCorpus } from "./corpus.ts";
import { differences } from "./differences.ts";
import { grammarDifferences, handshakeDifferences } from "./handshakeDifferences.ts";
import { targets } from "./targets/index.ts";

/** How long each target is fuzzed here. `npm run fuzz` does it for as long as one likes. */
const SECONDS = 4;

describe("the corpus", () => {
  for (const target of targets) {
    const entries = readCorpus(target.name);
    test.each(entries)(`${target.name}: $name`, async ({ input }) => {
      expect(await target.run(input)).toEqual(expect.any(String));
    });
    test(`${target.name} has inputs`, () => expect(entries.length).toBeGreaterThan(5));
  }
});

describe("fuzzing finds nothing new", () => {
  test.each(targets)("$name", { timeout: 120_000 }, async ({ name }) => {
    const { status, output } = await fuzz(["--target", name, "--seconds", String(SECONDS), "--seed", "1"]);
    expect(output).toMatch(/\d+ inputs, \d+ kept/);
    expect(status, output).toBe(0);
  });
});

test("each difference from ws names the RFC section that allows it, and has a case that shows it", async () => {
  const all = [...differences, ...handshakeDifferences, ...grammarDifferences];
  const shown = new Set<string>();
  for (const target of targets) {
    for (const { input } of readCorpus(target.name)) {
      const ending = await target.run(input);
      for (const { name } of all) if (ending.includes(name)) shown.add(name);
    }
  }
  expect([...shown].sort()).toEqual(all.map(({ name }) => name).sort());
  for (const { clause } of all) expect(clause).toMatch(/RFC \d{4} §/);
});

function fuzz(args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((settle) => {
    execFile(process.execPath, [join(import.meta.dirname, "run.ts"), ...args], (error, output, errors) =>
      settle({ status: Number(error?.code ?? 0), output: output + errors }),
    );
  });
}
