/** RFC 6455 §4.1, §4.2.2: the handshake's key and its answer. */
import { describe, expect, test } from "vitest";
import { latin1 } from "../../src/core/bytes.ts";
import { acceptFor, base64, isKey, makeKey } from "../../src/handshake/acceptKey.ts";

describe("acceptFor (§4.2.2)", () => {
  test("answers the key of the RFC's example", () => {
    expect(acceptFor("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  });

  test("answers 10,000 keys as the platform's SHA-1 does", async () => {
    const wrong: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      const key = makeKey((bytes) => void crypto.getRandomValues(bytes));
      const salted = latin1(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", salted));
      if (acceptFor(key) !== btoa(String.fromCharCode(...digest))) wrong.push(key);
    }
    expect(wrong).toEqual([]);
  });
});

describe("makeKey and isKey (§4.1)", () => {
  test("a key is 16 bytes of the source in Base64", () => {
    const key = makeKey((bytes) => bytes.set(Array.from({ length: 16 }, (_, i) => i)));
    expect(key).toBe("AAECAwQFBgcICQoLDA0ODw==");
    expect(isKey(key)).toBe(true);
  });
  test.each([
    "",
    "AAECAwQFBgcICQoLDA0ODw",
    "AAECAwQFBgcICQoLDA0ODw=",
    "AAECAwQFBgcICQoLDA0O-w==",
    "AAECAwQFBgcICQoLDA0ODxA=",
  ])("%j is no key", (text) => expect(isKey(text)).toBe(false));
  test("base64 pads as btoa does", () => {
    for (const text of ["", "a", "ab", "abc", "abcd", "\xff\xfe\xfd"]) expect(base64(latin1(text))).toBe(btoa(text));
  });
});
