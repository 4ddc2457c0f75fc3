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

const programs = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!);
const outputs = [...readme.matchAll(/```text\n(.*?)```/gs)].map((match) => match[1]!);

/** Runs a program with the package's own names, from its sources. */
function run(name: string, code: string): string {
  const at = (path: string): string => JSON.stringify(pathToFileURL(join(root, "src", path)).href);
  const file = join(folder, `${name}.mts`);
  writeFileSync(
    file,
    code.replaceAll('"websocket-over/pipe"', at("transports/pipe.ts")).replaceAll('"websocket-over"', at("index.ts")),
  );
  return execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
    encoding: "utf8",
    timeout: 20_000,
  });
}

test("the example on top", () => {
  expect(run("top", programs[0]!)).toBe(outputs[0]);
});

test("“Connecting to a WebSocket server”, to the server of “WebSocket servers”", () => {
  const [, client = "", server = ""] = programs;
  const withoutImports = server.replace(/^import .*;\n/gm, "");
  expect(run("client", `${client}\n${withoutImports}`)).toBe(outputs[1]);
});

test("every program is run here", () => expect([programs.length, outputs.length]).toEqual([3, 2]));

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
