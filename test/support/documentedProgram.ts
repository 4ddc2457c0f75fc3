/** Runs a program from the documentation unchanged, with the package's entries taken from the sources. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { nodeArguments } from "./runExample.ts";

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
