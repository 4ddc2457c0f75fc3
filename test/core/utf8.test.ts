/** RFC 6455 §8.1, RFC 3629 §4: UTF-8 in pieces. */
import { describe, expect, test } from "vitest";
import { decodeWhole, encodeAscii, encodeText, encodeTextInto, Utf8Reader } from "../../src/core/utf8.ts";
import { ascii, hex, toHex } from "../support/wire.ts";

/** What the reader says of each piece, up to its first error. */
function read(...pieces: string[]): ReturnType<Utf8Reader["read"]>[] {
  const reader = new Utf8Reader();
  const results: ReturnType<Utf8Reader["read"]>[] = [];
  for (const [i, piece] of pieces.entries()) {
    const result = reader.read(hex(piece), i === pieces.length - 1);
    results.push(result);
    if (typeof result !== "string") break;
  }
  return results;
}

describe("Utf8Reader", () => {
  test("keeps an unfinished character for the next piece", () => {
    expect(read("61 c3", "a9 e2 82", "ac f0", "9f 98", "80")).toEqual(["a", "é", "€", "", "😀"]);
  });
  test("keeps a byte order mark, which is text like any other", () => {
    expect(read("ef", "bb bf 61")).toEqual(["", "\u{feff}a"]);
  });
  test("reads empty pieces, also within a character", () => {
    expect(read("", "c3", "", "a9", "")).toEqual(["", "", "", "é", ""]);
  });
  test("reports a text that ends within a character", () => {
    expect(read("61 e2 82")).toEqual([{ valid: "a", at: 3 }]);
    expect(read("61 e2", "82")).toEqual(["a", { valid: "", at: 1 }]);
  });
  test.each([
    ["a byte that no character starts with", "61 80", { valid: "a", at: 1 }],
    ["an overlong form of two bytes", "c0 80", { valid: "", at: 0 }],
    ["an overlong form of three bytes", "e0 9f bf", { valid: "", at: 1 }],
    ["an overlong form of four bytes", "f0 8f bf bf", { valid: "", at: 1 }],
    ["a surrogate", "61 ed a0 80", { valid: "a", at: 2 }],
    ["a code point above U+10FFFF", "f4 90 80 80", { valid: "", at: 1 }],
    ["a lead byte above those", "f5 80 80 80", { valid: "", at: 0 }],
    ["a character cut short by another", "e2 82 61", { valid: "", at: 2 }],
  ])("reports %s at its first wrong byte", (_, bytes, error) => {
    expect(read(bytes)).toEqual([error]);
  });
  test("reports an error as soon as it is certain, at its place in the piece", () => {
    expect(read("ed", "a0", "80")).toEqual(["", { valid: "", at: 0 }]);
    expect(read("f0 9f", "61", "62")).toEqual(["", { valid: "", at: 0 }]);
    // The lead byte itself lies in the piece before.
    expect(read("c3", "")).toEqual(["", { valid: "", at: 0 }]);
  });
  test("takes the first and the last code point of every length", () => {
    expect(read("00 7f c2 80 df bf e0 a0 80 ed 9f bf ee 80 80 ef bf bf f0 90 80 80 f4 8f bf bf")).toEqual([
      "\0\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}",
    ]);
  });
});

describe("encoding", () => {
  test("encodeText turns lone surrogates into U+FFFD", () => {
    expect(toHex(encodeText("a\ud800b\udc00"))).toBe("61 ef bf bd 62 ef bf bd");
  });
  test("encodeTextInto writes only whole characters", () => {
    const bytes = new Uint8Array(4);
    expect(encodeTextInto("a😀", bytes)).toBe(1);
    expect(toHex(bytes)).toBe("61 00 00 00");
  });
  test("encodeAscii tells text that is not ASCII", () => {
    const bytes = new Uint8Array(3);
    expect(encodeAscii("abc", bytes)).toBe(true);
    expect(bytes).toEqual(ascii("abc"));
    expect(encodeAscii("aéb", bytes)).toBe(false);
  });
  test("decodeWhole returns undefined for what is not UTF-8, or ends within a character", () => {
    expect(decodeWhole(hex("c3 a9"))).toBe("é");
    expect(decodeWhole(hex("c3"))).toBe(undefined);
    expect(decodeWhole(hex("ff"))).toBe(undefined);
  });
});
