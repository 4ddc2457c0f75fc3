/** The documents for users, and the blocks of code in them. */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export interface Document {
  /** From the root. */
  readonly path: string;
  readonly text: string;
}

/** The README and the guides in the folders of the sources. */
export const documents: readonly Document[] = ["README.md", ...globSync("src/**/*.md", { cwd: root }).sort()].map(
  (path) => ({ path: path.replaceAll("\\", "/"), text: readFileSync(join(root, path), "utf8") }),
);

export interface Block {
  readonly language: string;
  /** Of the file that the block shows, from the root. */
  readonly path: string | undefined;
  readonly code: string;
  /** What the block prints, by the block below it. */
  readonly output: string | undefined;
}

/** The blocks of code, with their outputs. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)(?: +(\S+))?\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms)].map(
    ([, language, path, code, output]) => ({ language: language!, path, code: code!, output }),
  );
}

/** A program in TypeScript, and the fragments that stand below it, which are only type-checked. */
export interface DocumentedProgram {
  readonly path: string | undefined;
  readonly code: string;
  readonly output: string | undefined;
  readonly fragments: readonly string[];
}

/** The programs of a document. A fragment above all of them is one of itself. */
export function programsOf(text: string): DocumentedProgram[] {
  const programs: (DocumentedProgram & { fragments: string[] })[] = [];
  for (const { language, path, code, output } of blocksOf(text)) {
    if (language !== "ts") continue;
    const isFragment = path === undefined && output === undefined;
    if (isFragment && programs.length > 0) programs.at(-1)!.fragments.push(code);
    else programs.push({ path, code, output, fragments: [] });
  }
  return programs;
}

/** The complete programs of a document. */
export function runnableProgramsOf(text: string): { code: string; output: string }[] {
  return programsOf(text).flatMap(({ path, code, output }) =>
    path === undefined && output !== undefined ? [{ code, output }] : [],
  );
}
