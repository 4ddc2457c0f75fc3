/** Bytes that are pasted, and the verdict on them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { linkValue, sharedIn } from "../../demo/explain/explainLink.ts";
import { asItLooks, explanationOf, type Explanation, type ReadAs } from "../../demo/explain/explanation.ts";
import { markdownOf } from "../../demo/explain/markdown.ts";
import { pictureOf } from "../../demo/explain/picture.ts";
import { recogniseFile, recogniseText, type Found, type Recognised } from "../../demo/explain/recognise.ts";
import { redactChunks, redactExplanation } from "../../demo/explain/redaction.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { ClientConnection, ServerConnection } from "../../src/index.ts";
import { decode, recordVector, toHAR, toPcapng, type TraceRecord } from "../../src/inspect/index.ts";
import { concat } from "../../src/core/bytes.ts";
import { Random } from "../support/random.ts";

function taken(given: Recognised | string): Recognised {
  if (typeof given === "string") throw new Error(given);
  return given;
}

function explained(text: string, as: Partial<ReadAs> = {}): Explanation {
  return explanationOf(taken(recogniseText(text)).found[0]!, { ...asItLooks, ...as });
}

const verdict = (text: string, as?: Partial<ReadAs>): string => explained(text, as).verdict.sentence;

/** A session whose client says hello and closes: its records, and the vector of the client. */
function session(): { readonly records: TraceRecord[]; readonly vector: object } {
  const extensions = [permessageDeflate()];
  const client = new ClientConnection({ host: "server.example", resource: "/chat?token=s3cret", extensions });
  const recording = recordVector(client, { host: "server.example", resource: "/chat?token=s3cret", extensions });
  const server = new ServerConnection({ extensions });
  const streams = { client: [] as number[], server: [] as number[] };
  const exchange = (): void => {
    for (let moved = true; moved;) {
      moved = false;
      const up = client.bytesToSend();
      streams.client.push(...up);
      if (up.length > 0) server.receiveBytes(up.slice());
      for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
      const down = server.bytesToSend();
      streams.server.push(...down);
      if (down.length > 0) client.receiveBytes(down.slice());
      for (const event of client.events()) void event;
      moved = up.length + down.length > 0;
    }
  };
  exchange();
  client.sendData("hello");
  exchange();
  client.close(1000, "bye");
  exchange();
  const records = decode(
    { client: Uint8Array.from(streams.client), server: Uint8Array.from(streams.server) },
    { extensions },
  );
  return { records, vector: recording.vector() };
}

describe("the verdict", () => {
  test.each([
    ["81 85 37 fa 21 3d 7f 9f 4d 51 58", "Nothing is wrong: 1 text message from the client that says “Hello”."],
    ["81 05 48 65 6c 6c 6f", "Nothing is wrong: 1 text message from the server that says “Hello”."],
    ["89 00 8a 00", "Nothing is wrong: 1 ping and 1 pong."],
    ["82 01 ff 82 01 ff 88 02 03 e8", "Nothing is wrong: 2 messages from the server and a Close from the server."],
    [
      "81 05 48 65",
      "Nothing is wrong so far: 1 text message from the server that says “He”. The last frame of the server is not whole: 4 of 7 bytes of it are here.",
    ],
    ["83 00", "Byte 0: the server sent this: reserved opcode 0x3 (RFC 6455 §5.2). A correct client closes with 1002."],
    [
      "81 04 48 69 c3 28",
      "Byte 2: the server sent this: text that is not UTF-8 (RFC 6455 §8.1). A correct client closes with 1007.",
    ],
    [
      "82 ff 00 00 00 01 00 00 00 00 00 00 00 00",
      "Nothing is wrong so far: 1 binary message from the client. The last frame of the client is not whole: 14 of 4,294,967,310 bytes of it are here.",
    ],
    ["GET / HTTP/1.1\nHost: a", "This is HTTP, and nobody in it asks for a WebSocket."],
    ["16 03 01 02 00 01 00 01 fc 03 03", "These bytes are encrypted with TLS"],
  ])("on %s", (text, sentence) => {
    const given = recogniseText(text);
    expect(typeof given === "string" ? given : verdict(text)).toContain(sentence);
  });

  test("a client that does not mask", () => {
    expect(verdict("81 05 48 65 6c 6c 6f", { sender: "client" })).toBe(
      "Byte 1: the client did not mask (RFC 6455 §5.1). A correct server closes with 1002.",
    );
    expect(verdict("81 05 48 65 6c 6c 6f", { sender: "client", masking: false })).toContain("Nothing is wrong");
  });

  test("the guilty record, and the byte, are known", () => {
    const { verdict, records } = explained("81 01 61 83 00");
    expect(verdict.fault).toMatchObject({ byte: 3, violation: { code: "reservedOpcode" } });
    expect(verdict.fault!.record).toBe(records[1]);
  });

  test("compressed frames without a handshake are inflated where that makes them right", () => {
    const text = "c1 07 f2 48 cd c9 c9 07 00";
    expect(explained(text)).toMatchObject({ inflates: true });
    expect(verdict(text)).toContain("says “Hello”");
    expect(verdict(text, { deflate: "no" })).toContain("reserved bit set: RSV1");
    expect(explained("c1 02 ff ff")).toMatchObject({ inflates: false });
  });

  test("a request that is refused is answered with its status", () => {
    const given = recogniseFile(
      new TextEncoder().encode("POST /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"),
    );
    const { sentence } = explanationOf(taken(given).found[0]!, asItLooks).verdict;
    expect(sentence).toMatch(
      /^Byte 0: the client sent this: method other than GET \(RFC 6455 §4\.2\.1\)\. A correct server answers with 400\.$/,
    );
  });

  test("bytes at the beginning can be left out", () => {
    expect(verdict("ff ff 81 01 61", { skip: 2 })).toContain("says “a”");
  });
});

describe("what is recognised", () => {
  test.each([
    ["0000   81 01 61   ..a", "a hex dump"],
    ["81 01 61", "hex"],
    ["[129, 1, 97]", "an array"],
    [String.raw`\x81\x01a`, "a string with escapes"],
    ["gYU3+iE9f59NUVg=", "a Base64"],
  ])("%s is taken for %s", (text, as) => expect(taken(recogniseText(text)).as).toBe(as));

  test("a HAR, whose headers are made up", () => {
    const har = JSON.stringify(toHAR({ role: "client", records: session().records }));
    const given = taken(recogniseText(har));
    expect(given).toMatchObject({ as: "a HAR", madeUp: true });
    expect(explanationOf(given.found[0]!, asItLooks).verdict.sentence).toContain(
      "1 text message from the client that says “hello”",
    );
  });

  test("a capture", () => {
    const given = taken(recogniseFile(toPcapng({ role: "client", records: session().records })));
    expect(given.as).toBe("a capture with one connection");
    expect(given.found[0]!.label).toMatch(/ → .*, \d+ bytes, WebSocket$/);
    expect(explanationOf(given.found[0]!, asItLooks).verdict.sentence).toBe(
      "Nothing is wrong: a handshake, 1 text message from the client that says “hello” and a Close from both.",
    );
  });

  test("a vector of this project", () => {
    const given = taken(recogniseText(JSON.stringify(session().vector)));
    expect(given.as).toBe("a test vector of a client");
    expect(explanationOf(given.found[0]!, asItLooks).verdict.sentence).toContain("a Close from both");
  });

  test("a whole packet, as Wireshark copies it", () => {
    // Ethernet, IPv4 and TCP without options, and an unmasked text frame.
    const packet =
      "02 00 00 00 00 02 02 00 00 00 00 01 08 00 45 00 00 2b 00 01 40 00 40 06 00 00 7f 00 00 01 7f 00 00 01 " +
      "1f 90 c0 00 00 00 00 01 00 00 00 01 50 18 ff ff 00 00 00 00 81 01 61";
    const given = taken(recogniseText(packet));
    expect(given.as).toBe("hex of a whole packet, whose headers are left out");
    expect(explanationOf(given.found[0]!, asItLooks).verdict.sentence).toContain(
      "1 text message from the server that says “a”",
    );
  });

  test.each([
    ["{}", "neither a HAR nor a test vector"],
    ['{"log":{"entries":[]}}', "no WebSocket in it"],
    ['{"log":3}', "can't be read: log.entries is not a list"],
    ['{"format":"websocket-over vector","role":"evil","steps":[]}', "not whole"],
    ["hello there", "These are no bytes that can be read here: “h” is not a hex digit"],
    ["", "There is nothing here yet"],
  ])("%s is said to be none", (text, words) => expect(recogniseText(text)).toContain(words));

  test(
    "files of real tools that were changed give a sentence, never an exception: 200 seeds",
    { timeout: 240_000 },
    async () => {
      const ends = { explained: 0, refused: 0 };
      for (let seed = 1; seed <= 200; seed++) {
        const random = new Random(seed);
        const given = recogniseFile(changed(random.pick(recorded), random));
        if (typeof given === "string") {
          expect(given, `seed ${seed}`).toMatch(/\S\.$/);
          ends.refused++;
          continue;
        }
        for (const found of given.found) {
          const explanation = explanationOf(found, asItLooks);
          expect(explanation.verdict.sentence, `seed ${seed}`).toMatch(/\S\.$/);
          await passedOn(found, explanation);
        }
        ends.explained++;
      }
      expect(ends.explained).toBeGreaterThan(50);
      expect(ends.refused).toBeGreaterThan(50);
    },
  );
});

/** All that the page makes of an explanation. */
async function passedOn(found: Found, explanation: Explanation): Promise<void> {
  const { records, verdict } = explanation;
  const { redacted: chunks } = redactChunks(found.chunks, records);
  expect(markdownOf(redactExplanation(explanation), undefined)).toContain("**");
  const frame = records.find((record) => record.kind === "frame");
  if (frame !== undefined) expect(pictureOf(frame, verdict.sentence)).toMatch(/^<svg/);
  const value = await linkValue({ title: "", note: "", found: { ...found, chunks }, as: asItLooks });
  expect(await sharedIn(value!)).toMatchObject({ title: "" });
}

/** Captures and archives that tshark, DevTools and Playwright wrote. */
const folder = join(import.meta.dirname, "../peers/captures");
const recorded = readdirSync(folder)
  .filter((name) => /\.(?:pcap|har)$/.test(name))
  .map((name) => Uint8Array.from(readFileSync(join(folder, name))));

/** One to four changes: bits that flip, a piece that is missing, one that comes twice, another file's, or the end cut off. */
function changed(file: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  let bytes = file;
  for (let left = 1 + random.below(4); left > 0; left--) {
    const from = random.below(bytes.length);
    const to = Math.min(bytes.length, from + random.size(200));
    const piece = bytes.subarray(from, to);
    const other = random.pick(recorded);
    const changes: (() => Uint8Array<ArrayBuffer>)[] = [
      () => bytes.map((byte, at) => (at >= from && at < to && random.oneIn(8) ? byte ^ (1 << random.below(8)) : byte)),
      () => concat([bytes.subarray(0, from), bytes.subarray(to)]),
      () => concat([bytes.subarray(0, to), piece, bytes.subarray(to)]),
      () => concat([bytes.subarray(0, from), other.subarray(from, to), bytes.subarray(to)]),
      () => bytes.slice(0, Math.max(1, to)),
    ];
    bytes = random.pick(changes)();
  }
  return bytes;
}
