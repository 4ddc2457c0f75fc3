/** Captures that tshark made of real peers (`captures/record.ts`) are read as tshark reads them, frame by frame. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { decode, fromPcap, messagesOf } from "../../src/inspect/index.ts";
import { findTshark, framesExpected, framesSeen, type SeenFrame } from "./tshark.ts";

const folder = join(import.meta.dirname, "captures");
/** Name and port of each capture. */
const captures = readdirSync(folder).flatMap((file) => {
  const [, name, port] = /^(\w+)\.(\d+)\.pcap$/.exec(file) ?? [];
  return name === undefined ? [] : [{ name, port: Number(port), file }];
});

/** What each client sends, and the server sends back. */
const said = [
  ...["hello", "Grüße, 世界 ☃", "x".repeat(126), "the same again ".repeat(300)].map((text) =>
    new TextEncoder().encode(text),
  ),
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
];

test("there are captures", () => expect(captures.length).toBeGreaterThan(0));

describe.skipIf(findTshark() === undefined)("a capture", { timeout: 60_000 }, () => {
  test.each(captures)("of $name and a server of ws has the frames that tshark sees", ({ file, port }) => {
    const bytes = readFileSync(join(folder, file));
    const [connection, ...others] = fromPcap(bytes).filter(({ content }) => content === "websocket");
    expect(others).toEqual([]);
    const records = decode(connection!.streams, { extensions: [permessageDeflate()], maxPayloadBytes: Infinity });
    expect(records.flatMap(({ violations }) => violations)).toEqual([]);
    const [seen, expected] = [framesSeen(bytes, port), framesExpected(records)];
    expect(expected.length).toBeGreaterThan(10);
    // It does not show what it inflates.
    const shown = (frames: readonly SeenFrame[], sender: string): SeenFrame[] =>
      frames
        .filter((frame) => frame.sender === sender)
        .map((frame) => (frame.rsv === 4 ? { ...frame, payload: "" } : frame));
    for (const sender of ["client", "server"]) expect(shown(expected, sender)).toEqual(shown(seen, sender));
    for (const sender of ["client", "server"]) {
      const data = messagesOf(records).filter((message) => message.sender === sender && message.opcode <= 2);
      expect(data.map(({ content }) => content)).toEqual(said);
    }
  });
});
