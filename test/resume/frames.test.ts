/** The bytes of the frames, as src/resume/wire-format.md writes them down. */
import { describe, expect, test } from "vitest";
import { encode, FrameReader, PROTOCOL, type Frame, type Head } from "../../src/resume/frames.ts";
import { hex } from "../support/wire.ts";

const id = hex("01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10");
const token = hex("10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f");

const samples: readonly (readonly [string, Head])[] = [
  ["00 00000057534f5201", { type: "preface", protocol: PROTOCOL }],
  [
    "01 0000000000000001 0102030405060708090a0b0c0d0e0f10 0000000000000002 101112131415161718191a1b1c1d1e1f 0000000000100000",
    { type: "hello", fresh: 1, id, attachment: 2, token, windowBytes: 2 ** 20 },
  ],
  [
    "02 101112131415161718191a1b1c1d1e1f 0000000000000003 0000000000000002 0000000000010000",
    { type: "welcome", token, received: 3, taken: 2, windowBytes: 65_536 },
  ],
  ["03 0000000000000003 0000000000000002", { type: "confirm", received: 3, taken: 2 }],
  ["05 001ffffffffffffe", { type: "ack", taken: Number.MAX_SAFE_INTEGER - 1 }],
  ["06 0000000000000000", { type: "end", offset: 0 }],
  ["07 0000000100000000", { type: "reset", offset: 2 ** 32 }],
  ["08", { type: "stop" }],
  ["09 0000000000000001", { type: "ping", number: 1 }],
  ["0a 00000000ffffffff", { type: "pong", number: 2 ** 32 - 1 }],
  ["0b", { type: "bye" }],
  ["0c 0000000000000005", { type: "gone", reason: 5 }],
];

function framesOf(chunks: readonly Uint8Array[]): Frame[] {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  }
  return frames;
}

describe("frames", () => {
  test.each(samples)("%s", (bytes, frame) => {
    expect(encode(frame)).toEqual(hex(bytes));
    expect(framesOf([hex(bytes)])).toEqual([frame]);
    expect(framesOf([...hex(bytes)].map((byte) => Uint8Array.of(byte)))).toEqual([frame]);
  });

  test("data has its offset and its length before its bytes, which are read as they arrive", () => {
    const head = encode({ type: "data", offset: 258, length: 3 });
    expect(head).toEqual(hex("04 0000000000000102 0000000000000003"));
    expect(framesOf([hex("04 0000000000000102 0000000000000003 aa"), hex("bb cc 08")])).toEqual([
      { type: "data", offset: 258, bytes: hex("aa") },
      { type: "data", offset: 259, bytes: hex("bb cc") },
      { type: "stop" },
    ]);
  });

  test.each([
    ["an unknown type", "0d"],
    ["the highest type", "ff"],
    ["empty data", "04 0000000000000000 0000000000000000"],
    ["a position that is not a safe integer", "05 001fffffffffffff"],
    ["a position of 64 bits", "05 ffffffffffffffff"],
  ])("%s breaks the protocol", (_, bytes) => {
    expect(() => framesOf([hex(bytes)])).toThrow(expect.objectContaining({ name: "ResumeError", code: "protocol" }));
  });
});
