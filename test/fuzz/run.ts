/**
 * Fuzzes: `npm run fuzz -- --seconds 60 --target frames --seed 1`, or each target for that long without `--target`.
 * `npm run fuzz -- --target frames --replay FILE` runs one input. A finding is shrunk and written to the corpus.
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../support/random.ts";
import { campaign } from "./campaign.ts";
import { parseEntry, readCorpus, writeFinding } from "./corpus.ts";
import { targets } from "./targets/index.ts";
import { Watchdog } from "./watchdog.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
    target: { type: "string" },
    replay: { type: "string" },
  },
});

const chosen = targets.filter(({ name }) => values.target === undefined || values.target === name);
if (chosen.length === 0) {
  throw new Error(`there is no target ${values.target ?? ""}: ${targets.map(({ name }) => name).join(", ")}`);
}

if (values.replay !== undefined) {
  const input = parseEntry(readFileSync(values.replay, "utf8"));
  for (const target of chosen) console.log(`${target.name}: ${await target.run(input)}`);
} else {
  for (const target of chosen) await fuzz(target);
}

async function fuzz(target: (typeof targets)[number]): Promise<void> {
  const seconds = Number(values.seconds);
  console.log(`${target.name}: ${seconds} s, seed ${values.seed}`);
  const watchdog = new Watchdog(target.name);
  const corpus = [...target.seeds(), ...readCorpus(target.name).map(({ input }) => input)];
  const random = new Random(Number(values.seed));
  const report = await campaign(target, { seconds, random, corpus, begin: (input) => watchdog.begin(input) });
  await watchdog.stop();
  const { runs, kept, covered, endings, finding } = report;
  console.log(`${target.name}: ${runs} inputs, ${kept} kept, ${endings} endings, ${covered} characters of code run`);
  if (finding === undefined) return;
  const file = relative(process.cwd(), writeFinding(target.name, finding.input, finding.why));
  console.log(`${finding.why}\n\nnpm run fuzz -- --target ${target.name} --replay ${file}`);
  process.exitCode = 1;
}
