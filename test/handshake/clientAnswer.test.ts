/** RFC 6455 §4.1: reading the server's answer. https://www.rfc-editor.org/rfc/rfc6455#section-4.1 */
import { describe, expect, test } from "vitest";
import {
  RemoteProtocolError,
  type ClientOptions,
  type ConnectionEstablished,
  type ProtocolErrorCode,
} from "../../src/index.ts";
import { ascii, everyByte, everyWay, expectClosed, feed, hex, join, joined, pull } from "../support/wire.ts";
import { ACCEPT, client, expectEndOfStream, response } from "./heads.ts";
import { flip } from "./flip.ts";

/** Expects that the answer opens the connection, in any split. */
function expectEstablished(bytes: Uint8Array, options: Partial<ClientOptions> = {}): ConnectionEstablished {
  let established: ConnectionEstablished | undefined;
  everyWay(
    () => client(options),
    bytes,
    ({ connection, events, sent }) => {
      expect(events.map((event) => event.type)).toEqual(["connectionEstablished"]);
      expect(connection.state).toBe("open");
      expect(sent).toHaveLength(0);
      established = events[0] as ConnectionEstablished;
      expect(connection.subprotocol).toBe(established.subprotocol);
      expect(connection.extensions).toEqual(established.extensions);
    },
  );
  return established!;
}

/** Expects that the answer fails the connection, in any split, and that nothing is sent. */
function expectInvalid(
  bytes: Uint8Array,
  code: ProtocolErrorCode,
  options: Partial<ClientOptions> = {},
  section = /^RFC 6455 §/,
): void {
  everyWay(
    () => client(options),
    bytes,
    ({ connection, events, sent }) => {
      expect(events.map((event) => event.type)).toEqual(["connectionClosed"]);
      const closed = expectClosed(events);
      expect(closed).toMatchObject({ code: 1006, reason: "", wasClean: false });
      expect(closed.error).toBeInstanceOf(RemoteProtocolError);
      expect(closed.error?.code).toBe(code);
      expect(closed.error?.section).toMatch(section);
      expect(sent).toHaveLength(0);
      expect(connection.state).toBe("closed");
      expect(feed(connection, response()), "nothing comes after the end").toEqual([]);
      expect(() => connection.sendData("x")).toThrow(expect.objectContaining({ code: "wrongState" }));
    },
  );
}

describe("§4.1 an answer that opens the connection", () => {
  test("the RFC's example", () => {
    const { headers, ...rest } = expectEstablished(response());
    expect(rest).toEqual({ type: "connectionEstablished", subprotocol: undefined, extensions: [] });
    expect([...headers]).toEqual([
      ["connection", "Upgrade"],
      ["sec-websocket-accept", ACCEPT],
      ["upgrade", "websocket"],
    ]);
  });

  test.each([
    ["Upgrade in any case", ["Upgrade: WebSocket"]],
    ["Connection in any case", ["Connection: uPGRADE"]],
    ["Connection in a list", ["Connection: keep-alive, Upgrade"]],
    ["Connection on two lines (RFC 9110 §5.3)", ["Connection: keep-alive", "+Connection: Upgrade"]],
    ["Connection on two lines, on both", ["+Connection: Upgrade"]],
    ["Connection on two lines, one empty", ["+Connection:"]],
    ["another reason", ["=HTTP/1.1 101 Web Socket Protocol Handshake"]],
    ["an empty reason", ["=HTTP/1.1 101 "]],
    ["a reason in Latin-1", ["=HTTP/1.1 101 \u00e9"]],
    ["space around the accept value", [`Sec-WebSocket-Accept: \t ${ACCEPT} \t`]],
    ["names in capitals", ["-Upgrade", "+UPGRADE: websocket"]],
  ])("%s", (_, changes) => void expectEstablished(response(...changes)));

  test("headers list every cookie", () => {
    const { headers } = expectEstablished(response("+Set-Cookie: a=1", "+Set-Cookie: b=2, c"));
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2, c"]);
  });

  test("with one of the subprotocols", () => {
    const options = { subprotocols: ["a", "b"] };
    expect(expectEstablished(response("+Sec-WebSocket-Protocol: b"), options).subprotocol).toBe("b");
  });

  test("with none of the subprotocols", () => {
    expect(expectEstablished(response(), { subprotocols: ["a", "b"] }).subprotocol).toBeUndefined();
  });

  test("with one of the extensions", () => {
    const options = { extensions: [flip("x-a"), flip("x-b", [["level", "2"]])] };
    expect(expectEstablished(response('+Sec-WebSocket-Extensions: x-b; level="2"'), options).extensions).toEqual([
      { name: "x-b", parameters: [["level", "2"]] },
    ]);
  });

  test("with extensions on several lines, in the server's order", () => {
    const other = { ...flip("x-a"), confirm: () => ({ reservedBits: 1 }) };
    const answer = response("+Sec-WebSocket-Extensions: x-b", "+Sec-WebSocket-Extensions: x-a");
    const { extensions } = expectEstablished(answer, { extensions: [other, flip("x-b")] });
    expect(extensions.map(({ name }) => name)).toEqual(["x-b", "x-a"]);
  });
});

describe("§4.1 an answer that fails the connection", () => {
  test.each<[string, string[], ProtocolErrorCode]>([
    ["no Upgrade", ["-Upgrade"], "upgradeInvalid"],
    ["Upgrade twice", ["+Upgrade: websocket"], "upgradeInvalid"],
    ["Upgrade empty", ["Upgrade:"], "upgradeInvalid"],
    ["Upgrade to something else", ["Upgrade: h2c"], "upgradeInvalid"],
    ["Upgrade to something like it", ["Upgrade: websockets"], "upgradeInvalid"],
    ["Upgrade to websocket and something else", ["Upgrade: websocket, h2c"], "upgradeInvalid"],
    ["no Connection", ["-Connection"], "connectionInvalid"],
    ["Connection without it on two lines", ["Connection: a", "+Connection: b"], "connectionInvalid"],
    ["Connection empty", ["Connection:"], "connectionInvalid"],
    ["Connection that does not upgrade", ["Connection: close"], "connectionInvalid"],
    ["no accept", ["-Sec-WebSocket-Accept"], "acceptInvalid"],
    ["accept twice", [`+Sec-WebSocket-Accept: ${ACCEPT}`], "acceptInvalid"],
    ["accept empty", ["Sec-WebSocket-Accept:"], "acceptInvalid"],
    ["accept of another key", ["Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="], "acceptInvalid"],
    ["accept with a wrong GUID", ["Sec-WebSocket-Accept: dkOm9HqI0iYGj1erWmEIZp3DqkQ="], "acceptInvalid"],
    ["accept in another case", [`Sec-WebSocket-Accept: ${ACCEPT.toLowerCase()}`], "acceptInvalid"],
    ["accept that goes on", [`Sec-WebSocket-Accept: ${ACCEPT}, x`], "acceptInvalid"],
    ["a subprotocol though none was offered", ["+Sec-WebSocket-Protocol: chat"], "subprotocolInvalid"],
    ["an extension though none was offered", ["+Sec-WebSocket-Extensions: x-a"], "extensionsInvalid"],
    ["malformed extensions", ['+Sec-WebSocket-Extensions: x-a; b="'], "extensionsInvalid"],
    ["HTTP/1.0", ["=HTTP/1.0 101 Switching Protocols"], "httpVersionInvalid"],
  ])("%s", (_, changes, code) => expectInvalid(response(...changes), code));

  test.each<[string, string[], ProtocolErrorCode]>([
    ["a subprotocol that was not offered", ["+Sec-WebSocket-Protocol: c"], "subprotocolInvalid"],
    ["a subprotocol in another case", ["+Sec-WebSocket-Protocol: A"], "subprotocolInvalid"],
    ["two subprotocols in a line", ["+Sec-WebSocket-Protocol: a, b"], "subprotocolInvalid"],
    [
      "two subprotocols in two lines",
      ["+Sec-WebSocket-Protocol: a", "+Sec-WebSocket-Protocol: a"],
      "subprotocolInvalid",
    ],
    ["an empty subprotocol", ["+Sec-WebSocket-Protocol:"], "subprotocolInvalid"],
    ["an extension that was not offered", ["+Sec-WebSocket-Extensions: x-b"], "extensionsInvalid"],
    ["one that was and one that was not", ["+Sec-WebSocket-Extensions: x-a, x-b"], "extensionsInvalid"],
    ["an extension twice", ["+Sec-WebSocket-Extensions: x-a, x-a"], "extensionsInvalid"],
    ["an extension that claims no bits, twice", ["+Sec-WebSocket-Extensions: x-quiet, x-quiet"], "extensionsInvalid"],
    ["an extension named constructor", ["+Sec-WebSocket-Extensions: constructor"], "extensionsInvalid"],
    ["an extension named __proto__", ["+Sec-WebSocket-Extensions: __proto__"], "extensionsInvalid"],
    ["parameters that the extension refuses", ["+Sec-WebSocket-Extensions: x-a; b"], "extensionsInvalid"],
    ["two extensions that claim the same bits", ["+Sec-WebSocket-Extensions: x-a, x-z"], "extensionsInvalid"],
  ])("%s", (_, changes, code) =>
    expectInvalid(response(...changes), code, {
      subprotocols: ["a", "b"],
      extensions: [flip("x-a"), flip("x-z"), { ...flip("x-quiet"), confirm: () => ({ reservedBits: 0 }) }],
    }),
  );

  test.each([
    "HTTP/1.1",
    "HTTP/1.1 ",
    "HTTP/1.1 10 Switching",
    "HTTP/1.1 1010 Switching",
    "HTTP/1.1 abc Switching",
    "HTTP/1.1 -01 Switching",
    "HTTP/1.1 099 Switching",
    "HTTP/1.1  101 Switching",
    "HTTP/1.1\t101 Switching",
    "HTTP/2 101 Switching",
    "HTTP/2.0 101 Switching",
    "http/1.1 101 Switching",
    "ICY 200 OK",
    " HTTP/1.1 101 Switching",
    "HTTP/1.1 101 Switch\0ing",
    "HTTP/1.1 101 Switch\x7fing",
    "GET / HTTP/1.1",
    "",
  ])("the status line %j", (line) => expectInvalid(response(`=${line}`), "headMalformed"));

  test.each([
    ["a TLS alert", hex("15 03 01 00 02 02 46")],
    ["the settings of HTTP/2", hex("00 00 06 04 00 00 00 00 00 00 03 00 00 00 64")],
    ["a banner of SSH", ascii("SSH-2.0-x\r\n")],
    ["a byte", hex("00")],
    ["a word too short", ascii("HTTPS")],
  ])("anything but HTTP, at once, without waiting for a blank line: %s", (_, bytes) =>
    expectInvalid(bytes, "headMalformed"),
  );

  test.each([
    ["a header without a colon", ["+X-Bad"]],
    ["a space before the colon", ["+X-Bad : a"]],
    ["a folded line", ["+X-Bad: a", "+ b"]],
    ["NUL in a value", ["+X-Bad: a\0"]],
    ["a bare LF", ["+X-Bad: a\nb"]],
    ["a bare CR", ["+X-Bad: a\rb"]],
  ])("%s", (_, changes) => expectInvalid(response(...changes), "headMalformed", {}, /^RFC 9112 §/));

  test("maxHeadBytes: one less, exactly, one more", () => {
    const maxHeadBytes = response().length;
    expectInvalid(response(), "headTooLarge", { limits: { maxHeadBytes: maxHeadBytes - 1 } }, /^RFC/);
    expectEstablished(response(), { limits: { maxHeadBytes } });
    expectEstablished(response(), { limits: { maxHeadBytes: maxHeadBytes + 1 } });
  });

  test("maxHeadLines: one less, exactly, one more", () => {
    expectInvalid(response(), "headTooManyLines", { limits: { maxHeadLines: 3 } }, /^RFC/);
    expectEstablished(response(), { limits: { maxHeadLines: 4 } });
    expectEstablished(response(), { limits: { maxHeadLines: 5 } });
  });

  test("the stream ends at any byte of the head: connectionClosed, once, with 1006", () => {
    const bytes = join(ascii("HTTP/1.1 100 Continue\r\n\r\n"), response());
    for (let end = 0; end < bytes.length; end++) {
      const connection = client();
      expect(feed(connection, bytes.subarray(0, end))).toEqual([]);
      connection.receiveBytes(null);
      expectEndOfStream(connection, pull(connection));
      expect(pull(connection)).toEqual([]);
      expect(connection.bytesToSend()).toHaveLength(0);
    }
  });
});

describe("RFC 9110 §15.2 interim responses are skipped", () => {
  test.each([
    ["100", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["102", "HTTP/1.1 102 Processing\r\n\r\n"],
    ["103 with headers", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nUpgrade: h2c\r\n\r\n"],
    ["199", "HTTP/1.1 199 \r\n\r\n"],
    ["several", "HTTP/1.1 100 Continue\r\n\r\n".repeat(3) + "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"],
  ])("%s", (_, interim) => {
    const { headers } = expectEstablished(join(ascii(interim), response()));
    expect(headers.has("x")).toBe(false);
    expect(headers.has("link")).toBe(false);
    expect(headers.get("upgrade")).toBe("websocket");
  });

  test("before a rejection, which is reported once", () => {
    const bytes = ascii("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    everyWay(
      () => client(),
      bytes,
      ({ events }) => {
        expect(joined(events)).toMatchObject([
          { type: "connectionRejected", status: 404 },
          { type: "rejectionData", data: "", finished: true },
          { type: "connectionClosed", code: 1006 },
        ]);
      },
    );
  });

  test("each has a separate head limit", () => {
    const interim = ascii("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100));
    expectEstablished(join(interim, response()), { limits: { maxHeadBytes: response().length, maxHeadLines: 4 } });
  });

  test("a malformed one fails the connection", () => {
    expectInvalid(join(ascii("HTTP/1.1 103 Early Hints\r\nX\r\n\r\n"), response()), "headMalformed", {}, /^RFC/);
  });
});

describe("frames after the answer", () => {
  const frames = hex("89 00", "81 05 48 65 6c 6c 6f", "88 02 03 e8");

  test("are delivered, whatever the chunks", () => {
    const bytes = join(response(), frames);
    const expected = [
      { type: "connectionEstablished" },
      { type: "pingReceived" },
      { type: "textReceived", data: "Hello", messageFinished: true },
      { type: "connectionClosed", code: 1000, wasClean: true, initiator: "remote" },
    ];
    const whole = joined(feed(client(), bytes));
    expect(whole).toMatchObject(expected);
    expect(joined(feed(client(), bytes, everyByte(bytes)))).toEqual(whole);
    for (const cut of everyByte(bytes)) expect(joined(feed(client(), bytes, [cut])), `cut at ${cut}`).toEqual(whole);
  });

  test("that break the rules fail the connection once it is open, with their position in the stream", () => {
    const events = feed(client(), join(response(), hex("83 00")));
    expect(events.map((event) => event.type)).toEqual(["connectionEstablished", "connectionClosed"]);
    const { error } = expectClosed(events);
    expect(error).toMatchObject({ code: "reservedOpcode", closeCode: 1002 });
    expect(error?.offset).toBeGreaterThanOrEqual(response().length);
  });
});
