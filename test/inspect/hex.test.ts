/** Bytes as text. */
import { describe, expect, test } from "vitest";
import { fromBase64, fromHex, toBase64, toHex } from "../../src/inspect/hex.ts";

const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);

describe("hexadecimal", () => {
  test("every byte comes back", () => expect(fromHex(toHex(all))).toEqual(all));
  test("bytes may be set apart", () => {
    expect(toHex(Uint8Array.of(0, 10, 255))).toBe("000aff");
    expect(toHex(Uint8Array.of(0, 10, 255), " ")).toBe("00 0a ff");
    expect(fromHex("00 0A ff")).toEqual(Uint8Array.of(0, 10, 255));
  });
  test.each(["0", "0g", "0x00", "00-00"])("%j is not hexadecimal", (text) => expect(fromHex(text)).toBe(undefined));
});

describe("Base64", () => {
  test("bytes of any length come back", () => {
    for (const length of [0, 1, 2, 3, 8191, 8192, 8193, 20_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }
  });
  test("other text is not Base64", () => expect(fromBase64("a-b_")).toBe(undefined));
});
