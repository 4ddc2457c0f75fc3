/** Runs a program from the documentation unchanged, with the package's entries taken from the sources. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

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

/** The output of the program. Throws its error if it failed. */
export function runDocumentedProgram(code: string): string {
  const folder = mkdtempSync(join(tmpdir(), "documented-"));
  const file = join(folder, "program.mts");
  let text = code;
  for (const { name, source } of entries) {
    text = text.replaceAll(JSON.stringify(name), JSON.stringify(pathToFileURL(join(root, source)).href));
  }
  try {
    writeFileSync(file, text);
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    return execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
      encoding: "utf8",
      timeout: 20_000,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
