/** Captures as HTTP Archives (HAR 1.2), where DevTools look for the messages. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { WSConnection } from "../../src/index.ts";
import { decode, tap, toHAR, type HAR, type HAREntry, type HAROptions, type Trace } from "../../src/inspect/index.ts";
import { ascii, feed, head, hex, join, pull } from "../support/wire.ts";
import { converse } from "./captures.ts";

/** The fields that HAR 1.2 demands, and their types: http://www.softwareishard.com/blog/har-12-spec/. */
const pair = { name: "string", value: "string" };
const schema = {
  log: {
    version: "string",
    creator: { name: "string", version: "string" },
    entries: [
      {
        startedDateTime: "string",
        time: "number",
        request: {
          method: "string",
          url: "string",
          httpVersion: "string",
          cookies: [pair],
          headers: [pair],
          queryString: [pair],
          headersSize: "number",
          bodySize: "number",
        },
        response: {
          status: "number",
          statusText: "string",
          httpVersion: "string",
          cookies: [pair],
          headers: [pair],
          content: { size: "number", mimeType: "string" },
          redirectURL: "string",
          headersSize: "number",
          bodySize: "number",
        },
        cache: {},
        timings: { send: "number", wait: "number", receive: "number" },
        _webSocketMessages: [{ type: "string", time: "number", opcode: "number", data: "string" }],
      },
    ],
  },
};

function expectShape(value: unknown, shape: unknown, where = "har"): void {
  if (typeof shape === "string") {
    expect(typeof value, where).toBe(shape);
  } else if (Array.isArray(shape)) {
    expect(Array.isArray(value), where).toBe(true);
    (value as unknown[]).forEach((element, i) => expectShape(element, shape[0], `${where}[${i}]`));
  } else {
    expect(value, where).toBeTypeOf("object");
    for (const [name, inner] of Object.entries(shape as object)) {
      expectShape((value as Record<string, unknown>)[name], inner, `${where}.${name}`);
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

  test("secret headers are overwritten, unless they are asked for", () => {
    const { client, carry } = converse({ headers: { cookie: "sid=s3cr3t", authorization: "Bearer s3cr3t" } });
    const trace = tap(client);
    carry();
    expect(JSON.stringify(harOf(trace))).not.toContain("s3cr3t");
    const open = entryOf(trace, { redact: { headers: [] } });
    expect(open.request.cookies).toEqual([{ name: "sid", value: "s3cr3t" }]);
    expect(JSON.stringify(trace.records)).not.toEqual(JSON.stringify([]));
  });

  test("payloads that are redacted keep their length, those that were cut tell it", () => {
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

  test("a rejection whose body came in chunks", () => {
    const body = ascii("5;x=y\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
    const server = join(head("HTTP/1.1 503 Later", "Transfer-Encoding: chunked"), body);
    const [entry] = harOf({ role: "client", records: decode({ server }) }).log.entries;
    expect(entry!.response).toMatchObject({ content: { size: 6, text: "hello!" }, bodySize: body.length });
    const broken = join(head("HTTP/1.1 503 Later", "Transfer-Encoding: chunked"), ascii("5\r\nhel"));
    const [cut] = harOf({ role: "client", records: decode({ server: broken }) }).log.entries;
    expect(cut!.response.content.text).toBe("hel");
  });

  test("a message that was broken off, one within which another began, and text that is none", () => {
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

  test("several captures, with no handshake, with half of one, and with none of anything", () => {
    const har = harOf([
      { role: "client", records: decode({ client: hex("82 80 00*4") }) },
      { role: "server", records: decode({ client: join(head("what", "Host"), hex("00")) }) },
      { role: "client", records: [] },
    ]);
    expect(har.log.entries.map(({ request, response }) => [request.method, request.url, response.status])).toEqual([
      ["GET", "ws://localhost/", 0],
      ["what", "ws:///", 0],
      ["GET", "ws://localhost/", 0],
    ]);
  });
});
