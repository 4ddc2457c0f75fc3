/** The documents show programs that run and files that are there, and what they link to exists. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { defaultLimits } from "../src/index.ts";
import { runDocumentedProgram } from "./support/documentedProgram.ts";
import { blocksOf, documents, runnableProgramsOf } from "./support/documents.ts";
import { sizeBadge } from "./size/badge.ts";
import { drawDriver, drawLifeCycle } from "./support/drawings.ts";

// Each program is a process.
vi.setConfig({ testTimeout: 90_000 });

const root = resolve(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe.each(documents)("$path", ({ text }) => {
  test.each(runnableProgramsOf(text))("program $# prints what stands below it", ({ code, output }) => {
    expect(runDocumentedProgram(code)).toBe(output);
  });

  test.each(blocksOf(text).filter(({ path }) => path !== undefined))("shows $path as it is", ({ path, code }) => {
    expect(code).toBe(read(path!));
  });

  test("has its blocks of TypeScript where these tests find them", () => {
    const found = blocksOf(text).filter(({ language }) => /^(ts|typescript)$/.test(language));
    expect(found.length).toBe(text.match(/^\s*```(ts|typescript)\b/gm)?.length ?? 0);
  });
});

/** Pages that one guide leads to. */
const isDetail = (path: string): boolean =>
  [
    "src/resume/wire-format.md",
    "src/core/README.md",
    "src/handshake/README.md",
    "src/inspect/playground.md",
    "src/testing/recipes.md",
  ].includes(path);

const groups = ["Start", "Carriers", "Servers", "Testing", "Debugging", "Coming from"];

test.each(documents.filter(({ path }) => path !== "README.md"))("$path has a title and a group", ({ text }) => {
  const [, head, heading] = /^---\n(.*?)\n---\n+# ([^\n]*)\n/s.exec(text)!;
  const values = new Map([...head!.matchAll(/^(\w+): (.*)$/gm)].map(([, name = "", value]) => [name, value]));
  // How readers name the problem, for the site's search.
  if (values.has("search")) expect(values.get("search")).toMatch(/^[\w .-]+$/);
  values.delete("search");
  expect([...values.keys()]).toEqual(["title", "group"]);
  expect(values.get("title")).toBe(heading!.replaceAll("`", ""));
  expect(groups).toContain(values.get("group"));
});

test("the README is one that a reader takes in at once: at most 12 kB", () => {
  expect(new TextEncoder().encode(read("README.md")).length).toBeLessThanOrEqual(12_000);
});

test("the README leads to every guide", () => {
  const linked = [...read("README.md").matchAll(/\]\((src\/[^)#]+)/g)].map(([, path]) => path!);
  const guides = documents.map(({ path }) => path).filter((path) => path.startsWith("src/"));
  expect(guides.filter((path) => !linked.includes(path)).filter((path) => !isDetail(path))).toEqual([]);
});

test("the guide's drawing of the life cycle matches the table", () => {
  expect(read("src/README.md")).toContain(`\`\`\`mermaid\n${drawLifeCycle()}\n\`\`\``);
});

test("the drawing of the driver for contributors matches its tables", () => {
  expect(read(".github/CONTRIBUTING.md")).toContain(`\`\`\`mermaid\n${drawDriver()}\n\`\`\``);
});

test("the limits match the defaults", () => {
  const units: Record<string, number> = { MiB: 1024 * 1024, KiB: 1024 };
  const listed = [...read("src/limits-and-security.md").matchAll(/^\| `(max\w+)`\s*\| ([\d,]+) ?(\w*)/gm)].map(
    (match) => [match[1], Number(match[2]!.replace(",", "")) * (units[match[3]!] ?? 1)],
  );
  expect(Object.fromEntries(listed)).toEqual(defaultLimits);
});

test("the sizes are those that `npm run check` allows", () => {
  const held = JSON.parse(read(".size-limit.json")) as { name: string; limit: string }[];
  const documented = [
    ...read("src/compared.md").matchAll(/^\| (`websocket-over.*?) +\| ([\d.]+ kB) +\| +([\d.]+ kB|) *\|$/gm),
  ].map(([, imported, limit, goal]) => ({
    name: imported!.replaceAll("`", "") + (goal === "" ? "" : ` (goal: ${goal})`),
    limit,
  }));
  expect(documented).toEqual(held.map(({ name, limit }) => ({ name, limit })));
});

test("the badge has the sizes that `npm run check` allows; `node test/size/badge.ts` writes it", () => {
  expect(read("README.md")).toContain("](demo/pictures/size.svg)");
  expect(read("demo/pictures/size.svg")).toBe(sizeBadge());
});

/** The prose of a document, without its code. */
const proseOf = (text: string): string => text.replaceAll(/^```.*?^```$/gms, "");

/** The fragments of a document's headings, as GitHub makes them. */
const headingsOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/^#+ (.*)$/gm)].map(([, words]) =>
    words!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-"),
  );

const forContributors = [
  "CHANGELOG.md",
  ...globSync([".github/*.md", "test/**/README.md"], { cwd: root, exclude: ["**/node_modules"] }),
];

test.each([...documents.map(({ path }) => path), ...forContributors])(
  "the files and headings that %s links to exist",
  (path) => {
    const text = proseOf(read(path)).replaceAll(/`[^`\n]*`/g, "");
    for (const [, target, heading] of text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
      const file = join(root, target === "" ? path : join(dirname(path), target!));
      expect(existsSync(file), file).toBe(true);
      if (heading !== undefined) expect(headingsOf(readFileSync(file, "utf8")), file).toContain(heading);
    }
  },
);
