/** The programs of the guides that have their output below them, run as they are. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { blocksOf, documents } from "../support/documents.ts";
import { runExample } from "../support/runExample.ts";

const root = resolve(import.meta.dirname, "../..");

// Each program is a process.
vi.setConfig({ testTimeout: 90_000 });

const programs = documents.flatMap(({ path: document, text }) =>
  blocksOf(text).flatMap(({ path, output }) =>
    path === undefined || output === undefined ? [] : [{ document, path, output }],
  ),
);

describe("the output in a guide is what its program prints", () => {
  for (const { document, path, output } of programs) {
    // Of libdatachannel (0.33) one DTLS handshake in fifty fails if both ends are in one busy process. The program ends
    // then, with the error that a user would see.
    const retry = readFileSync(join(root, path), "utf8").includes("node-datachannel") ? 2 : 0;
    test(`${path} in ${document}`, { retry }, async () => {
      expect(await runExample(path)).toBe(output);
    });
  }
});
