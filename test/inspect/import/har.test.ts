/** HTTP Archives read back: those of `toHAR`, and those of DevTools. */
import { describe, expect, test } from "vitest";
import { CaptureError, decode, fromHAR, messagesOf, toHAR, type HAR } from "../../../src/inspect/index.ts";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import { Random } from "../../support/random.ts";
import { toHex } from "../../support/wire.ts";
import { compressed } from "../captures.ts";
import { BYTES } from "./packets.ts";

/** As a file brings it. */
function parsed(har: HAR): HAR {
  return JSON.parse(JSON.stringify(har)) as HAR;
}

/** As Chromium 156 writes it: headers of the network, no control frames. */
const DEVTOOLS = {
  log: {
    version: "1.2",
    entries: [
      { startedDateTime: "2026-01-02T03:04:04.000Z", request: { url: "https://host/" }, _resourceType: "document" },
      {
        startedDateTime: "2026-01-02T03:04:05.000Z",
        _resourceType: "websocket",
        request: {
          method: "GET",
          url: "wss://host.test:8443/chat?room=1",
          headers: [
            { name: ":authority", value: "not of HTTP/1.1" },
            { name: "Upgrade", value: "websocket" },
            { name: "Connection", value: "Upgrade" },
            { name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25jZQ==" },
            { name: "Sec-WebSocket-Version", value: "13" },
          ],
        },
        response: {
          status: 101,
          statusText: "Switching Protocols",
          headers: [
            { name: "Upgrade", value: "websocket" },
            { name: "Connection", value: "Upgrade" },
            { name: "Sec-WebSocket-Accept", value: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
          ],
        },
        timings: { send: 1, wait: 20, receive: -1 },
        _webSocketMessages: [
          { type: "send", time: 1767323046.25, opcode: 1, data: "héllo" },
          { type: "receive", time: 1767323047, opcode: 2, data: "AQID" },
        ],
      },
    ],
  },
};

describe("fromHAR", () => {
  test("reads what DevTools write: heads, messages, directions and times", () => {
    const [connection, ...others] = fromHAR(DEVTOOLS);
    expect(others).toEqual([]);
    expect(connection).toMatchObject({ content: "websocket", missing: [], addresses: { server: "host.test:8443" } });
    expect(connection!.chunks.map(({ sender, timeMs }) => [sender, timeMs])).toEqual([
      ["client", 1_767_323_045_000],
      ["server", 1_767_323_045_021],
      ["client", 1_767_323_046_250],
      ["server", 1_767_323_047_000],
    ]);
    const records = decode(connection!.streams);
    expect(records.flatMap(({ violations }) => violations)).toEqual([]);
    expect(records[0]).toMatchObject({ startLine: "GET /chat?room=1 HTTP/1.1" });
    expect(toHex(connection!.streams.client.slice(-12))).toBe("81 86 00 00 00 00 68 c3 a9 6c 6c 6f");
    expect(toHex(connection!.streams.server.slice(-5))).toBe("82 03 01 02 03");
  });
  test("reads the times of Playwright, which counts milliseconds and writes -1 for a time that it leaves out", () => {
    const [, entry] = DEVTOOLS.log.entries;
    const messages = [1_767_323_046_250.5, -1].map((time) => ({ type: "send", time, opcode: 1, data: "a" }));
    const [connection] = fromHAR({ log: { entries: [{ ...entry, _webSocketMessages: messages }] } });
    expect(connection!.chunks.slice(2).map(({ timeMs }) => timeMs)).toEqual([1_767_323_046_250.5, 1_767_323_046_250.5]);
  });
  test("puts the answer before the first message, even if DevTools say that it took longer", () => {
    const [, entry] = DEVTOOLS.log.entries;
    const [connection] = fromHAR({ log: { entries: [{ ...entry, timings: { send: 0, wait: 5000 } }] } });
    expect(connection!.chunks.map(({ timeMs }) => timeMs)).toEqual([
      1_767_323_045_000, 1_767_323_046_250, 1_767_323_046_250, 1_767_323_047_000,
    ]);
  });
  test("reads what toHAR writes: the same messages and the same archive again, but for times", () => {
    const { client, server, sent, carry } = compressed();
    carry();
    for (const length of [0, 125, 126, 65_535, 65_536]) {
      client.sendData(new Uint8Array(length));
      server.sendData("x".repeat(length));
    }
    client.ping(new Uint8Array([1, 2]));
    carry();
    client.close(4000, "bye");
    carry();
    const records = decode(sent, { extensions: [permessageDeflate()], maxPayloadBytes: Infinity });
    const har = parsed(toHAR({ role: "client", records }));
    const [connection] = fromHAR(har);
    const again = decode(connection!.streams, { maxPayloadBytes: Infinity });
    expect(again.flatMap(({ violations }) => violations)).toEqual([]);
    const messages = (from: Parameters<typeof messagesOf>[0]): unknown[] =>
      messagesOf(from)
        .map(({ sender, opcode, content }) => `${sender} ${opcode} ${toHex(content)}`)
        .sort();
    expect(messages(again)).toEqual(messages(records));
    const [first] = har.log.entries;
    const [second] = parsed(toHAR({ role: "client", records: again })).log.entries;
    expect(second!.request).toEqual(first!.request);
    expect(second!.response).toEqual(first!.response);
  });
  test("reads a refusal with its body, as text and as Base64", () => {
    for (const content of [{ text: "nope" }, { text: "bm9wZQ==", encoding: "base64" }]) {
      const [entry] = parsed(toHAR({ role: "client", records: decode(BYTES) })).log.entries;
      const response = { ...entry!.response, status: 403, statusText: "Forbidden", content };
      const [connection] = fromHAR({ log: { entries: [{ ...entry, response, _webSocketMessages: [] }] } });
      expect(new TextDecoder().decode(connection!.streams.server)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*nope$/);
    }
  });
  test("reads an entry without headers as one whose handshake was not captured", () => {
    const [, entry] = DEVTOOLS.log.entries;
    const request = { ...entry!.request, headers: [] };
    const response = { status: 0, headers: [] };
    const [connection] = fromHAR({ log: { entries: [{ ...entry, request, response }] } });
    expect(connection!.content).toBe("unknown");
    expect(decode(connection!.streams).map(({ kind }) => kind)).toEqual(["frame", "frame"]);
  });
  test("keeps line breaks in values from becoming lines", () => {
    const [, entry] = DEVTOOLS.log.entries;
    const headers = [{ name: "X-A", value: "1\r\nX-B: 2" }];
    const [connection] = fromHAR({ log: { entries: [{ ...entry, request: { ...entry!.request, headers } }] } });
    expect(decode(connection!.streams)[0]).toMatchObject({ fields: [{ name: "Host" }, { value: "1 X-B: 2" }] });
  });
  test("has no connections for an archive without WebSockets", () => {
    expect(fromHAR({ log: { entries: [] } })).toEqual([]);
    expect(fromHAR({ log: { entries: [DEVTOOLS.log.entries[0]] } })).toEqual([]);
  });
  test.each([
    ["no archive", {}, /^log\.entries is not a list: this is no HTTP Archive$/],
    ["an entry that is not an object", { log: { entries: [5] } }, /^log\.entries\[0\] is not an object$/],
    [
      "an entry without a request",
      { log: { entries: [{ _webSocketMessages: [] }] } },
      /^log\.entries\[0\]\.request is not an object$/,
    ],
  ])("refuses %s with a CaptureError that says where", (_, har, message) => {
    expect(() => fromHAR(har)).toThrow(CaptureError);
    expect(() => fromHAR(har)).toThrow(message);
  });
  test("refuses text and other values that are not objects with a TypeError", () => {
    for (const wrong of [undefined, null, 5, "{}"]) expect(() => fromHAR(wrong as never)).toThrow(TypeError);
  });
  test("archives that were changed at random end in connections or in a CaptureError: 200 seeds", () => {
    const ends = { read: 0, refused: 0 };
    for (let seed = 1; seed <= 200; seed++) {
      const random = new Random(seed);
      const har = JSON.parse(JSON.stringify(DEVTOOLS)) as object;
      for (let i = random.below(3); i >= 0; i--) mutate(har, random);
      try {
        for (const { streams } of fromHAR(har)) decode(streams);
        ends.read++;
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(CaptureError);
        ends.refused++;
      }
    }
    expect(ends.read).toBeGreaterThan(20);
    expect(ends.refused).toBeGreaterThan(20);
  });
});

/** Replaces, or removes, one value somewhere below. */
function mutate(value: object, random: Random): void {
  const names = Object.keys(value);
  if (names.length === 0) return;
  const name = random.pick(names) as never;
  const inner: unknown = value[name];
  if (typeof inner === "object" && inner !== null && !random.oneIn(8)) {
    mutate(inner, random);
    return;
  }
  const others = [undefined, null, -1, 1e300, NaN, "", "\r\n\0", "ü\ud800", "=", true, [], [[]], {}];
  Object.assign(value, { [name]: random.pick<unknown>(others) });
}
