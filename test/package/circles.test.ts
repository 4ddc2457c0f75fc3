/** Imports in src have no cycles, types included. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const src = resolve(import.meta.dirname, "../../src");

const imports = new Map(
  readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => {
      const code = readFileSync(join(src, name), "utf8").replace(/^ *\/\*\*[\s\S]*?\*\//gm, "");
      const paths = [...code.matchAll(/(?:from |import\()"(\.[^"]+)"/g)].map(([, path]) => join(dirname(name), path!));
      return [name, paths.map((path) => path.replaceAll("\\", "/"))] as const;
    }),
);

/** A way from each file of a circle back to it, as far as there are any. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) circles.push([...path.slice(path.indexOf(name)), name].join(" → "));
    if (path.includes(name) || done.has(name)) return;
    for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return circles;
}

test("a cycle is found", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", []],
  ]);
  expect(circlesOf(graph)).toEqual(["a → b → c → a"]);
});

test("src has none", () => {
  expect([...imports.values()].flat().length).toBeGreaterThan(imports.size);
  expect(circlesOf(imports)).toEqual([]);
});
