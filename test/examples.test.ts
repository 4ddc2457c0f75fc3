/** The examples of the docstrings, run unchanged: each prints what its comments say. */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { runDocumentedProgram } from "./support/documentedProgram.ts";
import { entries } from "./support/entries.ts";

// Each program is a process.
vi.setConfig({ testTimeout: 90_000 });

const src = resolve(import.meta.dirname, "../src");

const examples = globSync("**/*.ts", { cwd: src }).flatMap((path) => {
  const source = readFileSync(join(src, path), "utf8");
  return [...source.matchAll(/^ *\* @example\n *\* ```ts\n(.*?)\n *\* ```/gms)].map(([, lines = ""], i) => ({
    name: `${path}, ${i + 1}`,
    code: lines.replace(/^ *\* ?/gm, ""),
  }));
});

test.each(examples)("$name", ({ code }) => {
  const expected = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => `${line}\n`);
  expect(expected).not.toEqual([]);
  expect(runDocumentedProgram(code)).toBe(expected.join(""));
});

test("every entry has one, except those that need a browser or a test runner", () => {
  const imported = new Set(
    examples.flatMap(({ code }) => [...code.matchAll(/from "([^"]+)"/g)].map(([, name]) => name)),
  );
  const without = entries.map(({ name }) => name).filter((name) => !imported.has(name));
  const carriers = ["rendezvous", "webrtc", "websocket-transport", "webtransport"].map(
    (name) => `websocket-over/${name}`,
  );
  expect(without.sort()).toEqual([...carriers, "websocket-over/playwright"].sort());
});
