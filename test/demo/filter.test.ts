/** The filter of the ladder. */
import { expect, test } from "vitest";
import { stillTimeline } from "../../demo/explain/stillTimeline.ts";
import { filterOf } from "../../demo/ladder/filter.ts";
import { geometryOf } from "../../demo/ladder/geometry.ts";
import { labelOf } from "../../demo/ladder/labels.ts";
import { fromHex } from "../../src/inspect/hex.ts";
import { decode } from "../../src/inspect/index.ts";

const long = `82 7e 08 00 ${"00 ".repeat(2048)}`;
const client = fromHex("81 85 37 fa 21 3d 7f 9f 4d 51 58 89 80 00 00 00 00")!;
const server = fromHex(`81 03 62 79 65 8a 00 83 00 ${long}`)!;
const timeline = stillTimeline(decode({ client, server }, { handshake: "none" }));

function kept(filter: string): string[] {
  const keeps = filterOf(filter);
  if (typeof keeps === "string") throw new Error(keeps);
  return geometryOf(timeline, true, keeps).rows.map(({ item }) => `${item.from} ${labelOf(item).kind}`);
}

test.each([
  ["opcode:ping", ["client PING"]],
  ["opcode:0x3", ["server 0x3"]],
  ["from:client", ["client TEXT", "client PING"]],
  ["opcode:text from:server", ["server TEXT"]],
  ["size>1k", ["server BINARY"]],
  ["size<1", ["client PING", "server PONG", "server 0x3"]],
  ['text:"Hell"', ["client TEXT"]],
  ["hello", ["client TEXT"]],
  ["is:broken", ["server 0x3"]],
  [`text:"${"\0".repeat(70)}"`, ["server BINARY"]],
  ["opcode:ping opcode:pong", []],
])("%s keeps what it says", (filter, rows) => expect(kept(filter)).toEqual(rows));

test("no filter keeps everything, and counts from one", () => {
  expect(filterOf("  ")).toBeUndefined();
  const { rows, height } = geometryOf(timeline, true, undefined);
  expect(rows.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(height).toBe(6);
});

test.each([
  ["opcode:pingg", "There is no opcode “pingg”"],
  ["from:me", "Write from:client or from:server"],
  ["size>big", "Write a size in bytes"],
  ["is:nice", "Write is:broken"],
  ["colour:red", "There is no “colour”"],
])("%s says what to write", (filter, words) => expect(filterOf(filter)).toContain(words));
