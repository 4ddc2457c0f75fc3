/** package.json's `exports` is the list of entries, and all other lists agree with it. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { entries } from "../support/entries.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");
const sources = entries.map(({ source }) => source);

test("the reference contains all", () => {
  const { entryPoints, navigationLeaves } = JSON.parse(read("typedoc.json")) as Record<
    "entryPoints" | "navigationLeaves",
    string[]
  >;
  expect(navigationLeaves).toEqual(entries.map(({ name }) => name));
  expect(entryPoints.toSorted()).toEqual(sources.toSorted());
});

test("each begins with a sentence for the reference, and its name", () => {
  for (const { name, source } of entries) {
    const [, comment] = /^\/\*\*\n([\s\S]*?)\*\//.exec(read(source)) ?? [];
    expect(comment, source).toMatch(/^ \* [A-Z][^@]*\.\n/);
    expect(comment?.match(/@module .*/g), source).toEqual([`@module ${name}`]);
  }
});

test("the compiler's names for the sources contain all, for the examples", () => {
  const { compilerOptions } = JSON.parse(read("tsconfig.json")) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  expect(compilerOptions.paths).toEqual(Object.fromEntries(entries.map(({ name, source }) => [name, [`./${source}`]])));
});

test("each has its types beside its code", () => {
  const { exports } = JSON.parse(read("package.json")) as {
    exports: Record<string, { types: string; default: string } | string>;
  };
  for (const target of Object.values(exports)) {
    if (typeof target !== "string") expect(target.types).toBe(target.default.replace(/\.js$/, ".d.ts"));
  }
});

test("the README's table of entries contains all", () => {
  const listed = [...read("README.md").matchAll(/^\| `(websocket-over[^` ]*)` +\| [^|\d]/gm)].map(([, name]) => name!);
  expect(new Set(listed)).toEqual(new Set(entries.map(({ name }) => name)));
});

test("each has a row for its size, but those that no bundle brings", () => {
  const rows = JSON.parse(read(".size-limit.json")) as { name: string; path: string }[];
  const named = rows.flatMap(({ name }) => name.match(/websocket-over(\/[\w-]+)?/g)!);
  const neverBundled = ["websocket-over/node", "websocket-over/playwright"];
  expect(new Set([...named, ...neverBundled])).toEqual(new Set(entries.map(({ name }) => name)));
  // A row of an entry alone measures that entry.
  for (const { name, path } of rows) {
    const alone = entries.find((entry) => entry.name === name.replace(/ \(goal: .*\)$/, ""));
    if (alone !== undefined) expect(path, name).toBe(alone.source);
  }
});

test("the reference's compilation has them all", () => {
  const of = (path: string): { files?: string[]; exclude?: string[] } => JSON.parse(read(path)) as { files?: string[] };
  // src/tsconfig.json takes all of src but what it excludes, and src/playwright/tsconfig.json makes up for that.
  const excluded = of("src/tsconfig.json").exclude!.map((path) => `src/${path}`);
  const left = sources.filter((source) => excluded.some((path) => source.startsWith(path)));
  expect(of("src/playwright/tsconfig.json").files!.map((file) => `src/playwright/${file}`)).toEqual(left);
});
