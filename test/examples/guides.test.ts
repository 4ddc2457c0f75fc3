/** The programs of the guides that have their output below them, run as they are. */
import { describe, expect, test, vi } from "vitest";
import { blocksOf, documents } from "../support/documents.ts";
import { runExample } from "../support/runExample.ts";

// Each program is a process.
vi.setConfig({ testTimeout: 90_000 });

const programs = documents.flatMap(({ path: document, text }) =>
  blocksOf(text).flatMap(({ path, output }) =>
    path === undefined || output === undefined ? [] : [{ document, path, output }],
  ),
);

describe("the output in a guide is what its program prints", () => {
  test.each(programs)("$path in $document", async ({ path, output }) => {
    expect(await runExample(path)).toBe(output);
  });
});
