/** The README's programs, run as they stand there: each prints what the README says it prints. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { defaultLimits } from "../src/index.ts";

const root = resolve(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "readme-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each program with what it prints; one that stands without is the rest of the program before it. */
const programs: { code: string; output: string }[] = [];
for (const [, code = "", output] of readme.matchAll(/```ts\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs)) {
  if (output !== undefined) programs.push({ code, output });
  else programs.at(-1)!.code += `\n${code.replace(/^import .*;\n/gm, "")}`;
}

/** The sources of the package's entries. */
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, { default: string }>;
};
const sources = Object.entries(exports).map(([entry, { default: built }]) => {
  const path = join(root, built.replace("./dist/", "src/").replace(/\.js$/, ".ts"));
  return {
    name: JSON.stringify(entry.replace(/^\./, "websocket-over")),
    url: JSON.stringify(pathToFileURL(path).href),
  };
});

test.each(programs)("program $#", ({ code, output }) => {
  const file = join(folder, "program.mts");
  writeFileSync(
    file,
    sources.reduce((text, { name, url }) => text.replaceAll(name, url), code),
  );
  const printed = execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(printed).toBe(output);
});

test("every program is found", () => {
  expect(programs.length).toBe(readme.match(/^```text$/gm)!.length);
});

test("the limits are the defaults", () => {
  const units: Record<string, number> = { MiB: 1024 * 1024, KiB: 1024 };
  const listed = [...readme.matchAll(/^\| `(max\w+)`\s*\| ([\d,]+) ?(\w*)/gm)].map((match) => [
    match[1],
    Number(match[2]!.replace(",", "")) * (units[match[3]!] ?? 1),
  ]);
  expect(Object.fromEntries(listed)).toEqual(defaultLimits);
});

test("the files it points to exist", () => {
  for (const [, path] of readme.matchAll(/\]\((?!http)([^)]+)\)/g)) readFileSync(join(root, path!));
});
