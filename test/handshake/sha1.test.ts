/** SHA-1 (FIPS 180-4) against published vectors and the platform's own. */
import { describe, expect, test } from "vitest";
import { sha1 } from "../../src/handshake/sha1.ts";
import { latin1, type Bytes } from "../../src/core/bytes.ts";

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const platformSha1 = async (message: Bytes): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-1", message));

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

  test("digests messages of every length up to three blocks as the platform does", async () => {
    for (let length = 0; length <= 192; length++) {
      const message = crypto.getRandomValues(new Uint8Array(length));
      expect(hex(sha1(message)), `${length} bytes`).toBe(hex(await platformSha1(message)));
    }
  });
});
