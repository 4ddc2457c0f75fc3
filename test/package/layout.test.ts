/** A stranger finds the tests of a file: by its name, or in the table of test/README.md. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "test/README.md"), "utf8");

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => /(?<!\.d)\.ts$/.test(name) && !/(^|\/)index\.ts$/.test(name))
  .sort();

const hasTwin = (source: string): boolean => existsSync(join(root, "test", source.replace(/\.ts$/, ".test.ts")));

/** The rows of the table: `| folder | files | tests |`. */
const rows = [...readme.matchAll(/^\| `([\w/]+)` +\| (`.*?) +\| (\[.*\)) +\|$/gm)].flatMap(([, folder, files, tests]) =>
  [...files!.matchAll(/`(\w+)`/g)].map(([, file]) => ({
    source: `${folder!}/${file!}.ts`,
    tests: [...tests!.matchAll(/\]\((.*?)\)/g)].map(([, path]) => join("test", path!)),
  })),
);

/** The files that a file imports, by way of others too, the script that is bundled for pages, and the command that is run. */
function reached(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const path = join(root, file);
  if (!existsSync(path)) return seen;
  const text = readFileSync(path, "utf8");
  for (const [, imported] of text.matchAll(/(?:from |import |import\()"(\.[^"]+\.ts)"/g)) {
    reached(join(dirname(file), imported!), seen);
  }
  if (file === "src/playwright/pageScript.ts") reached("src/playwright/page/main.ts", seen);
  if (file === "test/cli/command.ts") reached("src/cli/main.ts", seen);
  return seen;
}

test("each file has a test of its name, or stands once in the table", () => {
  const listed = rows.map(({ source }) => source);
  expect(listed.toSorted()).toEqual(sources.filter((source) => !hasTwin(source)));
});

describe("the tests in the table are there, and use the file", () => {
  test.each(rows)("$source", ({ source, tests }) => {
    expect(tests.length).toBeGreaterThan(0);
    for (const path of tests) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(reached(path).has(`src/${source}`), `${path} uses ${source}`).toBe(true);
    }
  });
});

test("the table of folders has them all", () => {
  const folders = readdirSync(join(root, "test"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const explained = [...readme.matchAll(/^\| `(\w+)` +\| [^`[|]/gm)].map(([, folder]) => folder!);
  const mirrors = folders.filter(({ name }) => existsSync(join(root, "src", name))).map(({ name }) => name);
  expect([...explained, ...mirrors].toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  for (const mirror of mirrors) expect(readme).toContain(`\`${mirror}\``);
});
