/** The compatibility table names the versions that were tested. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { documents } from "../support/documents.ts";

const manifest = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> };
/** What the tests start beside Node, as `name@version`. */
const setUp = readFileSync(join(import.meta.dirname, "../../.ci/setup.mjs"), "utf8");
const named = documents.flatMap(({ text }) =>
  [...text.matchAll(/(?<=^\|.*)([@\w/.-]+) (\d+\.\d+\.\d+)/gm)].map((match) => [match[1]!, match[2]!] as const),
);

test.each(named)("%s %s", (name, version) => {
  if (name in devDependencies) expect(devDependencies[name]).toBe(version);
  else expect(setUp).toContain(`"${name.toLowerCase()}@${version}"`);
});
test("the table has entries", () => expect(named.length).toBeGreaterThan(15));
