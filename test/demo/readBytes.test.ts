/** Bytes as tools print them. */
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/inspect/hex.ts";
import { readBytes } from "../../demo/model/readBytes.ts";

/** A masked text frame that says Hello (RFC 6455 §5.7). */
const HELLO = "81 85 37 fa 21 3d 7f 9f 4d 51 58";

function expectBytes(text: string, spelling: string, hex: string): void {
  const read = readBytes(text);
  if (typeof read === "string") throw new Error(read);
  expect([read.spelling, toHex(read.bytes, " ")]).toEqual([spelling, hex]);
}

describe("hex", () => {
  test.each([
    ["pairs", HELLO],
    ["nothing between", "818537fa213d7f9f4d5158"],
    ["capitals", "81 85 37 FA 21 3D 7F 9F 4D 51 58"],
    ["colons", "81:85:37:fa:21:3d:7f:9f:4d:51:58"],
    ["hyphens", "81-85-37-FA-21-3D-7F-9F-4D-51-58"],
    ["0x and commas", "0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,"],
    ["lines", "81 85 37 fa\n21 3d 7f 9f\r\n4d 51 58"],
    ["Node's buffer", "<Buffer 81 85 37 fa 21 3d 7f 9f 4d 51 58>"],
  ])("%s", (_, text) => expectBytes(text, "hex", HELLO));

  test("pairs of digits with commas are hex", () => expectBytes("10, 20", "hex", "10 20"));
  test("four digits before a wide space are not an offset", () => expectBytes("8185  37fa", "hex", "81 85 37 fa"));
  test("no text is no bytes", () => expectBytes(" ", "hex", ""));
});

describe("hex dumps lose their offsets and their text", () => {
  const two = "81 0f 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65";

  test.each([
    [
      "Wireshark",
      "0000   81 0f 30 31 32 33 34 35 36 37 38 39 61 62 63 64   ..0123456789abcd\n0010   65                                                e",
    ],
    [
      "tshark",
      "0000  81 0f 30 31 32 33 34 35 36 37 38 39 61 62 63 64   ..0123456789abcd\n0010  65                                                e",
    ],
    [
      "tshark, with a gap in the middle",
      "0000  81 0f 30 31 32 33 34 35  36 37 38 39 61 62 63 64   ..012345 6789abcd\n0010  65   e",
    ],
    [
      "hexdump -C",
      "00000000  81 0f 30 31 32 33 34 35  36 37 38 39 61 62 63 64  |..0123456789abcd|\n00000010  65                                                |e|\n00000011",
    ],
    [
      "xxd",
      "00000000: 810f 3031 3233 3435 3637 3839 6162 6364  ..0123456789abcd\n00000010: 65                                       e",
    ],
    [
      "tcpdump -X",
      "\t0x0000:  810f 3031 3233 3435 3637 3839 6162 6364  ..0123456789abcd\n\t0x0010:  65                                       e",
    ],
  ])("%s", (_, text) => expectBytes(text, "hex dump", two));

  test("a single line", () => expectBytes("0000   81 85 37 fa 21 3d 7f 9f 4d 51 58   ..7.!=..MQX", "hex dump", HELLO));
  test("text that looks like bytes is no bytes", () =>
    expectBytes("0000  81 04 61 62 20 63   ab c\n0006  64   64", "hex dump", "81 04 61 62 20 63 64"));
  test("a dump may begin anywhere", () => expectBytes("0040  81 00   ..", "hex dump", "81 00"));
  test("a missing line is said", () => expect(readBytes("0000  81 00\n0010  81 00")).toContain("Line 2"));
  test("a second packet is said", () => expect(readBytes("0000  81 00\n0000  81 00")).toContain("several packets"));
});

describe("source code", () => {
  test.each([
    [
      "an array of C",
      "const unsigned char frame[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d,\n 0x7f, 0x9f, 0x4d, 0x51, 0x58 };",
    ],
    [
      "an array of C with its length",
      "uint8_t frame[11] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58, };",
    ],
    ["an array of JavaScript", "new Uint8Array([129, 133, 55, 250, 33, 61, 127, 159, 77, 81, 88])"],
    ["a console's array", "Uint8Array(11) [129, 133, 55, 250, 33, 61, 127, 159, 77, 81, 88]"],
    ["Go's bytes", "[]byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}"],
    ["decimals with commas", "129, 133, 55, 250, 33, 61, 127, 159, 77, 81, 88"],
  ])("%s", (_, text) => expectBytes(text, "array", HELLO));

  test("small numbers in brackets are decimal", () => expectBytes("[10, 20]", "array", "0a 14"));
  test("a number above 255 is said", () => expect(readBytes("[129, 256]")).toContain("256"));

  test.each([
    ["escapes alone", String.raw`\x81\x05\x48\x65\x6c\x6c\x6f`],
    ["escapes in a string", String.raw`"\x81\x05Hello"`],
    ["Python's bytes", String.raw`b'\x81\x05Hello'`],
  ])("%s", (_, text) => expectBytes(text, "string with escapes", "81 05 48 65 6c 6c 6f"));

  test("other escapes are read too", () =>
    expectBytes(String.raw`b'\x81\x04\r\n\\\''`, "string with escapes", "81 04 0d 0a 5c 27"));
});

describe("Base64", () => {
  test("with padding", () => expectBytes("gYU3+iE9f59NUVg=", "Base64", HELLO));
  test("over lines", () => expectBytes("gYU3+iE9\nf59NUVg=", "Base64", HELLO));
  test("for URLs", () => expectBytes("gYU3-iE9f59NUVg", "Base64url", HELLO));
});

describe("what is none of these", () => {
  test.each([
    ["81 8", "3 hex digits"],
    ["81 zz", "“z” is not a hex digit"],
    ["hello", "“h” is not a hex digit"],
    ["81 😀", "“😀” is not a hex digit"],
  ])("%s", (text, words) => expect(readBytes(text)).toContain(words));
});
