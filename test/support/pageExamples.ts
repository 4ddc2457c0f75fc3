/** Gives pages the examples of docstrings that run in one, as modules. */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin } from "vite";
import { examplesIn, promisedOutput } from "./examples.ts";

const src = resolve(import.meta.dirname, "../../src");

/** An example, as `virtual:page-examples` lists it. */
export interface PageExample {
  readonly name: string;
  readonly code: string;
  readonly promised: string;
  /** Resolves when the module has been evaluated. */
  readonly run: () => Promise<unknown>;
}

const LIST = "virtual:page-examples";
const ONE = /^virtual:page-example\/(\d+)\.ts$/;

export function pageExamples(): Plugin {
  const examples = globSync("**/*.ts", { cwd: src }).flatMap((path) =>
    examplesIn(readFileSync(join(src, path), "utf8"))
      .filter(({ place }) => place === "In a page")
      .map(({ code }) => ({ name: path, code, promised: promisedOutput(code) })),
  );
  return {
    name: "page-examples",
    resolveId: (id) => (id === LIST || ONE.test(id) ? id : undefined),
    load(id) {
      const [, number] = ONE.exec(id) ?? [];
      if (number !== undefined) return examples[Number(number)]!.code;
      if (id !== LIST) return undefined;
      const items = examples.map(
        (example, i) => `{ ...${JSON.stringify(example)}, run: () => import("virtual:page-example/${i}.ts") }`,
      );
      return `export default [${items.join(",")}];`;
    },
  };
}
