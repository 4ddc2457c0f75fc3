/** SHA-256 and HMAC against the vectors of their documents. */
import { expect, test } from "vitest";
import { bytesOf, bytesOfHex, hexOf } from "../../src/rendezvous/bytes.ts";
import { hmac, sha256 } from "../../src/rendezvous/sha256.ts";

test.each([
  // FIPS 180-4's examples, and lengths around the end of a block.
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
])("sha256 of %j", (text, digest) => expect(hexOf(sha256(bytesOf(text)))).toBe(digest));

test("sha256 agrees with the platform for every length around the ends of blocks", async () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
    const theirs = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    expect(hexOf(sha256(bytes)), String(length)).toBe(hexOf(theirs));
  }
});

test.each([
  // RFC 4231 §4.2, §4.3 and §4.7, whose key is longer than a block.
  ["0b".repeat(20), hexOf(bytesOf("Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    hexOf(bytesOf("Jefe")),
    hexOf(bytesOf("what do ya want for nothing?")),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    "aa".repeat(131),
    hexOf(bytesOf("Test Using Larger Than Block-Size Key - Hash Key First")),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
])("hmac with the key %s", (key, message, code) => {
  expect(hexOf(hmac(bytesOfHex(key), bytesOfHex(message)))).toBe(code);
});
