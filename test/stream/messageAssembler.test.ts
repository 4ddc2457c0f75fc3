/** Messages put together from their pieces. */
import { describe, expect, test } from "vitest";
import { MessageAssembler, standalone } from "../../src/stream/messageAssembler.ts";
import { hex, type Bytes } from "../support/wire.ts";

const bytes = (data: Bytes, messageFinished: boolean) =>
  ({ type: "bytesReceived", data, frameFinished: true, messageFinished }) as const;
const text = (data: string, messageFinished: boolean) =>
  ({ type: "textReceived", data, frameFinished: true, messageFinished }) as const;

describe("MessageAssembler", () => {
  test("returns a message with its last piece, bytes and text, in turn", () => {
    const assembler = new MessageAssembler({ frameRemaining: 0 });
    for (let round = 0; round < 2; round++) {
      expect(assembler.add(bytes(hex("01 02"), false))).toBeUndefined();
      expect(assembler.add(bytes(hex(""), false))).toBeUndefined();
      expect(assembler.add(bytes(hex("03"), true))).toEqual(hex("01 02 03"));
      expect(assembler.add(bytes(hex(""), true))).toEqual(hex(""));
      expect(assembler.add(bytes(hex(""), false))).toBeUndefined();
      expect(assembler.add(bytes(hex(""), true))).toEqual(hex(""));
      expect(assembler.add(text("a", false))).toBeUndefined();
      expect(assembler.add(text("", true))).toBe("a");
      expect(assembler.add(text("", true))).toBe("");
    }
  });
  test("copies what it keeps, so that a piece retains no chunk", () => {
    const assembler = new MessageAssembler({ frameRemaining: 0 });
    const chunk = new Uint8Array(65_536).fill(1);
    assembler.add(bytes(chunk.subarray(0, 1), false));
    chunk.fill(2);
    expect(assembler.add(bytes(chunk.subarray(1, 2), true))).toEqual(hex("01 02"));
  });
  test.each([1, 3, 1023, 1024, 1025, 65_536, 3_000_000])("bytes of any length are the same in pieces of %d", (size) => {
    const whole = Uint8Array.from({ length: Math.min(size * 7, 5_000_000) + 11 }, (_, i) => (i * 31) & 255);
    const assembler = new MessageAssembler({ frameRemaining: 0 });
    let message: unknown;
    for (let at = 0; at < whole.length; at += size) {
      message = assembler.add(bytes(whole.slice(at, at + size), at + size >= whole.length));
    }
    expect((message as Bytes).byteLength).toBe(whole.length);
    expect((message as Bytes).every((byte, i) => byte === whole[i])).toBe(true);
    expect((message as Bytes).buffer.byteLength).toBe(whole.length);
  });
  test("allocates the announced size once a sixteenth has arrived: each byte is copied once, and none at the end", () => {
    const whole = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 31) & 255);
    for (const size of [1, 1000, 65_536, 700_000, 4_999_999]) {
      const connection = { frameRemaining: 0 };
      const assembler = new MessageAssembler(connection);
      let message: unknown;
      for (let at = size === 1 ? 4_990_000 : 0; at < whole.length; at += size) {
        const piece = whole.slice(at, at + size);
        connection.frameRemaining = whole.length - at - piece.length;
        message = assembler.add(bytes(piece, connection.frameRemaining === 0));
      }
      const expected = size === 1 ? whole.subarray(4_990_000) : whole;
      expect((message as Bytes).length).toBe(expected.length);
      expect((message as Bytes).buffer.byteLength).toBe(expected.length);
      expect((message as Bytes).every((byte, i) => byte === expected[i])).toBe(true);
    }
  });
  test("frames that announce more than the last one, one after the other", () => {
    const connection = { frameRemaining: 0 };
    const assembler = new MessageAssembler(connection);
    const parts: number[] = [];
    for (let length = 1; length < 40_000; length *= 3) {
      for (let at = 0; at < length; at += 100) {
        const piece = new Uint8Array(Math.min(100, length - at)).fill(parts.length);
        connection.frameRemaining = length - at - piece.length;
        expect(assembler.add(bytes(piece, false))).toBeUndefined();
      }
      parts.push(length);
    }
    const expected = parts.flatMap((length, i) => new Array<number>(length).fill(i));
    expect(assembler.add(bytes(hex(""), true))).toEqual(Uint8Array.from(expected));
  });
  test("memory that a message was gathered in is reused, but not that of returned messages", () => {
    const assemblers = Array.from({ length: 3 }, () => new MessageAssembler({ frameRemaining: 0 }));
    const messages: Bytes[] = [];
    for (let round = 0; round < 4; round++) {
      for (let piece = 0; piece < 3; piece++) {
        assemblers.forEach((assembler, i) => {
          const message = assembler.add(bytes(new Uint8Array(2000).fill(10 * round + i), piece === 2));
          if (message !== undefined) messages.push(message as Bytes);
        });
      }
    }
    expect(messages.map((message) => [message.length, new Set(message)])).toEqual(
      messages.map((_, i) => [6000, new Set([10 * Math.floor(i / 3) + (i % 3)])]),
    );
    expect(new Set(messages.map(({ buffer }) => buffer)).size).toBe(12);
  });
  test("text of many pieces", () => {
    const assembler = new MessageAssembler({ frameRemaining: 0 });
    for (let i = 0; i < 5000; i++) expect(assembler.add(text(String(i % 10), false))).toBeUndefined();
    expect(assembler.add(text("end", true))).toBe(`${"0123456789".repeat(500)}end`);
    expect(assembler.add(text("next", true))).toBe("next");
  });
});

test("standalone() copies a view, and returns an array that fills its buffer as it is", () => {
  const whole = hex("01 02 03");
  expect(standalone(whole)).toBe(whole);
  expect(standalone(whole.subarray(1)).buffer.byteLength).toBe(2);
});
