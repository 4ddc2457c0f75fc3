/** RFC 6455 §5.5.1: the body of a Close frame. */
import { describe, expect, test } from "vitest";
import { MAX_CLOSE_REASON, readCloseBody, shortenedReason, writeCloseBody } from "../../src/core/closeFrame.ts";
import { RemoteProtocolError } from "../../src/core/errors.ts";
import { ascii, hex, join, toHex } from "../support/wire.ts";

describe("writeCloseBody", () => {
  test.each([
    [undefined, "", "", 1005],
    [1000, "", "03 e8", 1000],
    [4999, "é", "13 87 c3 a9", 4999],
    [undefined, "bye", "03 e8 62 79 65", 1000],
  ])("writes %d %j as %j", (code, reason, body, sent) => {
    const written = writeCloseBody(code, reason);
    expect(toHex(written.body)).toBe(body);
    expect(written.close).toEqual({ code: sent, reason });
  });
  test("takes a reason of 123 bytes, and refuses one of 124", () => {
    expect(writeCloseBody(1000, "é".repeat(61) + "a").body.length).toBe(125);
    expect(() => writeCloseBody(1000, "é".repeat(62))).toThrow(
      new RangeError("a close reason has at most 123 bytes of UTF-8, not 124 (RFC 6455 §5.5)"),
    );
  });
  test.each([0, 999, 1005, 1006, 1015, 2999, 5000])("refuses the code %i", (code) => {
    expect(() => writeCloseBody(code, "")).toThrow(
      new RangeError(`close code ${code} can't be sent: use 1000 or 3000 to 4999 (RFC 6455 §7.4)`),
    );
  });
});

describe("readCloseBody", () => {
  test("reads a code and a reason, and an empty body as 1005", () => {
    expect(readCloseBody(hex("0b b8 c3 a9"), 9)).toEqual({ code: 3000, reason: "é" });
    expect(readCloseBody(hex(""), 9)).toEqual({ code: 1005, reason: "" });
  });
  test.each([
    ["one byte", hex("03"), "closeBodyTooShort"],
    ["a code that may not be sent", hex("03 ed"), "closeCodeInvalid"],
    ["a reason that is not UTF-8", join(hex("03 e8"), ascii("a"), hex("ff")), "invalidUtf8"],
  ])("refuses %s, at its place in the stream", (_, body, code) => {
    let thrown: unknown;
    try {
      readCloseBody(body, 9);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RemoteProtocolError);
    expect(thrown).toMatchObject({ code, offset: 9 });
  });
});

test("shortenedReason keeps the whole characters that fit", () => {
  expect(shortenedReason("short")).toBe("short");
  expect(shortenedReason("a".repeat(MAX_CLOSE_REASON - 1) + "é")).toBe("a".repeat(MAX_CLOSE_REASON - 1));
});
