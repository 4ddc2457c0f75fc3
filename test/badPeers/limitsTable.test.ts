/** The guide's table of limits is complete and correct. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveTiming } from "../../src/core/deadlines.ts";
import { defaultLimits } from "../../src/index.ts";

const guide = readFileSync(join(import.meta.dirname, "../../src/limits-and-security.md"), "utf8");
const section = /\n## Limits\n([\s\S]*?)\n## /.exec(guide)![1]!;

const units: Record<string, number> = { KiB: 1024, MiB: 1024 * 1024 };

/** `64 MiB` or `65,536` as a number. */
function amountOf(text: string): number {
  const [number = "", unit = ""] = text.trim().split(" ");
  return Number(number.replaceAll(",", "")) * (units[unit] ?? 1);
}

test("The guide has every deadline, with its default", () => {
  const rows = [...section.matchAll(/^\| `(\w+TimeoutMs)` +\| (\d+) s/gm)];
  const documented = Object.fromEntries(rows.map(([, name, seconds]) => [name!, Number(seconds) * 1000]));
  expect({ ...documented, keepalive: undefined }).toEqual(resolveTiming({}));
});

test("The guide has every limit, with its default", () => {
  const rows = [...section.matchAll(/^\| `(max\w+)` +\| ([^|]+)\|([^|]+)\|/gm)];
  const documented = new Map(rows.map(([, name, amount]) => [name!, amountOf(amount!)]));
  expect(Object.fromEntries(documented)).toEqual(defaultLimits);
  for (const [, name, , beyond] of rows) expect(beyond, name).toMatch(/Close 1009|431|400|only the latest/);
});
