/** What is passed on of an explanation: links, their secrets, and Markdown. */
import { describe, expect, test } from "vitest";
import { linkValue, sharedIn } from "../../demo/explain/explainLink.ts";
import { asItLooks, explanationOf } from "../../demo/explain/explanation.ts";
import { markdownOf } from "../../demo/explain/markdown.ts";
import { recogniseFile, recogniseText, type Found } from "../../demo/explain/recognise.ts";
import { redactChunks, redactExplanation } from "../../demo/explain/redaction.ts";
import { toBase64 } from "../../src/inspect/hex.ts";

function foundIn(given: ReturnType<typeof recogniseText>): Found {
  if (typeof given === "string") throw new Error(given);
  return given.found[0]!;
}

const hello = foundIn(recogniseText("81 05 48 65 6c 6c 6f"));

async function deflated(value: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return toBase64(new Uint8Array(await new Response(stream).arrayBuffer()));
}

describe("a link", () => {
  test("leads to the same bytes, taken for the same", async () => {
    const as = { ...asItLooks, sender: "client", skip: 1, masking: false } as const;
    const value = await linkValue({ title: "A greeting", note: "It works.", found: hello, as });
    expect(value).toMatch(/^[\w-]+$/);
    expect(await sharedIn(value!)).toEqual({ title: "A greeting", note: "It works.", found: hello, as });
  });

  test("is refused if it would be too long", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const found = { ...hello, chunks: [{ sender: "server", bytes, timeMs: 0 }] } as const;
    expect(await linkValue({ title: "", note: "", found, as: asItLooks })).toBeUndefined();
  });

  test("of 20,000 chunks can be read, and one more is refused", { timeout: 240_000 }, async () => {
    const chunks = Array.from({ length: 20_001 }, () => ({ ...hello.chunks[0]!, bytes: Uint8Array.of(0) }));
    const link = (found: Found): Promise<string | undefined> =>
      linkValue({ title: "", note: "", found, as: asItLooks });
    expect(await link({ ...hello, chunks })).toBeUndefined();
    const value = await link({ ...hello, chunks: chunks.slice(1) });
    const read = (await sharedIn(value!)) as { readonly found: Found };
    expect(read.found.chunks).toHaveLength(20_000);
  });

  test("has the times of a capture whose clock was set in between", async () => {
    const times = [0, 1e13, 1e300].map((timeMs) => ({ ...hello.chunks[0]!, timeMs }));
    const value = await linkValue({ title: "", note: "", found: { ...hello, chunks: times }, as: asItLooks });
    const read = (await sharedIn(value!)) as { readonly found: Found };
    expect(read.found.chunks.map(({ timeMs }) => timeMs)).toEqual([0, 1e13, Number.MAX_SAFE_INTEGER]);
  });

  test.each(["", "A", "%%%", "AAAA", "gYU3"])("that is not whole is said to be one: %j", async (value) => {
    expect(await sharedIn(value)).toContain("This link is incomplete");
  });

  test("that inflates to more than a megabyte is not inflated", async () => {
    expect(await sharedIn(await deflated({ note: "x".repeat(2_000_000) }))).toContain("This link is incomplete");
  });

  test.each([
    [{ chunks: null, oneWay: true, content: "unknown" }, "chunks must be a list, not null"],
    [
      { chunks: [{ from: "evil", bytes: "", ms: 0 }], oneWay: true, content: "unknown" },
      '"client" or "server", not "evil"',
    ],
    [
      { chunks: [{ from: "client", bytes: "*", ms: 0 }], oneWay: true, content: "unknown" },
      "chunk 1: bytes must be Base64",
    ],
    [{ chunks: [], oneWay: 1, content: "unknown" }, "oneWay must be true or false, not 1"],
  ])("that is not right says what is wrong: %j", async (value, words) => {
    expect(await sharedIn(await deflated(value))).toContain(words);
  });
});

describe("secrets", () => {
  const request = [
    "GET /chat?room=12&token=s3cret HTTP/1.1",
    "Host: server.example",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Authorization: Bearer abcdef0123456789",
    "Cookie: session=t0psecret",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "",
    "",
  ].join("\r\n");
  const found = foundIn(recogniseFile(new TextEncoder().encode(request)));
  const { records } = explanationOf(found, asItLooks);

  test("are counted, and blanked byte for byte", () => {
    const { redacted, secrets } = redactChunks(found.chunks, records);
    expect(secrets).toBe(3);
    const text = new TextDecoder().decode(redacted[0]!.bytes);
    expect(text).toHaveLength(request.length);
    for (const secret of ["s3cret", "abcdef0123456789", "t0psecret"]) expect(text).not.toContain(secret);
    expect(text).toContain("GET /chat?room=12&token=xxxxxx HTTP/1.1\r\nHost: server.example");
    expect(text).toContain("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
  });

  test("are blanked wherever the stream was cut", () => {
    const chunks = Array.from(
      found.chunks[0]!.bytes,
      (byte) => ({ sender: "client", bytes: Uint8Array.of(byte), timeMs: 0 }) as const,
    );
    const { redacted } = redactChunks(chunks, records);
    const text = redacted.map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
    expect(text).not.toContain("t0psecret");
    expect(text).toHaveLength(request.length);
  });

  test("leave everything as it is if there are none", () => {
    expect(redactChunks(hello.chunks, explanationOf(hello, asItLooks).records)).toEqual({
      redacted: hello.chunks,
      secrets: 0,
    });
  });
});

describe("Markdown", () => {
  test("has the verdict, the frames, the bytes and the fields of what is guilty", () => {
    const found = foundIn(recogniseText("81 01 61 83 00"));
    const markdown = markdownOf(explanationOf(found, asItLooks), "https://example.org/#explain=x");
    expect(markdown).toContain(
      "**Byte 3: the server sent this: reserved opcode 0x3 (RFC 6455 §5.2). A correct client closes with 1002.**",
    );
    expect(markdown).toContain(
      "1. server: Text, a whole message, 1 byte, not masked: “a”\n2. server: A frame of the reserved kind 0x3, empty, not masked ⚠",
    );
    expect(markdown).toContain("0003  83 00");
    expect(markdown).toContain("| Opcode | 0x3 reserved | RFC 6455 §5.2 | ⚠ reserved opcode 0x3 |");
    expect(markdown).toContain("[Every bit of it](https://example.org/#explain=x)");
  });

  test("keeps what was sent from being markup", () => {
    const found = foundIn(recogniseText(String.raw`"\x81\x14[a](b) <img> **x** |"`));
    const markdown = markdownOf(explanationOf(found, asItLooks), undefined);
    expect(markdown.split("```")[0]).toContain(String.raw`\[a\](b) \<img\> \*\*x\*\* \|`);
  });
});

test("an explanation without its secrets is the same otherwise, guilty record included", () => {
  const request = "GET /chat?token=s3cret HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nCookie: a=t0psecret\r\n\r\n";
  const found = foundIn(recogniseFile(new TextEncoder().encode(request)));
  const whole = explanationOf(found, asItLooks);
  const redacted = redactExplanation(whole);
  expect(redacted.verdict.sentence).toBe(whole.verdict.sentence);
  expect(redacted.verdict.fault!.record).toBe(redacted.records[0]);
  const markdown = markdownOf(redacted, undefined);
  expect(markdown).not.toMatch(/s3cret|t0psecret/);
  expect(markdownOf(whole, undefined)).toContain("t0psecret");
});
