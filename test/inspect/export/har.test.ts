/** Captures as HTTP Archives (HAR 1.2), whose messages DevTools show. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import { WSConnection } from "../../../src/index.ts";
import {
  decode,
  tap,
  toHAR,
  type HAR,
  type HAREntry,
  type HAROptions,
  type Trace,
} from "../../../src/inspect/index.ts";
import { ascii, feed, head, hex, join, pull } from "../../support/wire.ts";
import { converse } from "../captures.ts";

/** What HAR 1.2 demands, as `har-schema` 2.0.0 checks it: http://www.softwareishard.com/blog/har-12-spec/. */
const pair = { name: "string", value: "string" };
const uri = /^(?:[a-z][a-z0-9+-.]*:)(?:\/?\/)?[^\s]*$/i;
const schema = {
  log: {
    version: "string",
    creator: { name: "string", version: "string" },
    entries: [
      {
        startedDateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/,
        time: "number",
        request: {
          method: "string",
          url: uri,
          httpVersion: "string",
          cookies: [pair],
          headers: [pair],
          queryString: [pair],
          headersSize: "integer",
          bodySize: "integer",
        },
        response: {
          status: "integer",
          statusText: "string",
          httpVersion: "string",
          cookies: [pair],
          headers: [pair],
          content: { size: "integer", mimeType: "string", "text?": "string", "encoding?": "string" },
          redirectURL: "string",
          headersSize: "integer",
          bodySize: "integer",
        },
        cache: {},
        timings: { send: "number", wait: "number", receive: "number" },
        _webSocketMessages: [{ type: "string", time: "number", opcode: "number", data: "string" }],
      },
    ],
  },
};

function expectShape(value: unknown, shape: unknown, where = "har"): void {
  if (shape instanceof RegExp) {
    expect(value, where).toMatch(shape);
  } else if (shape === "integer") {
    expect(Number.isInteger(value), where).toBe(true);
  } else if (typeof shape === "string") {
    expect(typeof value, where).toBe(shape);
  } else if (Array.isArray(shape)) {
    expect(Array.isArray(value), where).toBe(true);
    (value as unknown[]).forEach((element, i) => expectShape(element, shape[0], `${where}[${i}]`));
  } else {
    expect(value, where).toBeTypeOf("object");
    for (const [name, inner] of Object.entries(shape as object)) {
      const own = (value as Record<string, unknown>)[name.replace("?", "")];
      if (own !== undefined || !name.endsWith("?")) expectShape(own, inner, `${where}.${name}`);
    }
  }
}

/** What is in the file. */
function harOf(trace: Parameters<typeof toHAR>[0], options?: HAROptions): HAR {
  const har = JSON.parse(JSON.stringify(toHAR(trace, options))) as HAR;
  expectShape(har, schema);
  for (const { startedDateTime, time, timings } of har.log.entries) {
    expect(new Date(startedDateTime).toISOString()).toBe(startedDateTime);
    expect(timings.send + timings.wait + timings.receive).toBeCloseTo(time);
    for (const duration of [time, ...Object.values(timings)]) expect(duration).toBeGreaterThanOrEqual(0);
  }
  return har;
}

const entryOf = (trace: Trace, options?: HAROptions): HAREntry => harOf(trace, options).log.entries[0]!;

const listed = ({ _webSocketMessages }: HAREntry): unknown[] =>
  _webSocketMessages.map(({ type, opcode, data }) => [type, opcode, data]);

describe("toHAR", () => {
  test("a conversation, as seen from either end", () => {
    const extensions = [permessageDeflate()];
    const { client, server, carry } = converse(
      { extensions, resource: "/chat?room=a%20b&x", headers: { cookie: "a=1; b=2" }, subprotocols: ["v1"] },
      { extensions },
    );
    let nowMs = 1000;
    const traces = [client, server].map((end) => tap(end, { extensions, now: () => nowMs++ }));
    carry();
    client.sendData("hel", false);
    client.ping(ascii("?"));
    client.sendData("lo");
    server.sendData(hex("00 ff"));
    carry();
    server.close(1000, "bye");
    carry();
    const messages = [
      ["send", 9, btoa("?")],
      ["send", 1, "hello"],
      ["receive", 2, "AP8="],
      ["receive", 10, btoa("?")],
      ["receive", 8, btoa("\x03\xe8bye")],
      ["send", 8, btoa("\x03\xe8bye")],
    ];
    for (const trace of traces) {
      const entry = entryOf(trace);
      // The server sent its message before it read the client's.
      const order = trace.role === "client" ? [0, 1, 2, 3, 4, 5] : [2, 0, 1, 3, 4, 5];
      expect(listed(entry)).toEqual(order.map((i) => messages[i]));
      expect(entry.request).toMatchObject({
        method: "GET",
        url: "ws://example.com/chat?room=a%20b&x",
        httpVersion: "HTTP/1.1",
        queryString: [
          { name: "room", value: "a b" },
          { name: "x", value: "" },
        ],
      });
      expect(entry.response).toMatchObject({ status: 101, statusText: "Switching Protocols", httpVersion: "HTTP/1.1" });
      expect(entry._resourceType).toBe("websocket");
      expect(Math.abs(Date.parse(entry.startedDateTime) - Date.now())).toBeLessThan(60_000);
      const times = entry._webSocketMessages.map(({ time }) => time);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(Math.abs(times[0]! - Date.now() / 1000)).toBeLessThan(60);
    }
    expect(entryOf(traces[0]!, { encrypted: true }).request.url).toMatch(/^wss:/);
  });

  test("secret headers are redacted by default", () => {
    const { client, carry } = converse({ headers: { cookie: "sid=s3cr3t", authorization: "Bearer s3cr3t" } });
    const trace = tap(client);
    carry();
    expect(JSON.stringify(harOf(trace))).not.toContain("s3cr3t");
    const open = entryOf(trace, { redact: { headers: [], tokens: false } });
    expect(open.request.cookies).toEqual([{ name: "sid", value: "s3cr3t" }]);
    expect(JSON.stringify(trace.records)).not.toEqual(JSON.stringify([]));
  });

  test("redacted payloads keep their length, and truncated ones give it", () => {
    const connection = new WSConnection("client", { handshake: "none" });
    const trace = tap(connection, { maxPayloadBytes: 4 });
    feed(connection, hex("81 02 68 69 81 06 61*6"));
    expect(entryOf(trace)._webSocketMessages.map(({ data, _length }) => [data, _length])).toEqual([
      ["hi", undefined],
      ["aaaa", 6],
    ]);
    expect(entryOf(trace, { redact: { payload: "length" } })._webSocketMessages[0]).toMatchObject({
      data: "xx",
      _length: 2,
    });
    const payload = (): string => "gone";
    expect(entryOf(trace, { redact: { payload } })._webSocketMessages[0]).toMatchObject({ data: "gone" });
  });

  test("a rejection with its body", () => {
    const { client, server } = converse();
    const trace = tap(client);
    server.receiveBytes(client.bytesToSend());
    server.reject(pull(server)[0] as never, { status: 302, headers: { location: "/x" }, body: "there" });
    client.receiveBytes(server.bytesToSend());
    expect(entryOf(trace).response).toMatchObject({
      status: 302,
      redirectURL: "/x",
      content: { size: 5, text: "there" },
      bodySize: 5,
    });
  });

  test("a rejection with a chunked body", () => {
    const body = ascii("5;x=y\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
    const server = join(head("HTTP/1.1 503 Later", "Transfer-Encoding: chunked"), body);
    const [entry] = harOf({ role: "client", records: decode({ server }) }).log.entries;
    expect(entry!.response).toMatchObject({ content: { size: 6, text: "hello!" }, bodySize: body.length });
    const broken = join(head("HTTP/1.1 503 Later", "Transfer-Encoding: chunked"), ascii("5\r\nhel"));
    const [cut] = harOf({ role: "client", records: decode({ server: broken }) }).log.entries;
    expect(cut!.response.content.text).toBe("hel");
  });

  test.each([
    ["as it is", "Content-Length: 4", hex("1f 8b 00 ff"), "H4sA/w=="],
    [
      "in chunks",
      "Transfer-Encoding: chunked",
      join(ascii("4\r\n"), hex("1f 8b 00 ff"), ascii("\r\n0\r\n\r\n")),
      "H4sA/w==",
    ],
    [
      "and coded",
      "Transfer-Encoding: gzip, chunked",
      join(ascii("4\r\n"), hex("1f 8b 00 ff"), ascii("\r\n0\r\n\r\n")),
      "H4sA/w==",
    ],
    [
      "on two lines",
      "Transfer-Encoding: gzip\r\nTransfer-Encoding: Chunked",
      join(ascii("1\r\n"), hex("ff"), ascii("\r\n0\r\n\r\n")),
      "/w==",
    ],
    ["text that is cut", "Content-Length: 9", hex("61 e2 98"), "YeKY"],
    ["Latin-1", "Content-Type: text/plain; charset=latin1", hex("e9"), "6Q=="],
  ])("a rejection whose body is not UTF-8, %s, is in Base64", (_, line, body, text) => {
    const server = join(head("HTTP/1.1 503 Later", line), body);
    const [entry] = harOf({ role: "client", records: decode({ server }) }).log.entries;
    expect(entry!.response.content).toMatchObject({ text, encoding: "base64", size: atob(text).length });
    expect(entry!.response.bodySize).toBe(body.length);
  });

  test("a body that is UTF-8 is text, with no encoding", () => {
    const server = join(
      head("HTTP/1.1 503 Later", "Transfer-Encoding: gzip, chunked"),
      ascii("2\r\n"),
      hex("c3 a9"),
      ascii("\r\n0\r\n\r\n"),
    );
    const [entry] = harOf({ role: "client", records: decode({ server }) }).log.entries;
    expect(entry!.response.content).toEqual({ size: 2, mimeType: "x-unknown", text: "é" });
  });

  test("an encoded body is left encoded", () => {
    const server = join(head("HTTP/1.1 503 Later", "Transfer-Encoding: chunked, gzip"), ascii("1\r\na\r\n0\r\n\r\n"));
    const [entry] = harOf({ role: "client", records: decode({ server }) }).log.entries;
    expect(entry!.response.content.text).toBe("1\r\na\r\n0\r\n\r\n");
  });

  test("a truncated body gives its full length", () => {
    const server = join(head("HTTP/1.1 503 Later", "Content-Length: 9"), ascii("123456789"));
    const [entry] = harOf({ role: "client", records: decode({ server }, { maxPayloadBytes: 4 }) }).log.entries;
    expect(entry!.response).toMatchObject({ bodySize: 9, content: { size: 9, text: "1234" } });
  });

  test.each([
    ["GET /chat?x=1 HTTP/1.1", "a.example", "ws://a.example/chat?x=1", "wss://a.example/chat?x=1"],
    ["GET http://b.example?x HTTP/1.1", "a.example", "ws://b.example/?x", "ws://b.example/?x"],
    ["GET HTTPS://B.example:1/c HTTP/1.1", "a.example", "wss://B.example:1/c", "wss://B.example:1/c"],
    ["GET wss://b.example/ HTTP/1.1", "a.example", "wss://b.example/", "wss://b.example/"],
    ['GET /a|b\\"{} HTTP/1.1', "a.example", 'ws://a.example/a|b\\"{}', 'wss://a.example/a|b\\"{}'],
    ["GET /a\tb\x7f\u00e9 HTTP/1.1", "a b", "ws://a%20b/a%09b%7F%C3%A9", "wss://a%20b/a%09b%7F%C3%A9"],
    ["GET chat HTTP/1.1", "a.example", "ws://a.example/chat", "wss://a.example/chat"],
    ["GET", "a.example", "ws://a.example/", "wss://a.example/"],
  ])("the URL of %j to %j is valid, whatever the capture contains", (line, host, url, encrypted) => {
    const capture = { role: "client" as const, records: decode({ client: head(line, `Host: ${host}`) }) };
    expect(harOf(capture).log.entries[0]!.request.url).toBe(url);
    expect(harOf(capture, { encrypted: true }).log.entries[0]!.request.url).toBe(encrypted);
  });

  test("an interrupted message, one inside another, and invalid text", () => {
    const bytes = hex("01 01 61 82 01 62 01 01 63 89 00 81 01 ff");
    const entry = harOf({ role: "client", records: decode({ server: bytes }) }).log.entries[0]!;
    expect(entry._webSocketMessages.map(({ opcode, data, _incomplete }) => [opcode, data, _incomplete])).toEqual([
      [1, "a", true],
      [2, "Yg==", undefined],
      [9, "", undefined],
      [1, "c", true],
      [1, "\ufffd", undefined],
    ]);
  });

  test("several captures, without a handshake, with half of one, and empty", () => {
    const har = harOf([
      { role: "client", records: decode({ client: hex("82 80 00*4") }) },
      { role: "server", records: decode({ client: join(head("what", "Host"), hex("00")) }) },
      { role: "client", records: [] },
    ]);
    expect(har.log.entries.map(({ request, response }) => [request.method, request.url, response.status])).toEqual([
      ["GET", "ws://localhost/", 0],
      ["xxxx", "ws://localhost/", 0],
      ["GET", "ws://localhost/", 0],
    ]);
  });
});
