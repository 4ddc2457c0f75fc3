/** RFC 6455 §5.3: masking, in place. */
import { expect, test } from "vitest";
import { applyMask, littleEndian, readKey, unmaskWithKey, Words } from "../../src/core/mask.ts";
import { hex, toHex } from "../support/wire.ts";

const KEY = hex("12 34 f6 08");

test("readKey reads four bytes, the first as the lowest", () => {
  expect(readKey(hex("ff 12 34 f6 08"), 1)).toBe(0x08f63412);
  expect(readKey(hex("00 00 00 80"), 0)).toBe(-0x80000000);
});

test("applyMask starts at the given byte of the key", () => {
  for (const [phase, masked] of ["12 34 f6 08", "34 f6 08 12", "f6 08 12 34", "08 12 34 f6"].entries()) {
    const bytes = new Uint8Array(4);
    applyMask(bytes, new Words(bytes.buffer), 0, 4, readKey(KEY, 0), phase);
    expect(toHex(bytes)).toBe(masked);
  }
});

test.each([5, 6, 7])(
  "applyMask touches no neighbour where the last word of the buffer is cut short: %i bytes",
  (size) => {
    for (let start = 0; start <= size; start++) {
      for (let end = start; end <= size; end++) {
        const bytes = new Uint8Array(size);
        applyMask(bytes, new Words(bytes.buffer), start, end, 0x01010101, 0);
        expect([...bytes], `${start} to ${end}`).toEqual(
          Array.from({ length: size }, (_, i) => (i >= start && i < end ? 1 : 0)),
        );
      }
    }
  },
);

test.each([126, 128, 129, 132, 140, 257, 1550])(
  "applyMask masks %i bytes alike, however much of the buffer has been masked before",
  (length) => {
    const bytes = new Uint8Array(2048);
    const words = new Words(bytes.buffer);
    for (let time = 0; time < 8; time++) {
      for (let start = 0; start < 16; start++) {
        bytes.fill(0xaa);
        applyMask(bytes, words, start, start + length, 0x08f63412, time);
        const key = [0x12, 0x34, 0xf6, 0x08];
        const masked = Array.from({ length }, (_, i) => 0xaa ^ key[(time + i) & 3]!);
        const after = Array.from({ length: bytes.length - start - length }, () => 0xaa);
        expect([...bytes]).toEqual([...Array.from({ length: start }, () => 0xaa), ...masked, ...after]);
      }
    }
  },
);

test.each([0, 1, 2, 3, 4, 5, 8, 11, 16, 30])(
  "unmaskWithKey unmasks %i bytes behind their key, turns the key into zeros and touches no neighbour",
  (length) => {
    for (let shift = 0; shift < 8; shift++) {
      for (const tail of [0, 1, 2, 3, 4]) {
        const plain = Uint8Array.from({ length }, (_, i) => i + 1);
        const bytes = new Uint8Array(shift + 4 + length + tail).fill(0xaa);
        bytes.set(KEY, shift);
        bytes.set(
          plain.map((byte, i) => byte ^ KEY[i & 3]!),
          shift + 4,
        );
        unmaskWithKey(bytes, new Words(bytes.buffer), shift, shift + 4 + length);
        const around = (size: number): number[] => Array.from({ length: size }, () => 0xaa);
        expect([...bytes]).toEqual([...around(shift), 0, 0, 0, 0, ...plain, ...around(tail)]);
      }
    }
  },
);

test("littleEndian is the order of this machine's words", () => {
  expect(new Uint8Array(Uint16Array.of(0x0102).buffer)[0]).toBe(littleEndian ? 2 : 1);
});
