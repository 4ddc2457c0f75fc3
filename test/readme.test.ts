/** The programs of the README and of the guide, run unchanged: each prints what its comments say. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { defaultLimits } from "../src/index.ts";
import { entries, programsOf, runDocumentedProgram } from "./support/documentedProgram.ts";
import { drawDriver, drawLifeCycle } from "./support/drawings.ts";

const root = resolve(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

const guide = readFileSync(join(root, "src/README.md"), "utf8");

describe.each([
  ["README", readme],
  ["guide", guide],
])("%s", (_, document) => {
  test.each(programsOf(document))("program $#", ({ code, output }) => {
    expect(runDocumentedProgram(code)).toBe(output);
  });

  test("every program is found", () => {
    expect(programsOf(document).length).toBe(document.match(/^```\n\n```text$/gm)!.length);
  });
});

describe.each(["e2e/recipes", "test/recipes"])("the recipes are those that are tested in %s", (folder) => {
  test.each(readdirSync(join(root, folder)))("%s", (name) => {
    let code = readFileSync(join(root, folder, name), "utf8");
    for (const { name, source } of entries) {
      code = code.replaceAll(JSON.stringify(`../../${source}`), JSON.stringify(name));
    }
    expect(code).not.toContain("../../src");
    expect(readme).toContain(`\`\`\`ts ${name}\n${code}\`\`\``);
  });
});

test("the guide's drawing of the life cycle matches the table", () => {
  expect(guide).toContain(`\`\`\`mermaid\n${drawLifeCycle()}\n\`\`\``);
});

test("the drawing of the driver for contributors matches its tables", () => {
  const contributing = readFileSync(join(root, ".github/CONTRIBUTING.md"), "utf8");
  expect(contributing).toContain(`\`\`\`mermaid\n${drawDriver()}\n\`\`\``);
});

test("the limits match the defaults", () => {
  const units: Record<string, number> = { MiB: 1024 * 1024, KiB: 1024 };
  const listed = [...readme.matchAll(/^\| `(max\w+)`\s*\| ([\d,]+) ?(\w*)/gm)].map((match) => [
    match[1],
    Number(match[2]!.replace(",", "")) * (units[match[3]!] ?? 1),
  ]);
  expect(Object.fromEntries(listed)).toEqual(defaultLimits);
});

test("the sizes are those that `npm run check` allows", () => {
  const held = JSON.parse(readFileSync(join(root, ".size-limit.json"), "utf8")) as { name: string; limit: string }[];
  const documented = [...readme.matchAll(/^\| (`websocket-over.*?) +\| ([\d.]+ kB) +\| +([\d.]+ kB|) *\|$/gm)].map(
    ([, imported, limit, goal]) => ({
      name: imported!.replaceAll("`", "") + (goal === "" ? "" : ` (goal: ${goal})`),
      limit,
    }),
  );
  expect(documented).toEqual(held.map(({ name, limit }) => ({ name, limit })));
});

/** The fragments of a document's headings, as GitHub makes them. */
const headingsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, words]) =>
    words!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

test.each([
  [".", readme],
  ["src", guide],
])("the files and headings that the one in %s links to exist", (folder, document) => {
  for (const [, path, heading] of document.matchAll(/\]\((?!http)([^)#]*)(?:#([^)]+))?\)/g)) {
    const file = join(root, folder, path!);
    expect(existsSync(file), file).toBe(true);
    if (heading === undefined) continue;
    expect(headingsOf(path === "" ? document : readFileSync(file, "utf8"))).toContain(heading);
  }
});
