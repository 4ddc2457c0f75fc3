/** package.json's `exports` is the list of entries, and all other lists agree with it. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { entries } from "../support/documentedProgram.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");
const sources = entries.map(({ source }) => source);

test("the reference contains all", () => {
  const { entryPoints } = JSON.parse(read("typedoc.json")) as { entryPoints: string[] };
  expect(entryPoints.toSorted()).toEqual(sources.toSorted());
});

test("each has its types beside its code", () => {
  const { exports } = JSON.parse(read("package.json")) as {
    exports: Record<string, { types: string; default: string }>;
  };
  for (const { types, default: code } of Object.values(exports)) expect(types).toBe(code.replace(/\.js$/, ".d.ts"));
});

test("the README's table of entries contains all", () => {
  const listed = [...read("README.md").matchAll(/^\| `(websocket-over[^` ]*)` +\| [^|\d]/gm)].map(([, name]) => name!);
  expect(new Set(listed)).toEqual(new Set(entries.map(({ name }) => name)));
});
