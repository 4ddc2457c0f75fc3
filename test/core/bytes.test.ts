/** Byte arrays: which values are bytes, and whose memory a view lies in. */
import { describe, expect, test } from "vitest";
import {
  concat,
  copyOf,
  EMPTY,
  isBufferSource,
  latin1,
  putTogether,
  textOrBytes,
  viewOf,
} from "../../src/core/bytes.ts";
import { UNFIT, unfitMemory } from "../support/unfitMemory.ts";
import { hex, toHex } from "../support/wire.ts";

test("copyOf copies, even an array whose slice() does not, such as Node's Buffer", () => {
  const bytes = hex("01 02");
  const viewing = Object.assign(bytes.subarray(1), { slice: () => bytes });
  expect(toHex(copyOf(viewing))).toBe("02");
  expect(copyOf(bytes).buffer).not.toBe(bytes.buffer);
});

describe("viewOf", () => {
  test("views the same memory, and only its part of it", () => {
    const buffer = hex("00 01 02 03 04 05 06 07").buffer;
    for (const view of [new Uint8Array(buffer, 2, 4), new Uint16Array(buffer, 2, 2), new DataView(buffer, 2, 4)]) {
      const bytes = viewOf(view);
      expect(bytes.buffer).toBe(buffer);
      expect(toHex(bytes)).toBe("02 03 04 05");
    }
    expect(toHex(viewOf(buffer))).toBe("00 01 02 03 04 05 06 07");
  });
  test("returns empty bytes for an empty or a detached buffer", () => {
    const detached = hex("01 02");
    structuredClone(detached, { transfer: [detached.buffer] });
    for (const source of [new ArrayBuffer(0), new Uint8Array(0), detached]) expect(viewOf(source)).toBe(EMPTY);
  });
  test.each([4, "text", null, undefined, [1, 2], { byteLength: 2 }])("refuses %j", (source) => {
    expect(isBufferSource(source)).toBe(false);
    expect(() => viewOf(source)).toThrow(TypeError);
    expect(() => viewOf(source)).toThrow("bytes must be an ArrayBuffer or a view of one, not ");
  });
  test.each(unfitMemory)("refuses %s, and says what to do instead", (_, make) => {
    const source = make();
    expect(isBufferSource(source)).toBe(true);
    expect(() => viewOf(source)).toThrow(TypeError);
    expect(() => viewOf(source)).toThrow(UNFIT);
  });
  test("accepts the copy that its error asks for", () => {
    for (const [, make] of unfitMemory.slice(0, 5)) {
      const source = make();
      const bytes = ArrayBuffer.isView(source)
        ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
        : new Uint8Array(source);
      expect(viewOf(bytes.slice()).length).toBe(source.byteLength);
    }
  });
});

test("textOrBytes returns text as it is, and bytes as viewOf does", () => {
  expect(textOrBytes("text")).toBe("text");
  expect(toHex(textOrBytes(hex("01 02").buffer) as Uint8Array)).toBe("01 02");
  expect(() => textOrBytes(4)).toThrow("bytes must be an ArrayBuffer or a view of one, not 4");
});

test("latin1 encodes each code point up to U+00FF as one byte", () => {
  expect(toHex(latin1("a\0é\xff"))).toBe("61 00 e9 ff");
});

test("concat and putTogether join pieces in order", () => {
  const pieces = [hex("01"), EMPTY, hex("02 03")];
  expect(toHex(concat(pieces))).toBe("01 02 03");
  const into = hex("ff ff ff ff");
  putTogether(pieces, into);
  expect(toHex(into)).toBe("01 02 03 ff");
});
