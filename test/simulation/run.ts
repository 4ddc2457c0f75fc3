/**
 * The simulation from the command line: `--seeds N` (how many), `--seed S` (the first), `--workers N`, `--replay FILE`,
 * `--save FOLDER` (a file for each kind of failure), `--trace` (with one seed or a file: what happened).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { add, campaign, emptyReport, shrinkFailure, unreached, type Failure, type Report } from "./campaign.ts";
import type { Script } from "./choices.ts";
import { signature, simulate } from "./simulate.ts";

/** Seeds that a worker runs at a time. */
const BATCH = 250;

/** From this many seeds on every situation has to be reached. */
const ENOUGH_SEEDS = 5000;

type Job =
  | { readonly from: number; readonly count: number; readonly once?: boolean }
  | { readonly failure: Failure }
  | { readonly script: Script };

if (isMainThread) {
  process.exitCode = await main();
} else {
  parentPort!.on("message", (job: Job) => {
    const done =
      "failure" in job
        ? shrinkFailure(job.failure)
        : "script" in job
          ? simulate(0, job.script).then(({ findings }) => findings.map(signature))
          : campaign(job.from, job.count, undefined, job.once);
    void done.then((answer) => parentPort!.postMessage(answer));
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "10000" },
      seed: { type: "string", default: "1" },
      workers: { type: "string", default: String(availableParallelism()) },
      replay: { type: "string" },
      save: { type: "string" },
      trace: { type: "boolean", default: false },
    },
  });
  const first = Number(values.seed);
  if (values.replay !== undefined || values.trace) {
    const script =
      values.replay === undefined ? undefined : (JSON.parse(readFileSync(values.replay, "utf8")) as { script: Script });
    return replay(script === undefined ? first : 0, script?.script, values.trace);
  }
  const count = Number(values.seeds);
  const report = emptyReport();
  const startMs = performance.now();
  const workers = Array.from({ length: Number(values.workers) }, () => new Worker(new URL(import.meta.url)));
  let next = first;
  let toldMs = startMs;
  const runAll = async (worker: Worker): Promise<void> => {
    while (next < first + count) {
      const from = next;
      next += BATCH;
      const part = (await ask(worker, { from, count: Math.min(BATCH, first + count - from) })) as Report;
      add(report, part);
      if (performance.now() - toldMs < 5000) continue;
      toldMs = performance.now();
      const rate = Math.round((report.seeds * 1000) / (toldMs - startMs));
      console.error(`${report.seeds} seeds, ${report.findings} with findings, ${rate} seeds a second`);
    }
  };
  await Promise.all(workers.map(runAll));
  const seconds = (performance.now() - startMs) / 1000;
  console.error(`${Math.round(report.seeds / seconds)} seeds a second, each run twice`);

  const kinds = Object.values(report.failures).sort((a, b) => b.count - a.count);
  const shrinkAll = async (worker: Worker): Promise<void> => {
    for (let kind = kinds.shift(); kind !== undefined; kind = kinds.shift()) {
      const script = (await ask(worker, { failure: kind.first })) as Script;
      tell(kind.count, kind.first, script, values.save);
    }
  };
  await Promise.all(workers.map(shrinkAll));
  await Promise.all(workers.map((worker) => worker.terminate()));
  const missed = report.seeds >= ENOUGH_SEEDS ? unreached(report) : [];
  for (const mark of missed) console.log(`never reached: ${mark}`);
  console.log(`${report.seeds} seeds, ${report.findings + missed.length} findings`);
  return report.findings + missed.length === 0 ? 0 : 1;
}

function ask(worker: Worker, job: Job): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (answer) => {
      worker.off("error", reject);
      resolve(answer);
    });
    worker.postMessage(job);
  });
}

function tell(count: number, { seed, signature: what }: Failure, script: Script, folder: string | undefined): void {
  console.log(`
${what}
  in ${count} seeds, the first is ${seed}; as a test:

test(${JSON.stringify(what)}, async () => {
  const { findings } = await simulate(0, ${JSON.stringify(script)});
  expect(findings).toEqual([]);
});
`);
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const name = `${what
    .toLowerCase()
    .replace(/[^a-z]+/g, "-")
    .slice(0, 90)}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify({ what, script }, undefined, 2)}\n`);
}

async function replay(seed: number, script: Script | undefined, withTrace: boolean): Promise<number> {
  const { findings, trace } = await simulate(seed, script);
  if (withTrace) for (const line of trace) console.log(line);
  for (const finding of findings) console.log(`${finding.atMs} ms: ${signature(finding)}`);
  console.log(`1 seeds, ${findings.length > 0 ? 1 : 0} findings`);
  return findings.length === 0 ? 0 : 1;
}
