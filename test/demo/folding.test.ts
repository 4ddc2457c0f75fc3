/** Runs of equal frames on the ladder. */
import { expect, test } from "vitest";
import { stillTimeline } from "../../demo/explain/stillTimeline.ts";
import { foldRuns } from "../../demo/ladder/folding.ts";
import { geometryOf, type Geometry } from "../../demo/ladder/geometry.ts";
import { labelOf } from "../../demo/ladder/labels.ts";
import { fromHex } from "../../src/inspect/hex.ts";
import { decode } from "../../src/inspect/index.ts";

const PING = "89 80 00 00 00 00 ";

function ladder(client: string): Geometry {
  const records = decode({ client: fromHex(client)!, server: new Uint8Array(0) }, { handshake: "none" });
  return geometryOf(stillTimeline(records), true);
}

function shown({ rows }: Geometry): string[] {
  return rows.map(({ item, fold, end }) => `${end} ${fold === undefined ? labelOf(item).kind : `+${fold.frames}`}`);
}

test("the first and the last frame of a run are shown, with a fold between them", () => {
  const geometry = foldRuns(ladder(`81 80 00 00 00 00 ${PING.repeat(100)} 81 80 00 00 00 00`));
  expect(shown(geometry)).toEqual(["0 TEXT", "1 PING", "2 +98", "3 PING", "4 TEXT"]);
  expect(geometry.height).toBe(5);
  expect(geometry.arrows).toBe(102);
  expect(geometry.rows.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5]);
});

test("several runs are folded, whatever their masking keys", () => {
  const keyed = "89 81 00 00 00 00 61 89 81 01 02 03 04 60 ";
  expect(shown(foldRuns(ladder(PING.repeat(6) + keyed.repeat(3))))).toEqual([
    ...["0 PING", "1 +4", "2 PING"],
    ...["3 PING", "4 +4", "5 PING"],
  ]);
});

test.each([
  ["four", PING.repeat(4)],
  ["frames that differ in their payload", "89 81 00 00 00 00 61 89 81 00 00 00 00 62 ".repeat(4)],
  ["frames that break a rule", "89 00 ".repeat(6)],
])("%s stay as they are", (_, bytes) => {
  const geometry = ladder(bytes);
  expect(foldRuns(geometry)).toBe(geometry);
});

test("a run stays open on request, and gets the rows that it would hide", () => {
  const geometry = ladder(PING.repeat(6));
  const asked: unknown[] = [];
  const open = foldRuns(geometry, (first, hidden) => {
    asked.push(
      first,
      hidden.map(({ end }) => end),
    );
    return true;
  });
  expect(open).toBe(geometry);
  expect(asked).toEqual([geometry.rows[0]!.item, [2, 3, 4]]);
});
