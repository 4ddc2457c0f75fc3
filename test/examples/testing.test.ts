/** The examples of tests for other runners: node:test, and Jest with the package as it is built. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run, tool } from "../package/project.ts";
import { Program } from "../peers/programs.ts";
import { runExample } from "../support/runExample.ts";

const root = resolve(import.meta.dirname, "../..");

test("examples/testing/nodeTest.ts passes in node:test", { timeout: 120_000 }, async () => {
  expect(await runExample("examples/testing/nodeTest.ts")).toMatch(/^. pass 1$/m);
});

test("examples/testing/recovers.jest.mjs passes in Jest", { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "jest-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const installed = join(folder, "node_modules/websocket-over");
  mkdirSync(installed, { recursive: true });
  await run(tool("tsc"), ["-p", "src", "--outDir", join(installed, "dist")], root);
  cpSync(join(root, "package.json"), join(installed, "package.json"));
  symlinkSync(join(root, "node_modules/@jest"), join(folder, "node_modules/@jest"));
  cpSync(join(root, "examples/testing/recovers.jest.mjs"), join(folder, "recovers.test.mjs"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const jest = [join(root, "node_modules/jest/bin/jest.js"), "--rootDir", folder, "--testMatch", "**/*.test.mjs"];
  const program = new Program(process.execPath, jest, { NODE_OPTIONS: "--experimental-vm-modules" });
  expect(await program.ended, program.output).toBe(0);
  expect(program.output).toContain("1 passed, 1 total");
});
