/** The examples of the docstrings, run unchanged: each prints what its comments say. */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runDocumentedPrograms } from "./support/documentedProgram.ts";
import { entries } from "./support/entries.ts";
import type { Outcome } from "./support/programsInTurn.ts";
import { examplesIn, promisedOutput, type Place } from "./support/examples.ts";
import { publicNames } from "./support/publicNames.ts";

const src = resolve(import.meta.dirname, "../src");

const examples = globSync("**/*.ts", { cwd: src }).flatMap((path) =>
  examplesIn(readFileSync(join(src, path), "utf8")).map((example, i) => ({ name: `${path}, ${i + 1}`, ...example })),
);

describe("in Node", () => {
  const programs = examples.filter(({ place }) => place === "").map((example, i) => ({ ...example, i }));
  let outcomes: readonly Outcome[];

  beforeAll(async () => {
    outcomes = await runDocumentedPrograms(programs.map(({ code }) => code));
  }, 300_000);

  test.each(programs)("$name", ({ code, i }) => {
    const expected = promisedOutput(code);
    expect(expected).not.toBe("");
    expect(outcomes[i]).toEqual({ output: expected });
  });
});

test("each says where it runs", () => {
  const places: Place[] = ["", "In a page", "In a Playwright test"];
  expect(examples.filter(({ place }) => !places.includes(place))).toEqual([]);
});

test("those for Playwright are programs that the end-to-end tests run", () => {
  const programs = globSync("../e2e/docstrings/*.spec.ts", { cwd: src }).map((path) =>
    readFileSync(join(src, path), "utf8"),
  );
  const shown = examples.flatMap(({ place, code }) => (place === "In a Playwright test" ? [`${code}\n`] : []));
  expect(shown.sort()).toEqual(programs.sort());
});

test("every entry is used in one", () => {
  const used = new Set(examples.flatMap(({ code }) => [...code.matchAll(/from "([^"]+)"/g)].map(([, name]) => name)));
  expect(entries.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
});

describe("public names", () => {
  const names = publicNames(entries);
  const withExample = new Set(names.filter(({ docs }) => docs.includes("@example")).map(({ name }) => name));
  const linked = (docs: string): string[] => [...docs.matchAll(/\{@link (\w+)/g)].map(([, name]) => name!);

  test("every function, class and constant has an example, and every type has one or links to a name that has", () => {
    const without = names.filter(
      ({ name, isType, docs }) => !withExample.has(name) && !(isType && linked(docs).some((to) => withExample.has(to))),
    );
    expect(without.map(({ name, entry, file }) => `${name} of ${entry}, in ${file}`)).toEqual([]);
  });
});
