/** Messages put together from their pieces. */
import { describe, expect, test } from "vitest";
import { MessageAssembler, standalone } from "../../src/stream/messageAssembler.ts";
import { hex, type Bytes } from "../support/wire.ts";

const bytes = (data: Bytes, messageFinished: boolean) =>
  ({ type: "bytesReceived", data, frameFinished: true, messageFinished }) as const;
const text = (data: string, messageFinished: boolean) =>
  ({ type: "textReceived", data, frameFinished: true, messageFinished }) as const;

describe("MessageAssembler", () => {
  test("returns a message with its last piece, bytes and text, one after the other", () => {
    const assembler = new MessageAssembler();
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
  test("copies what it keeps, so that no chunk is held for a piece of it", () => {
    const assembler = new MessageAssembler();
    const chunk = new Uint8Array(65_536).fill(1);
    assembler.add(bytes(chunk.subarray(0, 1), false));
    chunk.fill(2);
    expect(assembler.add(bytes(chunk.subarray(1, 2), true))).toEqual(hex("01 02"));
  });
  test.each([1, 3, 1023, 1024, 1025, 65_536, 3_000_000])("bytes of any length are the same in pieces of %d", (size) => {
    const whole = Uint8Array.from({ length: Math.min(size * 7, 5_000_000) + 11 }, (_, i) => (i * 31) & 255);
    const assembler = new MessageAssembler();
    let message: unknown;
    for (let at = 0; at < whole.length; at += size) {
      message = assembler.add(bytes(whole.slice(at, at + size), at + size >= whole.length));
    }
    expect((message as Bytes).byteLength).toBe(whole.length);
    expect((message as Bytes).every((byte, i) => byte === whole[i])).toBe(true);
    expect((message as Bytes).buffer.byteLength).toBe(whole.length);
  });
  test("text of many pieces", () => {
    const assembler = new MessageAssembler();
    for (let i = 0; i < 5000; i++) expect(assembler.add(text(String(i % 10), false))).toBeUndefined();
    expect(assembler.add(text("end", true))).toBe(`${"0123456789".repeat(500)}end`);
    expect(assembler.add(text("next", true))).toBe("next");
  });
});

test("standalone() copies a view, and leaves alone what fills its buffer", () => {
  const whole = hex("01 02 03");
  expect(standalone(whole)).toBe(whole);
  expect(standalone(whole.subarray(1)).buffer.byteLength).toBe(2);
});
