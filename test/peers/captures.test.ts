/** Captures that tshark made of real peers (`captures/record.ts`), and archives of real tools (`captures/recordHAR.ts`), are read as tshark reads them, frame by frame. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { decode, fromHAR, fromPcap, messagesOf, toPcapng, type HAR } from "../../src/inspect/index.ts";
import { MESSAGES } from "./captures/conversation.ts";
import { findTshark, framesExpected, framesSeen, type SeenFrame } from "./tshark.ts";

const folder = join(import.meta.dirname, "captures");
/** Name and port of each capture. */
const captures = readdirSync(folder).flatMap((file) => {
  const [, name, port] = /^(\w+)\.(\d+)\.pcap$/.exec(file) ?? [];
  return name === undefined ? [] : [{ name, port: Number(port), file }];
});

/** What each client sends, and the server sends back. */
const said = [
  ...MESSAGES.map((text) => new TextEncoder().encode(text)),
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
];

test("there are captures", () => expect(captures.length).toBeGreaterThan(0));

const archives = ["devTools", "playwright"];

describe.each(archives)("the archive of %s", (name) => {
  const har = JSON.parse(readFileSync(join(folder, `${name}.har`), "utf8")) as HAR;
  const [connection, ...others] = fromHAR(har);
  const records = decode(connection!.streams, { extensions: [permessageDeflate()], maxPayloadBytes: Infinity });

  test("has one connection, in which nothing is wrong", () => {
    expect(others).toEqual([]);
    expect(connection!.content).toBe("websocket");
    expect(records.flatMap(({ violations }) => violations)).toEqual([]);
    expect(records.filter(({ kind }) => kind === "head")).toMatchObject([
      { startLine: "GET /chat?room=1 HTTP/1.1" },
      { startLine: "HTTP/1.1 101 Switching Protocols" },
    ]);
  });
  test.each(["client", "server"])("has the messages of the %s", (sender) => {
    const data = messagesOf(records).filter((message) => message.sender === sender);
    expect(data.map(({ content }) => content)).toEqual(said);
    expect(data.map(({ opcode }) => opcode)).toEqual([1, 1, 1, 1, 2]);
  });
  test("has times that go forward, within a minute of its start", () => {
    const times = connection!.chunks.map(({ timeMs }) => timeMs);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    const entry = har.log.entries.find(({ _resourceType }) => _resourceType === "websocket");
    expect(times[0]).toBe(Date.parse(entry!.startedDateTime));
    expect(times.at(-1)! - times[0]!).toBeLessThan(60_000);
  });
  test.skipIf(findTshark() === undefined)("is a capture whose frames tshark sees", { timeout: 60_000 }, () => {
    const seen = framesSeen(toPcapng({ role: "client", records }));
    for (const sender of ["client", "server"]) {
      const of = (frames: readonly SeenFrame[]): SeenFrame[] => frames.filter((frame) => frame.sender === sender);
      expect(of(seen)).toEqual(of(framesExpected(records)));
      expect(of(seen)).toHaveLength(said.length);
    }
  });
});

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
