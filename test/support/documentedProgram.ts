/** Runs a program from the documentation unchanged, with the package's entries taken from the sources. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Outcome } from "./programsInTurn.ts";
import { nodeArguments } from "./runExample.ts";

const start = promisify(execFile);

const root = resolve(import.meta.dirname, "../..");

/** The output of the program. Throws its error if it failed. */
export function runDocumentedProgram(code: string): string {
  const folder = mkdtempSync(join(tmpdir(), "documented-"));
  const file = join(folder, "program.mts");
  try {
    writeFileSync(file, code);
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    return execFileSync(process.execPath, [...nodeArguments, file], { encoding: "utf8", timeout: 60_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs short programs one after the other in one process, since starting it takes longer than they do. */
export async function runDocumentedPrograms(codes: readonly string[]): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), "documented-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const files = codes.map((code, i) => {
      const file = join(folder, `program${i}.mts`);
      writeFileSync(file, code);
      return file;
    });
    const results = join(folder, "results");
    await start(process.execPath, [
      ...nodeArguments,
      join(import.meta.dirname, "programsInTurn.ts"),
      results,
      ...files,
    ]);
    const lines = readFileSync(results, "utf8").trimEnd().split("\n");
    const outcomes = lines.map((line) => JSON.parse(line) as Outcome);
    return codes.map((_, i) => outcomes[i] ?? { output: "", error: "not run: a program before it did not end" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
