/** SHA-1 (FIPS 180-4) against published vectors and Node's own. */
import { createHash, randomFillSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { acceptFor, makeKey } from "../../src/handshake/acceptKey.ts";
import { sha1 } from "../../src/handshake/sha1.ts";
import { latin1 } from "../../src/core/bytes.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("sha1", () => {
  test.each([
    ["", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    ["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
    [
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "a49b2446a02c645bf419f995b67091253a04a259",
    ],
  ])("digests the published message %j", (message, digest) => {
    expect(hex(sha1(latin1(message)))).toBe(digest);
  });

  test("digests a million letters a", () => {
    expect(hex(sha1(latin1("a".repeat(1_000_000))))).toBe("34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  });

  test("digests messages of every length up to three blocks as Node does", () => {
    for (let length = 0; length <= 192; length++) {
      const message = randomFillSync(new Uint8Array(length));
      expect(hex(sha1(message)), `${length} bytes`).toBe(createHash("sha1").update(message).digest("hex"));
    }
  });
});

describe("acceptFor (RFC 6455 §4.2.2)", () => {
  test("answers the key of the RFC's example", () => {
    expect(acceptFor("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  });

  test("answers 10,000 keys as Node's SHA-1 does", () => {
    const wrong: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      const key = makeKey((bytes) => void randomFillSync(bytes));
      const expected = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      if (acceptFor(key) !== expected) wrong.push(key);
    }
    expect(wrong).toEqual([]);
  });
});
