/**
 * The simulated sessions from the command line: `--seeds N` (how many), `--seed S` (the first), `--workers N`, `--trace`
 * (of one seed: what happened).
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { Choices } from "../simulation/choices.ts";
import { addTo, emptyResumeReport, resumeCampaign, shrinkResume, unreachedMarks } from "./resumeCampaign.ts";
import type { ResumeReport } from "./resumeCampaign.ts";
import { runResumeWorld } from "./resumeWorld.ts";

/** Seeds that a worker runs at a time. */
const BATCH = 50;

/** From this many seeds on every situation has to be reached. */
const ENOUGH_SEEDS = 2000;

interface Job {
  readonly from: number;
  readonly count: number;
}

if (isMainThread) process.exitCode = await main();
else {
  parentPort!.on("message", ({ from, count }: Job) => {
    void resumeCampaign(from, count).then((report) => parentPort!.postMessage(report));
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "2000" },
      seed: { type: "string", default: "1" },
      workers: { type: "string", default: String(availableParallelism()) },
      trace: { type: "boolean", default: false },
    },
  });
  const first = Number(values.seed);
  if (values.trace) {
    const { trace, findings } = await runResumeWorld(new Choices(first));
    for (const line of trace) console.log(line);
    return findings.length === 0 ? 0 : 1;
  }
  const end = first + Number(values.seeds);
  const report = emptyResumeReport();
  const startMs = performance.now();
  let next = first;
  let toldMs = startMs;
  const workers = Array.from({ length: Number(values.workers) }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(
    workers.map(async (worker) => {
      while (next < end) {
        const from = next;
        next += BATCH;
        addTo(report, await ask(worker, { from, count: Math.min(BATCH, end - from) }));
        if (performance.now() - toldMs < 10_000) continue;
        toldMs = performance.now();
        const rate = Math.round((report.seeds * 1000) / (toldMs - startMs));
        console.error(`${report.seeds} seeds, ${rate} seeds a second`);
        for (const [what, { first }] of Object.entries(report.found)) console.error(`  seed ${first}: ${what}`);
      }
      await worker.terminate();
    }),
  );
  for (const [what, { seeds, first, script }] of Object.entries(report.found)) {
    console.log(`${what}\n  in ${seeds} seeds, the first is ${first}; as a script:`);
    console.log(`  ${JSON.stringify(await shrinkResume(script, what))}`);
  }
  const missed = report.seeds >= ENOUGH_SEEDS ? unreachedMarks(report) : [];
  for (const mark of missed) console.log(`never reached: ${mark}`);
  for (const [mark, seeds] of Object.entries(report.marks)) console.log(`${seeds} × ${mark}`);
  const findings = Object.keys(report.found).length + missed.length;
  console.log(`${report.seeds} seeds, ${report.bytes} bytes arrived, ${findings} findings`);
  return findings === 0 ? 0 : 1;
}

function ask(worker: Worker, job: Job): Promise<ResumeReport> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (report: ResumeReport) => {
      worker.off("error", reject);
      resolve(report);
    });
    worker.postMessage(job);
  });
}
