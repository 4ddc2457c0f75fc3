/** Runs a program from the documentation unchanged, with the package's entries taken from the sources. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Outcome } from "./programsInTurn.ts";

const start = promisify(execFile);

const root = resolve(import.meta.dirname, "../..");

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, { default: string }>;
};

/** The entries by name, with the paths of their sources from the root. */
export const entries: readonly { readonly name: string; readonly source: string }[] = Object.entries(exports).map(
  ([entry, { default: built }]) => ({
    name: entry.replace(/^\./, "websocket-over"),
    source: built.replace("./dist/", "src/").replace(/\.js$/, ".ts"),
  }),
);

/** Each program of a document with what it prints. One without output goes below the program before it, as the reader puts it. */
export function programsOf(document: string): { code: string; output: string }[] {
  const programs: { code: string; output: string }[] = [];
  for (const [, code = "", output] of document.matchAll(/```ts\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs)) {
    if (output !== undefined) programs.push({ code, output });
    else programs.at(-1)!.code += `\n${code}`;
  }
  return programs;
}

/** The program with the names of the entries replaced by the addresses of their sources. */
function withSources(code: string): string {
  let text = code;
  for (const { name, source } of entries) {
    text = text.replaceAll(JSON.stringify(name), JSON.stringify(pathToFileURL(join(root, source)).href));
  }
  return text;
}

/** The output of the program. Throws its error if it failed. */
export function runDocumentedProgram(code: string): string {
  const folder = mkdtempSync(join(tmpdir(), "documented-"));
  const file = join(folder, "program.mts");
  try {
    writeFileSync(file, withSources(code));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    return execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
      encoding: "utf8",
      timeout: 20_000,
    });
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
      writeFileSync(file, withSources(code));
      return file;
    });
    const results = join(folder, "results");
    const runner = join(import.meta.dirname, "programsInTurn.ts");
    await start(process.execPath, ["--disable-warning=ExperimentalWarning", runner, results, ...files]);
    const lines = readFileSync(results, "utf8").trimEnd().split("\n");
    return lines.map((line) => JSON.parse(line) as Outcome);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
