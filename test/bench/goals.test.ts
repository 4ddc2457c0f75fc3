import { expect, test } from "vitest";
import { entries } from "./entries.ts";
import { goalOf, LINES } from "./goals.ts";

const all = entries(false).entries.map(({ names }) => names);
const aims = LINES.flatMap(({ environment, peerName, workloads, ...cells }) =>
  workloads.flatMap((workload) =>
    (["receive", "send", "open"] as const).flatMap((kind) =>
      (["server", "client"] as const).flatMap((role, i) =>
        cells[kind]?.[i] === undefined ? [] : [{ environment, workload, role, kind, peerName }],
      ),
    ),
  ),
);

test.each(aims)("what has a goal is measured: $environment $workload $role $kind, beside $peerName", (aim) => {
  const { peerName, ...names } = aim;
  const measured = all.filter((entry) => Object.entries(names).every(([key, value]) => entry[key as "role"] === value));
  expect(measured.map(({ peerNames }) => peerNames.includes(peerName))).toEqual([true]);
  const row = { ...aim, bytes: 1, chunks: 1, ours: 1, peer: 1, ratio: 1, spread: [1, 1] as const };
  expect(goalOf(row)).toBeDefined();
});

test("no two rows have the same name", () => {
  const names = all.map(({ environment, workload, role, kind }) => [environment, workload, role, kind].join());
  expect(new Set(names).size).toBe(names.length);
});
