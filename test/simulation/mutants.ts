/**
 * Whether the simulator finds what is broken on purpose: each mutation changes one place of a copy of the sources, which
 * is run until the first finding. `--seeds N` (20,000 at the most by default), `--workers N` (mutations at a time),
 * `--only TEXT` (those whose name or file has it in it).
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { campaign, type Report } from "./campaign.ts";
import { MUTATIONS, type Mutation } from "./mutations.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Seeds that are run at a time. */
const BATCH = 250;

/** A batch that takes longer than this hangs. */
const HANGS_MS = 120_000;

interface Result {
  readonly mutation: Mutation;
  /** What found it; `undefined` if nothing did. */
  readonly found: { readonly what: string; readonly seed: number } | undefined;
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

function ask(worker: Worker, from: number, count: number): Promise<Report | string> {
  return new Promise((resolve) => {
    const settle = (answer: Report | string): void => {
      clearTimeout(timer);
      worker.off("message", settle);
      worker.off("error", fail);
      resolve(answer);
    };
    const fail = (error: unknown): void => settle(`the simulator fails: ${String(error)}`);
    const timer = setTimeout(() => settle("the simulator hangs"), HANGS_MS);
    worker.on("message", settle);
    worker.on("error", fail);
    worker.postMessage({ from, count, once: true });
  });
}

async function findIn(folder: string, seeds: number): Promise<Result["found"]> {
  const worker = new Worker(pathToFileURL(join(folder, "test/simulation/run.ts")));
  try {
    for (let from = 1; from <= seeds; from += BATCH) {
      const report = await ask(worker, from, Math.min(BATCH, seeds + 1 - from));
      if (typeof report === "string") return { what: report, seed: from };
      const [first] = Object.values(report.failures).sort((a, b) => a.first.seed - b.first.seed);
      if (first !== undefined) return { what: first.first.signature, seed: first.first.seed };
    }
    return undefined;
  } finally {
    await worker.terminate();
  }
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

function row({ mutation: { name, file }, found, fault }: Result, faultless: boolean): string {
  const what = fault ?? (found === undefined ? "NOT FOUND" : found.what);
  const seed = found === undefined ? "" : `seed ${found.seed}${faultless ? "" : ", as in the unchanged code"}`;
  return `| ${file.slice(file.lastIndexOf("/") + 1)} | ${name} | ${what} | ${seed} |`;
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
    // What the unchanged code has, too, shows nothing.
    const isOwn = result.found !== undefined && (await campaign(result.found.seed, 1)).findings === 0;
    if (!isOwn) missed++;
    console.log(row(result, isOwn));
  }
};
await Promise.all(Array.from({ length: Number(values.workers) }, judgeAll));
console.log(`${total} mutations, ${missed} not found`);
process.exitCode = missed === 0 ? 0 : 1;
