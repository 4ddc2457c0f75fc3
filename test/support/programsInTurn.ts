/** Run by Node: runs programs one after the other in this process, and appends to a file how each went. */
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

/** How a program went. */
export interface Outcome {
  readonly output: string;
  /** What it threw, or why it was given up. */
  readonly error?: string | undefined;
}

const TIMEOUT_MS = 60_000;

const [results = "", ...programs] = process.argv.slice(2);
let output = "";
let error: unknown;
let isRunning = false;
let hasFinished = false;

process.stdout.write = (chunk: string | Uint8Array): boolean => {
  output += String(chunk);
  return true;
};
process.on("uncaughtException", (thrown) => (error ??= thrown));

function report(): void {
  if (!hasFinished) error ??= "the program waits for something that never happens";
  const outcome: Outcome = { output, error: error === undefined ? undefined : inspect(error) };
  appendFileSync(results, `${JSON.stringify(outcome)}\n`);
}

/** A program has ended when the process has nothing left to do. */
process.on("beforeExit", () => {
  if (isRunning) report();
  const program = programs.shift();
  if (program === undefined) return;
  output = "";
  error = undefined;
  isRunning = true;
  hasFinished = false;
  const timer = setTimeout(() => {
    error ??= `the program still runs after ${TIMEOUT_MS} ms`;
    report();
    process.exit();
  }, TIMEOUT_MS).unref();
  process.once("beforeExit", () => clearTimeout(timer));
  void import(pathToFileURL(program).href).then(
    () => (hasFinished = true),
    (thrown: unknown) => (error ??= thrown),
  );
  setImmediate(() => {}); // else the process could end without another event
});
