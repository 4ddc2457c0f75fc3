/**
 * Checks that the simulator finds planted faults: each mutation changes one place in a copy of the sources, on which
 * the corpus and then seeds run until the first finding. `--seeds N` (at most 20,000 by default), `--workers N`
 * (mutations in parallel), `--only TEXT` (mutations whose name or file contains it).
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Report } from "./campaign.ts";
import type { Script } from "./choices.ts";
import { MUTATIONS, type Mutation } from "./mutations.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Scripts that broke a law once: they are tried first. */
const CORPUS = join(ROOT, "test/simulation/corpus");

/** Seeds that are run at a time. */
const BATCH = 250;

/** A batch that takes longer than this hangs. */
const HANGS_MS = 120_000;

interface Result {
  readonly mutation: Mutation;
  /** What found it; `undefined` if nothing did. */
  readonly found: { readonly what: string; readonly where: string } | undefined;
  /** What is wrong with the mutation itself. */
  readonly fault?: string;
}

/** A copy of everything that a run needs, where anything may be changed. */
function copySources(): string {
  const folder = mkdtempSync(join(tmpdir(), "mutants-"));
  for (const name of ["package.json", "src", "test/simulation"]) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
}

/** Changes the copy. Returns why that is not possible, if it is not. */
function apply({ file, search, replacement }: Mutation, folder: string): string | undefined {
  const path = join(folder, file);
  const parts = readFileSync(path, "utf8").split(search);
  if (parts.length !== 2) return `its text is found ${parts.length - 1} times in ${file}, not once`;
  writeFileSync(path, parts.join(replacement));
  return undefined;
}

/** What the simulator answers, or in words why it does not. */
function ask<Answer>(worker: Worker, job: object): Promise<Answer | string> {
  return new Promise((resolve) => {
    const settle = (answer: Answer | string): void => {
      clearTimeout(timer);
      worker.off("message", settle);
      worker.off("error", fail);
      resolve(answer);
    };
    const fail = (error: unknown): void => settle(`the simulator fails: ${String(error)}`);
    const timer = setTimeout(() => settle("the simulator hangs"), HANGS_MS);
    worker.on("message", settle);
    worker.on("error", fail);
    worker.postMessage(job);
  });
}

/** Starts the simulator of a copy, or of the unchanged sources, for as long as `use` takes. */
async function withWorker<Value>(folder: string, use: (worker: Worker) => Promise<Value>): Promise<Value> {
  const worker = new Worker(pathToFileURL(join(folder, "test/simulation/run.ts")));
  try {
    return await use(worker);
  } finally {
    await worker.terminate();
  }
}

/** Whether the unchanged sources keep the laws: else a finding shows nothing. */
async function isClean(seed: number): Promise<boolean> {
  const report = await withWorker(ROOT, (worker) => ask<Report>(worker, { from: seed, count: 1, once: true }));
  return typeof report !== "string" && report.findings === 0;
}

function findIn(folder: string, seeds: number): Promise<Result["found"]> {
  return withWorker(folder, async (worker) => {
    for (const name of readdirSync(CORPUS)) {
      const { script } = JSON.parse(readFileSync(join(CORPUS, name), "utf8")) as { script: Script };
      const findings = await ask<string[]>(worker, { script });
      if (findings.length > 0) return { what: [findings].flat()[0]!, where: name };
    }
    for (let from = 1; from <= seeds; from += BATCH) {
      const count = Math.min(BATCH, seeds + 1 - from);
      const report = await ask<Report>(worker, { from, count, once: true });
      if (typeof report === "string") return { what: report, where: `seed ${from}` };
      const failures = Object.values(report.failures).map(({ first }) => first);
      for (const { signature, seed } of failures.sort((a, b) => a.seed - b.seed)) {
        if (await isClean(seed)) return { what: signature, where: `seed ${seed}` };
      }
    }
    return undefined;
  });
}

async function judge(mutation: Mutation, seeds: number): Promise<Result> {
  const folder = copySources();
  try {
    const fault = apply(mutation, folder);
    return fault === undefined
      ? { mutation, found: await findIn(folder, seeds) }
      : { mutation, found: undefined, fault };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function row({ mutation: { name, file }, found, fault }: Result): string {
  const what = fault ?? found?.what ?? "NOT FOUND";
  return `| ${basename(file)} | ${name} | ${what} | ${found?.where ?? ""} |`;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "20000" },
    workers: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
const waiting = MUTATIONS.filter(({ name, file }) => `${file} ${name}`.includes(values.only));
const total = waiting.length;
let missed = 0;
console.log("| file | mutation | what finds it | where |\n|---|---|---|---|");
const judgeAll = async (): Promise<void> => {
  for (let mutation = waiting.shift(); mutation !== undefined; mutation = waiting.shift()) {
    const result = await judge(mutation, Number(values.seeds));
    if (result.found === undefined) missed++;
    console.log(row(result));
  }
};
await Promise.all(Array.from({ length: Number(values.workers) }, judgeAll));
console.log(`${total} mutations, ${missed} not found`);
process.exitCode = missed === 0 ? 0 : 1;
