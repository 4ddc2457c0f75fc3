/** RFC 6455 §4.2.2: the server's answer. https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2 */
import { describe, expect, test } from "vitest";
import {
  LocalProtocolError,
  WSConnection,
  type AcceptOptions,
  type ConnectionRequested,
  type RejectOptions,
} from "../../src/index.ts";
import { unfitMemory } from "../support/unfitMemory.ts";
import { ascii, expectClosed, feed, hex, pull } from "../support/wire.ts";
import { ACCEPT, asked, client, expectEndOfStream, feedAccepting, readMessage, request } from "./heads.ts";
import { flip } from "./flip.ts";

const wrongState: unknown = expect.objectContaining({ name: "LocalProtocolError", code: "wrongState" });

/** Expects that a call throws this and leaves no trace: nothing to send, and the request still waits for its answer. */
function expectNoTrace(server: WSConnection, requested: ConnectionRequested, call: () => void, error: unknown): void {
  expect(call).toThrow(error);
  expect(server.bytesToSend()).toHaveLength(0);
  expect(server.state).toBe("connecting");
  expect(server.subprotocol).toBeUndefined();
  expect(pull(server)).toEqual([]);
  server.accept(requested);
  expect(readMessage(server.bytesToSend()).startLine).toMatch(/^HTTP\/1\.1 101 /);
}

describe("§4.2.2 accept", () => {
  test("the RFC's example", () => {
    const { server, requested } = asked();
    server.accept(requested);
    expect(server.state).toBe("open");
    expect(server.closed).toBe(false);
    const answer = readMessage(server.bytesToSend());
    expect(answer.startLine).toBe("HTTP/1.1 101 Switching Protocols");
    expect([...answer.lines].sort()).toEqual([
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${ACCEPT}`,
      "Upgrade: websocket",
    ]);
    expect(answer.body).toBe("");
    const [established, ...rest] = pull(server);
    expect(established).toMatchObject({ type: "connectionEstablished", subprotocol: undefined, extensions: [] });
    expect(rest).toEqual([]);
  });

  test("with one of the subprotocols that were offered", () => {
    const { server, requested } = asked(request("+Sec-WebSocket-Protocol: chat, superchat"));
    server.accept(requested, { subprotocol: "superchat" });
    expect(server.subprotocol).toBe("superchat");
    expect(readMessage(server.bytesToSend()).values("sec-websocket-protocol")).toEqual(["superchat"]);
    expect(pull(server)).toMatchObject([{ type: "connectionEstablished", subprotocol: "superchat" }]);
  });

  test("with only the extensions that are named", () => {
    const offer = request("+Sec-WebSocket-Extensions: x-a, x-b");
    for (const [names, agreed] of [
      [["x-b", "x-other"], ["x-b"]],
      [[], []],
      [undefined, ["x-a", "x-b"]],
    ] as const) {
      const server = new WSConnection("server", { extensions: [flip("x-a"), { ...flip("x-b"), accept: plainly }] });
      const [requested] = feed(server, offer) as [ConnectionRequested];
      server.accept(requested, { extensions: names });
      expect(server.extensions.map(({ name }) => name)).toEqual(agreed);
    }
  });

  test("with none of them, unless the server chooses one", () => {
    const { server, requested } = asked(request("+Sec-WebSocket-Protocol: chat"));
    server.accept(requested);
    expect(server.subprotocol).toBeUndefined();
    expect(readMessage(server.bytesToSend()).values("sec-websocket-protocol")).toEqual([]);
  });

  test("with the application's headers, and one line per Set-Cookie", () => {
    const { server, requested } = asked();
    const headers = new Headers({ "X-Powered-By": "tests", "X-Latin": "\xe9" });
    headers.append("Set-Cookie", "a=1; Path=/");
    headers.append("Set-Cookie", "b=2, 3");
    server.accept(requested, { headers });
    const answer = readMessage(server.bytesToSend());
    expect(answer.values("set-cookie")).toEqual(["a=1; Path=/", "b=2, 3"]);
    expect(answer.values("x-powered-by")).toEqual(["tests"]);
    expect(answer.values("x-latin")).toEqual(["\xe9"]);
    expect(answer.values("sec-websocket-accept")).toEqual([ACCEPT]);
    const [established] = pull(server);
    const told = established?.type === "connectionEstablished" ? established.headers : new Headers();
    expect(told.getSetCookie()).toEqual(["a=1; Path=/", "b=2, 3"]);
    expect([...headers.keys()], "the caller's own are not changed").not.toContain("upgrade");
  });

  test.each([
    ["an object", { "X-A": "1" }],
    ["a list", [["X-A", "1"]] as [string, string][]],
    ["Headers", new Headers({ "x-a": "1" })],
  ])("headers may be %s", (_, headers) => {
    const { server, requested } = asked();
    server.accept(requested, { headers });
    expect(readMessage(server.bytesToSend()).values("x-a")).toEqual(["1"]);
  });

  test("answers every key with its hash", () => {
    const { server, requested } = asked(request("Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="));
    server.accept(requested);
    expect(readMessage(server.bytesToSend()).values("sec-websocket-accept")).toEqual(["HSmrc0sMlYUkAGmm5OPpG2HaGWk="]);
  });

  test("extensions: in the client's order, each once, and only offered ones", () => {
    const server = new WSConnection("server", {
      extensions: [
        flip("x-unasked"),
        { ...flip("x-b"), accept: () => accepted(4) },
        { ...flip("x-a"), accept: () => accepted(0) },
      ],
    });
    const offer = "+Sec-WebSocket-Extensions: x-unknown, x-a; p=1, x-a, x-b";
    const [requested] = feed(server, request(offer));
    server.accept(requested as ConnectionRequested);
    expect(server.extensions).toEqual([
      { name: "x-a", parameters: [["yes"]] },
      { name: "x-b", parameters: [["yes"]] },
    ]);
    expect(readMessage(server.bytesToSend()).values("sec-websocket-extensions")).toEqual(["x-a; yes, x-b; yes"]);
  });

  test("extensions: a second one that claims the same bits is left out (§9.1)", () => {
    const server = new WSConnection("server", { extensions: [flip("x-a"), flip("x-b")] });
    const [requested] = feed(server, request("+Sec-WebSocket-Extensions: x-b, x-a"));
    server.accept(requested as ConnectionRequested);
    expect(server.extensions).toEqual([{ name: "x-b", parameters: [] }]);
  });

  test("extensions: a declined offer leaves room for the client's next one", () => {
    const server = new WSConnection("server", { extensions: [flip("x-flip", [["level", "2"]])] });
    const [requested] = feed(server, request("+Sec-WebSocket-Extensions: x-flip; level=1, x-flip; level=2"));
    server.accept(requested as ConnectionRequested);
    expect(server.extensions).toEqual([{ name: "x-flip", parameters: [["level", "2"]] }]);
  });

  const accepted = (reservedBits: number): { parameters: [["yes"]]; codec: { reservedBits: number } } => ({
    parameters: [["yes"]],
    codec: { reservedBits },
  });
});

const plainly = (): { parameters: []; codec: { reservedBits: number } } => ({
  parameters: [],
  codec: { reservedBits: 0 },
});

describe("§4.2.2 accept refuses invalid options, and has no effect", () => {
  test("extensions themselves where names are meant", () => {
    const { server, requested } = asked();
    const extensions = [flip("x-a")] as unknown as string[];
    expectNoTrace(server, requested, () => server.accept(requested, { extensions }), TypeError);
  });
  test.each([
    ["when none was", [], "chat"],
    ["in that case", ["+Sec-WebSocket-Protocol: Chat"], "chat"],
    ["but a part of", ["+Sec-WebSocket-Protocol: superchat"], "chat"],
    ["empty", ["+Sec-WebSocket-Protocol: chat"], ""],
    ["two at once", ["+Sec-WebSocket-Protocol: a, b"], "a, b"],
  ])("a subprotocol that was not offered: %s", (_, changes, subprotocol) => {
    const { server, requested } = asked(request(...changes));
    const error: unknown = expect.objectContaining({ name: "LocalProtocolError", code: "subprotocolNotOffered" });
    expectNoTrace(server, requested, () => server.accept(requested, { subprotocol }), error);
  });

  test.each([
    "Host",
    "Upgrade",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
    "sec-websocket-extensions",
  ])("the header %s, which the handshake sets", (name) => {
    const { server, requested } = asked();
    expectNoTrace(server, requested, () => server.accept(requested, { headers: { [name]: "x" } }), TypeError);
    const other = asked();
    expectNoTrace(
      other.server,
      other.requested,
      () => other.server.reject(other.requested, { headers: { [name]: "x" } }),
      TypeError,
    );
  });

  test.each(["a\r\nX-Injected: b", "a\nb", "a\rb", "a\0b", "a\x01b", "a\x7fb", "\u0100"])(
    "a header with the value %j",
    (value) => {
      for (const answer of ["accept", "reject"] as const) {
        const { server, requested } = asked();
        expectNoTrace(server, requested, () => server[answer](requested, { headers: { "X-A": value } }), TypeError);
      }
    },
  );

  test.each(["", "a b", "a:", "a\r\nb", "\u00e9"])("a header with the name %j", (name) => {
    for (const answer of ["accept", "reject"] as const) {
      const { server, requested } = asked();
      expectNoTrace(server, requested, () => server[answer](requested, { headers: { [name]: "x" } }), TypeError);
    }
  });

  test("line breaks around a value, which the platform removes, inject nothing", () => {
    const { server, requested } = asked();
    server.accept(requested, { headers: { "X-A": "\r\na\r\n" } });
    const answer = readMessage(server.bytesToSend());
    expect(answer.values("x-a")).toEqual(["a"]);
    expect(answer.lines).toHaveLength(4);
    expect(answer.body).toBe("");
  });

  test("a request of another connection, or an invented one", () => {
    const { server, requested } = asked();
    const error: unknown = expect.objectContaining({ name: "LocalProtocolError", code: "unknownRequest" });
    const foreign = [asked().requested, { ...requested }, undefined as unknown as ConnectionRequested];
    for (const other of foreign) {
      expect(() => server.accept(other)).toThrow(error);
      expect(() => server.reject(other)).toThrow(error);
    }
    expectNoTrace(server, requested, () => server.accept(asked().requested), error);
  });

  test("before there is a request", () => {
    const server = new WSConnection("server");
    const { requested } = asked();
    expect(() => server.accept(requested)).toThrow(LocalProtocolError);
    expect(() => server.reject(requested)).toThrow(LocalProtocolError);
    expect(server.bytesToSend()).toHaveLength(0);
    expect(feed(server, request())).toHaveLength(1);
  });

  test("a second answer after accept", () => {
    const { server, requested } = asked();
    server.accept(requested);
    server.bytesToSend();
    expect(() => server.accept(requested)).toThrow(wrongState);
    expect(() => server.reject(requested)).toThrow(wrongState);
    expect(() => server.sendRejectionData("no")).toThrow(wrongState);
    expect(server.bytesToSend()).toHaveLength(0);
    expect(server.state).toBe("open");
  });

  test.each([{}, { streamed: true }])("a second answer after reject %j", (options) => {
    const { server, requested } = asked();
    server.reject(requested, options);
    const { state } = server;
    server.bytesToSend();
    expect(() => server.accept(requested)).toThrow(wrongState);
    expect(() => server.reject(requested)).toThrow(wrongState);
    expect(server.bytesToSend()).toHaveLength(0);
    expect(server.state).toBe(state);
  });

  test("from a client", () => {
    const { requested } = asked();
    const connection = client();
    expect(() => connection.accept(requested)).toThrow(LocalProtocolError);
    expect(() => connection.reject(requested)).toThrow(LocalProtocolError);
    expect(() => connection.sendRejectionData("no")).toThrow(LocalProtocolError);
    expect(() => connection.receiveRequest({ method: "GET", target: "/", headers: {} })).toThrow(LocalProtocolError);
    expect(connection.bytesToSend()).toHaveLength(0);
    expect(connection.state).toBe("connecting");
  });

  test("messages, pings and closes before the connection is open", () => {
    const { server, requested } = asked();
    const calls = [
      () => server.sendData("x"),
      () => server.ping(),
      () => server.pong(),
      () => server.close(),
      () => server.sendRejectionData("x"),
    ];
    for (const call of calls) expect(call).toThrow(wrongState);
    expectNoTrace(server, requested, calls[0]!, wrongState);
  });
});

describe("§4.2.2 reject", () => {
  /** The whole of what a rejection sends. */
  function rejected(options?: RejectOptions): ReturnType<typeof readMessage> {
    const { server, requested } = asked();
    server.reject(requested, options);
    expect(server.state).toBe("closed");
    expect(server.closed).toBe(true);
    const message = readMessage(server.bytesToSend());
    // The stream is given up afterwards, and the client should know (RFC 9112 §9.6).
    expect(message.values("connection")).toEqual(["close"]);
    expectEndOfStream(server, pull(server));
    expect(pull(server)).toEqual([]);
    expect(feed(server, request())).toEqual([]);
    return message;
  }

  test("403 with no body by default", () => {
    const message = rejected();
    expect(message.startLine).toBe("HTTP/1.1 403 Forbidden");
    expect(message.values("content-length")).toEqual(["0"]);
    expect(message.body).toBe("");
  });

  test.each([
    [200, "OK"],
    [302, "Found"],
    [401, "Unauthorized"],
    [404, "Not Found"],
    [503, "Service Unavailable"],
    [418, ""],
    [599, ""],
  ])("status %d", (status, reason) => {
    // RFC 9112 §4: the space before the reason stands even if there is none.
    expect(rejected({ status }).startLine).toBe(`HTTP/1.1 ${status} ${reason}`);
  });

  test("headers, and one line per Set-Cookie", () => {
    const headers: [string, string][] = [
      ["Location", "https://example.com/"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ];
    const message = rejected({ status: 302, headers });
    expect(message.values("location")).toEqual(["https://example.com/"]);
    expect(message.values("set-cookie")).toEqual(["a=1", "b=2"]);
  });

  test("a body of text is sent in UTF-8, with its length in bytes", () => {
    const message = rejected({ status: 401, body: "n\u00f6 \u{1f6ab}" });
    expect(message.values("content-length")).toEqual(["8"]);
    expect(message.body).toBe("n\xc3\xb6 \xf0\x9f\x9a\xab");
  });

  test("a body of bytes: buffers and views of every kind", () => {
    const { buffer } = hex("00 61 62 63 64 00");
    for (const body of [hex("61 62 63 64").buffer, new Uint8Array(buffer, 1, 4), new DataView(buffer, 1, 4)]) {
      const message = rejected({ body });
      expect(message.values("content-length")).toEqual(["4"]);
      expect(message.body).toBe("abcd");
    }
  });

  test.each([101, 100, 199, 0, 600, 999, 403.5, NaN])("RangeError for the status %s", (status) => {
    const { server, requested } = asked();
    expectNoTrace(server, requested, () => server.reject(requested, { status }), RangeError);
  });

  test.each(["403", null])("TypeError for the status %j", (status) => {
    const { server, requested } = asked();
    expectNoTrace(server, requested, () => server.reject(requested, { status: status as never }), TypeError);
  });

  test.each(unfitMemory)("TypeError for a body in %s", (_, make) => {
    const { server, requested } = asked();
    expectNoTrace(server, requested, () => server.reject(requested, { body: make() }), TypeError);
  });

  test.each([5, null, {}, [1]])("TypeError for the body %j", (body) => {
    const { server, requested } = asked();
    expectNoTrace(server, requested, () => server.reject(requested, { body: body as unknown as string }), TypeError);
  });

  test("204 and 304 need no length (RFC 9110 §8.6)", () => {
    for (const status of [204, 304]) {
      const message = rejected({ status });
      expect(message.values("content-length")).toEqual([]);
      expect(message.values("transfer-encoding")).toEqual([]);
      expect(message.body).toBe("");
    }
  });

  test.each([
    [204, {}],
    [304, {}],
    [204, { streamed: true }],
    [304, { streamed: true }],
  ])("%d has no body, and does not announce one (RFC 9110 §15.3.5, RFC 9112 §6.1): %j", (status, options) => {
    const { server, requested } = asked();
    try {
      server.reject(requested, { status, body: "abc", ...options });
      if (server.state === "rejecting") server.sendRejectionData("def", true);
    } catch (error) {
      // To refuse the body is as good as to leave it out.
      expect(error).toSatisfy(
        (e) => e instanceof TypeError || e instanceof RangeError || e instanceof LocalProtocolError,
      );
    }
    const bytes = server.bytesToSend();
    if (bytes.length === 0) return;
    const message = readMessage(bytes);
    expect(message.body).toBe("");
    if (status === 204) expect(message.values("transfer-encoding")).toEqual([]);
  });

  test("early frames of the client are not reported", () => {
    const server = new WSConnection("server");
    server.receiveBytes(request());
    const [requested] = pull(server);
    server.receiveBytes(hex("89 80 00 00 00 00"));
    server.reject(requested as ConnectionRequested);
    expectEndOfStream(server, pull(server));
  });
});

describe("§4.2.2 reject with a streamed body (RFC 9112 §7.1)", () => {
  const head = /^HTTP\/1\.1 503 Service Unavailable$/;

  test("sendRejectionData sends chunks, and the last one with finished", () => {
    const { server, requested } = asked();
    server.reject(requested, { status: 503, headers: { "Retry-After": "5" }, streamed: true });
    expect(server.state).toBe("rejecting");
    expect(server.closed).toBe(false);
    const message = readMessage(server.bytesToSend());
    expect(message.startLine).toMatch(head);
    expect(message.values("transfer-encoding")).toEqual(["chunked"]);
    expect(message.values("content-length")).toEqual([]);
    expect(message.values("connection")).toEqual(["close"]);
    expect(message.values("retry-after")).toEqual(["5"]);
    expect(message.body).toBe("");
    expect(pull(server)).toEqual([]);

    server.sendRejectionData("Hello");
    expect(server.bytesToSend()).toEqual(ascii("5\r\nHello\r\n"));
    server.sendRejectionData(new Uint8Array(0x1a2b).fill(0x78));
    expect(server.bytesToSend()).toEqual(ascii(`1a2b\r\n${"x".repeat(0x1a2b)}\r\n`));
    // An empty chunk would be the last one.
    server.sendRejectionData("");
    expect(server.bytesToSend()).toHaveLength(0);
    expect(server.state).toBe("rejecting");
    server.sendRejectionData("bye", true);
    expect(server.bytesToSend()).toEqual(ascii("3\r\nbye\r\n0\r\n\r\n"));
    expectEndOfStream(server, pull(server));
  });

  test("a body passed to reject is its first chunk", () => {
    const { server, requested } = asked();
    server.reject(requested, { body: "abc", streamed: true });
    expect(readMessage(server.bytesToSend()).body).toBe("3\r\nabc\r\n");
    server.sendRejectionData(new ArrayBuffer(0), true);
    expect(server.bytesToSend()).toEqual(ascii("0\r\n\r\n"));
    expectEndOfStream(server, pull(server));
  });

  test("sendRejectionData refuses invalid bodies, and data after the end", () => {
    const { server, requested } = asked();
    server.reject(requested, { streamed: true });
    server.bytesToSend();
    expect(() => server.sendRejectionData(5 as unknown as string, true)).toThrow(TypeError);
    expect(server.state).toBe("rejecting");
    expect(() => server.sendData("x")).toThrow(wrongState);
    expect(() => server.close()).toThrow(wrongState);
    expect(server.bytesToSend()).toHaveLength(0);
    server.sendRejectionData("", true);
    server.bytesToSend();
    expect(() => server.sendRejectionData("more")).toThrow(wrongState);
    expect(() => server.sendRejectionData("", true)).toThrow(wrongState);
    expect(server.bytesToSend()).toHaveLength(0);
    expectEndOfStream(server, pull(server));
  });

  test("sendRejectionData after a complete rejection", () => {
    const { server, requested } = asked();
    server.reject(requested);
    server.bytesToSend();
    expect(() => server.sendRejectionData("more")).toThrow(wrongState);
    expect(server.bytesToSend()).toHaveLength(0);
  });

  test("a client that has ended its side still gets the rejection", () => {
    const { server, requested } = asked();
    server.reject(requested, { streamed: true });
    server.receiveBytes(null);
    expect(pull(server)).toEqual([]);
    server.bytesToSend();
    server.sendRejectionData("x", true);
    expect(server.bytesToSend()).toEqual(ascii("1\r\nx\r\n0\r\n\r\n"));
    expectEndOfStream(server, pull(server));
  });

  test("the client receives what the server streams", () => {
    const { server, requested } = asked();
    const connection = client();
    server.reject(requested, { status: 401, body: "who ", streamed: true });
    server.sendRejectionData("are you?", true);
    const events = feed(connection, server.bytesToSend());
    const body = events.map((event) => (event.type === "rejectionData" ? new TextDecoder().decode(event.data) : ""));
    expect(body.join("")).toBe("who are you?");
    expect(events[0]).toMatchObject({ type: "connectionRejected", status: 401, statusText: "Unauthorized" });
    expectEndOfStream(connection, events);
    expect(expectClosed(events).error).toBeUndefined();
  });
});

test("reject with 426 names the protocol to upgrade to (RFC 9110 §15.5.22, RFC 6455 §4.4)", () => {
  const { server, requested } = asked();
  server.reject(requested, { status: 426 });
  const message = readMessage(server.bytesToSend());
  expect(message.values("upgrade")).toEqual(["websocket"]);
  expect(message.values("connection")).toEqual(["Upgrade, close"]);
  expect(message.values("sec-websocket-version")).toEqual(["13"]);
});

describe("§4.2.2 one answer, one connection", () => {
  test("an extension object serves any number of connections", () => {
    const extensions = [flip("x-flip", [["a", "1"]])];
    const options: AcceptOptions = {};
    const offer = request("+Sec-WebSocket-Extensions: x-flip; a=1");
    for (let i = 0; i < 2; i++) {
      const server = new WSConnection("server", { extensions });
      expect(feedAccepting(server, offer, [], options)).toMatchObject([
        { type: "connectionRequested" },
        { type: "connectionEstablished", extensions: [{ name: "x-flip", parameters: [["a", "1"]] }] },
      ]);
    }
    const plain = new WSConnection("server", { extensions });
    feedAccepting(plain, request());
    expect(plain.extensions).toEqual([]);
    expect(extensions[0]?.offer()).toEqual([[["a", "1"]]]);
  });
});
