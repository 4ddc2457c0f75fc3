/** Scripts that once broke a law no longer do. */
import { expect, test } from "vitest";
import type { Script } from "./choices.ts";
import { simulate } from "./simulate.ts";

interface Entry {
  readonly what: string;
  readonly script: Script;
}

const files: Record<string, Entry> = import.meta.glob("./corpus/*.json", { eager: true, import: "default" });

test.each(Object.entries(files))("%s", async (_, { script }) => {
  expect((await simulate(0, script)).findings).toEqual([]);
});

test("an empty script keeps the laws", async () => {
  expect((await simulate(0, {})).findings).toEqual([]);
});
