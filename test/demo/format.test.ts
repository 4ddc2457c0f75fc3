/** Times as the playground shows them. */
import { expect, test } from "vitest";
import { duration, elapsed } from "../../demo/model/format.ts";

test.each([
  [0, "+0.000 s"],
  [12_345.6, "+12.346 s"],
  [99_999.4, "+99.999 s"],
  [99_999.6, "+100.00 s"],
  [999_994, "+999.99 s"],
  [999_996, "+16:39"],
  [1_234_500, "+20:34"],
  [5_025_000, "+1:23:45"],
  [356_399_000, "+98:59:59"],
])("%d ms since the beginning are %s, which fits its column", (ms, text) => {
  expect(elapsed(ms)).toBe(text);
  expect(text.length).toBeLessThanOrEqual(9);
});

test.each([
  [140, "140 ms"],
  [1200, "1.20 s"],
  [100_000, "2 min"],
  [3_600_000, "60 min"],
  [7_200_000, "2 h"],
])("a silence of %d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));
