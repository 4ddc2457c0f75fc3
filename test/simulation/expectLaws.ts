/** Runs a part of the test suite's seeds: more of them in Node than in a page. */
import { expect } from "vitest";
import { campaign, unreached } from "./campaign.ts";

const SEEDS = "document" in globalThis ? 2000 : 20_000;

/** From this many seeds on every situation has to be reached. */
const ENOUGH_SEEDS = 5000;

export const TIMEOUT_MS = 300_000;

export async function expectLaws(part: number, parts: number): Promise<void> {
  const count = SEEDS / parts;
  const report = await campaign(1 + part * count, count);
  const failures = Object.entries(report.failures).map(([what, { count: seeds, first }]) => {
    return `${what} (${seeds} seeds; npm run simulate -- --seeds 1 --seed ${first.seed})`;
  });
  expect(failures).toEqual([]);
  if (count >= ENOUGH_SEEDS) expect(unreached(report)).toEqual([]);
}
