/** The mutations that try the simulator change the sources as they are now. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { MUTATIONS } from "../simulation/mutations.ts";

const root = resolve(import.meta.dirname, "../..");

test.each(MUTATIONS)("$file: $name", ({ file, search, replacement }) => {
  const parts = readFileSync(join(root, file), "utf8").split(search);
  expect(parts).toHaveLength(2);
  expect(replacement).not.toBe(search);
});
