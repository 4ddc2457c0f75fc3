/** RFC 6455 §4.2.1: reading the client's opening handshake. https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1 */
import { describe, expect, test } from "vitest";
import {
  RemoteProtocolError,
  WSConnection,
  type ConnectionOptions,
  type ConnectionRequested,
  type ProtocolErrorCode,
} from "../../src/index.ts";
import { ascii, everyByte, everyWay, expectClosed, feed, head, hex, join, joined, pull } from "../support/wire.ts";
import { asked, expectEndOfStream, expectRefusal, feedAccepting, KEY, request } from "./heads.ts";

/** Expects that the request is valid, in any split, and returns its event. */
function expectRequest(bytes: Uint8Array, options: ConnectionOptions = {}): ConnectionRequested {
  let requested: ConnectionRequested | undefined;
  everyWay(
    () => new WSConnection("server", options),
    bytes,
    ({ connection, events, sent }) => {
      expect(events.map((event) => event.type)).toEqual(["connectionRequested"]);
      expect(sent).toHaveLength(0);
      expect(connection.state).toBe("connecting");
      requested = events[0] as ConnectionRequested;
    },
  );
  return requested!;
}

/** Expects that the request is refused, in any split, with an answer that gives the reason. */
function expectRefused(
  bytes: Uint8Array,
  code: ProtocolErrorCode,
  why: RegExp,
  { status = 400, ...options }: ConnectionOptions & { status?: number } = {},
): void {
  everyWay(
    () => new WSConnection("server", options),
    bytes,
    ({ connection, events, sent }) => {
      expect(events.map((event) => event.type)).toEqual(["connectionClosed"]);
      const closed = expectClosed(events);
      expect(closed).toMatchObject({ code: 1006, reason: "", wasClean: false });
      expect(closed.error).toBeInstanceOf(RemoteProtocolError);
      expect(closed.error).toMatchObject({ code, status });
      expect(closed.error?.section).toMatch(/^RFC \d+ §/);
      expectRefusal(sent, status, why);
      expect(connection.state).toBe("closed");
      expect(feed(connection, request()), "nothing comes after the end").toEqual([]);
      expect(connection.bytesToSend(), "and nothing more is said").toHaveLength(0);
    },
  );
}

describe("§1.3 the specification's example", () => {
  const example = head(
    "GET /chat HTTP/1.1",
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Origin: http://example.com",
    "Sec-WebSocket-Protocol: chat, superchat",
    "Sec-WebSocket-Version: 13",
  );

  test("connectionRequested reports the request", () => {
    const { headers, ...rest } = expectRequest(example);
    expect(rest).toEqual({
      type: "connectionRequested",
      target: "/chat",
      url: new URL("ws://server.example.com/chat"),
      host: "server.example.com",
      origin: "http://example.com",
      subprotocols: ["chat", "superchat"],
      extensions: [],
    });
    expect(headers).toBeInstanceOf(Headers);
    expect([...headers]).toEqual([
      ["connection", "Upgrade"],
      ["host", "server.example.com"],
      ["origin", "http://example.com"],
      ["sec-websocket-key", KEY],
      ["sec-websocket-protocol", "chat, superchat"],
      ["sec-websocket-version", "13"],
      ["upgrade", "websocket"],
    ]);
  });
});

describe("§4.2.1 what connectionRequested contains", () => {
  test.each([
    ["absent", [], undefined],
    ["opaque", ["+Origin: null"], "null"],
    ["foreign", ["+Origin: https://evil.example:8443"], "https://evil.example:8443"],
  ])("origin: %s", (_, changes, origin) => {
    const requested = expectRequest(request(...changes));
    expect(requested.origin).toBe(origin);
  });

  test.each([
    ["none", [], []],
    ["one", ["+Sec-WebSocket-Protocol: chat"], ["chat"]],
    ["one line, in its order", ["+Sec-WebSocket-Protocol: z,a ,  m"], ["z", "a", "m"]],
    ["several lines, in their order", ["+Sec-WebSocket-Protocol: z, a", "+Sec-WebSocket-Protocol: m"], ["z", "a", "m"]],
    ["case is kept", ["+Sec-WebSocket-Protocol: Chat, chat"], ["Chat", "chat"]],
    ["every character of a token", ["+Sec-WebSocket-Protocol: !#$%&'*+-.^_`|~09AZaz"], ["!#$%&'*+-.^_`|~09AZaz"]],
    ["empty elements (RFC 9110 §5.6.1.2)", ["+Sec-WebSocket-Protocol: ,a,, b,"], ["a", "b"]],
  ])("subprotocols: %s", (_, changes, subprotocols) => {
    expect(expectRequest(request(...changes)).subprotocols).toEqual(subprotocols);
  });

  test("extensions: in the client's order, on one line or several, with their parameters", () => {
    const { extensions } = expectRequest(
      request("+Sec-WebSocket-Extensions: foo; a; b=1, bar", '+Sec-WebSocket-Extensions: foo; a="2"'),
    );
    expect(extensions).toEqual([
      { name: "foo", parameters: [["a"], ["b", "1"]] },
      { name: "bar", parameters: [] },
      { name: "foo", parameters: [["a", "2"]] },
    ]);
  });

  test("extensions: names of Object.prototype are ordinary names", () => {
    const names = ["constructor", "__proto__", "toString", "hasOwnProperty"];
    const { extensions } = expectRequest(
      request(`+Sec-WebSocket-Extensions: ${names.map((name) => `${name}; ${name}=${name}`).join(", ")}`),
    );
    expect(extensions).toEqual(names.map((name) => ({ name, parameters: [[name, name]] })));
    const { server, requested } = asked(request("+Sec-WebSocket-Extensions: constructor, __proto__, toString"));
    server.accept(requested);
    expect(server.extensions).toEqual([]);
  });

  test.each([
    ["a path and a query", "/chat/room%201?a=b&c=/?", "/chat/room%201?a=b&c=/?"],
    ["the root", "/", "/"],
    ["two slashes in front", "//chat", "//chat"],
    ["absolute form, http", "http://server.example.com/chat?x", "http://server.example.com/chat?x"],
    ["absolute form, https", "https://server.example.com:8443/", "https://server.example.com:8443/"],
  ])("target: %s", (_, target, told) => {
    expect(expectRequest(request(`=GET ${target} HTTP/1.1`)).target).toBe(told);
  });

  test.each([
    ["/chat?x=1", "ws://server.example.com/chat?x=1"],
    ["//chat//", "ws://server.example.com//chat//"],
    ["/to?http://other.example/", "ws://server.example.com/to?http://other.example/"],
    ["/%e9%zz", "ws://server.example.com/%e9%zz"],
  ])("url: of the target %s it is %s", (target, url) => {
    const requested = expectRequest(request(`=GET ${target} HTTP/1.1`));
    expect(requested.url).toEqual(new URL(url));
    expect(requested.url?.href).toBe(url);
  });

  test.each([
    ["http://example.com/chat?x=1", "example.com", "ws://example.com/chat?x=1"],
    ["https://example.com/chat?x=1", "example.com", "wss://example.com/chat?x=1"],
    ["ws://example.com/chat?x=1", "example.com", "ws://example.com/chat?x=1"],
    ["wss://example.com/chat?x=1", "example.com", "wss://example.com/chat?x=1"],
    ["HTTP://EXAMPLE.COM/Chat", "EXAMPLE.COM", "ws://example.com/Chat"],
    ["HttpS://Example.com/Chat", "Example.com", "wss://example.com/Chat"],
    ["WS://EXAMPLE.COM/Chat", "EXAMPLE.COM", "ws://example.com/Chat"],
    ["wSS://EXAMPLE.COM/Chat", "EXAMPLE.COM", "wss://example.com/Chat"],
    ["http://example.com", "example.com", "ws://example.com/"],
    ["http://example.com?x=1", "example.com", "ws://example.com/?x=1"],
    ["http://example.com?x=/a", "example.com", "ws://example.com/?x=/a"],
    ["http://example.com:8080/chat", "example.com:8080", "ws://example.com:8080/chat"],
    ["https://example.com:443/chat", "example.com:443", "wss://example.com/chat"],
    ["http://[::1]:8080/", "[::1]:8080", "ws://[::1]:8080/"],
    ["http://example.com//a/../b", "example.com", "ws://example.com//b"],
  ])("an absolute target (RFC 9112 §3.2.2): %s is for the host %s, whatever Host says", (target, host, url) => {
    for (const change of ["Host: server.example.com", "Host: other.example:81"]) {
      const requested = expectRequest(request(`=GET ${target} HTTP/1.1`, change));
      expect(requested.target).toBe(target);
      expect(requested.host).toBe(host);
      expect(requested.url?.href).toBe(url);
      expect(requested.headers.get("host")).toBe(change.slice(6));
    }
  });

  test("an absolute target of a request that was parsed elsewhere", () => {
    const server = new WSConnection("server");
    const { headers } = asked().requested;
    server.receiveRequest({ method: "GET", target: "WSS://other.example?x=1", headers });
    expect([...server.events()]).toMatchObject([
      { target: "WSS://other.example?x=1", host: "other.example", url: new URL("wss://other.example/?x=1") },
    ]);
  });

  test.each(["server.example.com:8080", "127.0.0.1:1", "[::1]:8080", "localhost"])("host: %s", (host) => {
    expect(expectRequest(request(`Host: ${host}`)).host).toBe(host);
  });

  test("headers: names in any case, values without surrounding space, repeated lines joined", () => {
    const { headers } = expectRequest(request("+X-A:1", "+x-a: \t 2 \t", "+X-EMPTY:", "+cookie: a=b; c=d"));
    expect(headers.get("x-a")).toBe("1, 2");
    expect(headers.get("X-Empty")).toBe("");
    expect(headers.get("cookie")).toBe("a=b; c=d");
  });

  test.each([
    ["two lines", ["+Cookie: a=1", "+cookie: b=2"], "a=1; b=2"],
    ["three, one of them with two", ["+Cookie: a=1; b=2", "+Cookie: c=3", "+COOKIE:d=4"], "a=1; b=2; c=3; d=4"],
    ["a value with a comma", ["+Cookie: a=1, 2", "+Cookie: b"], "a=1, 2; b"],
  ])("headers: cookies are joined by a semicolon (RFC 6265 §5.4): %s", (_, changes, cookie) => {
    const { headers } = expectRequest(request(...changes));
    expect(headers.get("cookie")).toBe(cookie);
    expect([...headers].filter(([name]) => name === "cookie")).toEqual([["cookie", cookie]]);
  });

  test("headers: cookies of a request that was parsed elsewhere, in the order of their lines", () => {
    const server = new WSConnection("server");
    const headers = [...asked().requested.headers, ["Cookie", "a=1"], ["X-A", "1"], ["cookie", "b=2"]];
    server.receiveRequest({ method: "GET", target: "/", headers: headers as [string, string][] });
    const [event] = server.events();
    expect(event?.type === "connectionRequested" && event.headers.get("cookie")).toBe("a=1; b=2");
  });

  test("headers: values may contain the upper half of Latin-1 and tabs (RFC 9110 §5.5)", () => {
    const bytes = join(ascii("GET / HTTP/1.1\r\nX-Text: "), hex("e9 09 ff"), ascii("\r\n"), request().subarray(20));
    expect(expectRequest(bytes).headers.get("x-text")).toBe("\xe9\t\xff");
  });
});

describe("§4.2.1 variants of a valid request", () => {
  test.each([
    ["Upgrade in any case", ["Upgrade: WebSocket"]],
    ["Upgrade in a list", ["Upgrade: h2c, WEBSOCKET"]],
    ["Connection in any case", ["Connection: uPGRADE"]],
    ["Connection in a list", ["Connection: keep-alive, Upgrade"]],
    ["Connection in a list without spaces", ["Connection: keep-alive,Upgrade,close"]],
    ["Connection on two lines (RFC 9110 §5.3)", ["Connection: keep-alive", "+Connection: Upgrade"]],
    ["Connection on two lines, Upgrade first", ["+Connection: keep-alive"]],
    ["Connection on two lines, on both", ["+Connection: Upgrade"]],
    ["Connection on two lines, one empty", ["Connection:", "+Connection: Upgrade"]],
    ["Connection on three lines of lists", ["Connection: a, b", "+connection: c", "+CONNECTION: d,upgrade"]],
    ["Upgrade on two lines", ["Upgrade: h2c", "+Upgrade: websocket"]],
    ["Upgrade on two lines, on both", ["+Upgrade: websocket"]],
    ["Upgrade on two lines, one empty", ["Upgrade:", "+Upgrade: websocket"]],
    ["header names in capitals", ["-Upgrade", "+UPGRADE: websocket", "-Host", "+HOST: a"]],
    ["headers in another order", ["-Host", "+Host: server.example.com"]],
    ["a body of no bytes", ["+Content-Length: 0"]],
    ["unknown headers", ["+Pragma: no-cache", "+Sec-Fetch-Mode: websocket"]],
  ])("%s", (_, changes) => void expectRequest(request(...changes)));
});

describe("§4.2.1 an invalid request is answered with 400 and the reason", () => {
  test.each<[string, string[], ProtocolErrorCode, RegExp]>([
    ["another method", ["=POST /chat HTTP/1.1"], "methodInvalid", /method/],
    ["CONNECT", ["=CONNECT server.example.com:80 HTTP/1.1"], "methodInvalid", /method/],
    ["a method in small letters (RFC 9110 §9.1)", ["=get /chat HTTP/1.1"], "methodInvalid", /method/],
    ["HTTP/1.0", ["=GET /chat HTTP/1.0"], "httpVersionInvalid", /HTTP version/],
    ["HTTP/2.0", ["=GET /chat HTTP/2.0"], "httpVersionInvalid", /HTTP version/],
    ["HTTP in small letters", ["=GET /chat http/1.1"], "httpVersionInvalid", /HTTP version/],
    ["no version", ["=GET /chat"], "headMalformed", /request line/],
    ["no target", ["=GET  HTTP/1.1"], "targetInvalid", /target/],
    ["two spaces", ["=GET  /chat HTTP/1.1"], "headMalformed", /request line/],
    ["a space behind", ["=GET /chat HTTP/1.1 "], "headMalformed", /request line/],
    ["a tab for a space", ["=GET\t/chat HTTP/1.1"], "headMalformed", /request line/],
    ["NUL in the method", ["=G\0ET /chat HTTP/1.1"], "methodInvalid", /method/],
    ["NUL in the target", ["=GET /ch\0at HTTP/1.1"], "targetInvalid", /target/],
    ["NUL in the version", ["=GET /chat HTTP/1.1\0"], "httpVersionInvalid", /HTTP version/],
    ["a control character in the target", ["=GET /\x7f HTTP/1.1"], "targetInvalid", /target/],
    ["a target that is not ASCII", ["=GET /\u00e9 HTTP/1.1"], "targetInvalid", /target/],
    ["a target without a slash", ["=GET chat HTTP/1.1"], "targetInvalid", /target/],
    ["the target of OPTIONS", ["=GET * HTTP/1.1"], "targetInvalid", /target/],
    ["the target of CONNECT", ["=GET server.example.com:80 HTTP/1.1"], "targetInvalid", /target/],
    ["a fragment in the target", ["=GET /chat#top HTTP/1.1"], "targetInvalid", /target/],

    ["an absolute target without a host (RFC 9110 §4.2.1)", ["=GET http:///chat HTTP/1.1"], "targetInvalid", /target/],
    ["an absolute target whose host has a quote", ['=GET http://a:8"0/chat HTTP/1.1'], "targetInvalid", /target/],
    ["an absolute target of another scheme (§4.1)", ["=GET ftp://a.example/chat HTTP/1.1"], "targetInvalid", /target/],

    ["an absolute target with no authority", ["=GET http: HTTP/1.1"], "targetInvalid", /target/],
    ["an absolute target with one slash", ["=GET http:/a.example/ HTTP/1.1"], "targetInvalid", /target/],
    [
      "an absolute target with a user (RFC 9110 §4.2.4)",
      ["=GET ws://me@a.example/ HTTP/1.1"],
      "targetInvalid",
      /target/,
    ],
    ["an absolute target with a password", ["=GET http://me:pw@a.example/ HTTP/1.1"], "targetInvalid", /target/],
    ["an absolute target with an invalid port", ["=GET http://a.example:99999/ HTTP/1.1"], "targetInvalid", /target/],
    ["an absolute target with a fragment", ["=GET http://a.example/#top HTTP/1.1"], "targetInvalid", /target/],
    ["an absolute target, and no Host", ["=GET http://a.example/ HTTP/1.1", "-Host"], "hostInvalid", /Host/],

    ["no Host", ["-Host"], "hostInvalid", /Host/],
    ["Host twice", ["+Host: server.example.com"], "hostInvalid", /Host/],
    ["Host empty", ["Host:"], "hostInvalid", /Host/],
    ["Host with a space", ["Host: server example"], "hostInvalid", /Host/],
    ["Host with a path", ["Host: server.example.com/chat"], "hostInvalid", /Host/],
    ["Host with a user", ["Host: me@server.example.com"], "hostInvalid", /Host/],
    ["two hosts in one", ["Host: a.example, b.example"], "hostInvalid", /Host/],
    ["Host with a quote (RFC 3986 §3.2.2)", ['Host: a.example"'], "hostInvalid", /Host/],
    ["Host with markup", ["Host: <b>a.example"], "hostInvalid", /Host/],
    ["Host with an invalid port", ["Host: a.example:99999"], "hostInvalid", /Host/],
    ["Host that is half an address", ["Host: [::1"], "hostInvalid", /Host/],

    [
      "Origin twice (RFC 6454 §7.3)",
      ["+Origin: https://a.example", "+Origin: https://a.example"],
      "headMalformed",
      /Origin/,
    ],
    ["two origins in one", ["+Origin: https://a.example, https://b.example"], "headMalformed", /Origin/],
    ["Authorization twice", ["+Authorization: Basic a", "+Authorization: Basic a"], "headMalformed", /Authorization/],
    ["Content-Length twice", ["+Content-Length: 0", "+Content-Length: 0"], "headMalformed", /Content-Length/],

    ["no Upgrade", ["-Upgrade"], "upgradeInvalid", /Upgrade/],
    ["Upgrade empty", ["Upgrade:"], "upgradeInvalid", /Upgrade/],
    ["Upgrade empty on two lines", ["Upgrade:", "+Upgrade:"], "upgradeInvalid", /Upgrade/],
    ["Upgrade to something else", ["Upgrade: h2c"], "upgradeInvalid", /Upgrade/],
    ["Upgrade to something else on two lines", ["Upgrade: h2c", "+Upgrade: tls"], "upgradeInvalid", /Upgrade/],
    ["Upgrade to something like it", ["Upgrade: websockets, xwebsocket"], "upgradeInvalid", /Upgrade/],
    ["no Connection", ["-Connection"], "connectionInvalid", /Connection/],
    ["Connection empty", ["Connection:"], "connectionInvalid", /Connection/],
    ["Connection without it on two lines", ["Connection: a", "+Connection: b"], "connectionInvalid", /Connection/],
    ["Connection that does not upgrade", ["Connection: keep-alive"], "connectionInvalid", /Connection/],
    ["Connection with something like it", ["Connection: upgraded, no-upgrade"], "connectionInvalid", /Connection/],

    ["no key", ["-Sec-WebSocket-Key"], "keyInvalid", /Sec-WebSocket-Key/],
    ["key twice", [`+Sec-WebSocket-Key: ${KEY}`], "keyInvalid", /Sec-WebSocket-Key/],
    ["key empty", ["Sec-WebSocket-Key:"], "keyInvalid", /Sec-WebSocket-Key/],
    ["key of 15 bytes", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"], "keyInvalid", /Sec-WebSocket-Key/],
    ["key of 17 bytes", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA="], "keyInvalid", /Sec-WebSocket-Key/],
    ["key without padding", ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"], "keyInvalid", /Sec-WebSocket-Key/],
    ["key in Base64url", ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j_-=="], "keyInvalid", /Sec-WebSocket-Key/],
    ["key that is not Base64", ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q=="], "keyInvalid", /Sec-WebSocket-Key/],
    ["key with a space in it", ["Sec-WebSocket-Key: dGhlIHNhbXBs SBub25jZQ=="], "keyInvalid", /Sec-WebSocket-Key/],

    ["a header without a colon", ["+X-Bad"], "headMalformed", /^malformed header line 6\n$/],
    ["a header without a name", ["+: x"], "headMalformed", /^malformed header line 6\n$/],
    ["a space before the colon (RFC 9112 §5.1)", ["+X-Bad : x"], "headMalformed", /^malformed header line 6\n$/],
    ["a space in the name", ["+X Bad: x"], "headMalformed", /^malformed header line 6\n$/],
    ["a folded line (RFC 9112 §5.2)", ["+X-Bad: a", "+ b"], "headMalformed", /^folded header line 7\n$/],
    ["a line folded with a tab", ["+X-Bad: a", "+\tb"], "headMalformed", /folded header line/],
    ["a space before the first header", ["Host: a", "=GET / HTTP/1.1\r\n X: y"], "headMalformed", /header line/],
    ["NUL in a name", ["+X-\0Bad: x"], "headMalformed", /header line/],
    ["a control character in a name", ["+X-\x1fBad: x"], "headMalformed", /header line/],
    ["DEL in a name", ["+X-\x7fBad: x"], "headMalformed", /header line/],
    ["a letter beyond ASCII in a name", ["+X-\u00e9: x"], "headMalformed", /header line/],
    ["NUL in a value", ["+X-Bad: a\0b"], "headMalformed", /header line/],
    ["a control character in a value", ["+X-Bad: a\x01b"], "headMalformed", /header line/],
    ["DEL in a value", ["+X-Bad: a\x7fb"], "headMalformed", /header line/],
    ["NUL at the end of a value", ["+X-Bad: a\0"], "headMalformed", /header line/],
    ["a bare CR in a value", ["+X-Bad: a\rb"], "headMalformed", /CR LF/],
    ["a bare CR in a name", ["+X-\rBad: b"], "headMalformed", /CR LF/],
    ["a CR before the line break", ["+X-Bad: a\r"], "headMalformed", /CR LF/],
    ["a bare LF in a value", ["+X-Bad: a\nb"], "headMalformed", /CR LF/],
    ["a bare LF behind the request line", ["=GET /chat HTTP/1.1\nX: y"], "headMalformed", /CR LF/],
    ["a bare CR in the request line", ["=GET /chat\r HTTP/1.1"], "headMalformed", /CR LF/],

    ["Content-Length", ["+Content-Length: 5"], "requestBody", /body/],
    ["Content-Length that is not a number", ["+Content-Length: x"], "requestBody", /body/],
    ["one of two Content-Lengths", ["+Content-Length: 0", "+Content-Length: 5"], "requestBody", /body/],
    ["Transfer-Encoding", ["+Transfer-Encoding: chunked"], "requestBody", /body/],
    ["Transfer-Encoding: identity", ["+Transfer-Encoding: identity"], "requestBody", /body/],

    [
      "no subprotocol in its header (§4.3)",
      ["+Sec-WebSocket-Protocol:"],
      "subprotocolInvalid",
      /Sec-WebSocket-Protocol/,
    ],
    [
      "a list of no subprotocols (§4.3)",
      ["+Sec-WebSocket-Protocol: ,"],
      "subprotocolInvalid",
      /Sec-WebSocket-Protocol/,
    ],
    [
      "no extension in its header (§9.1)",
      ["+Sec-WebSocket-Extensions:"],
      "extensionsInvalid",
      /Sec-WebSocket-Extensions/,
    ],
    ["a subprotocol with a space", ["+Sec-WebSocket-Protocol: a b"], "subprotocolInvalid", /Sec-WebSocket-Protocol/],
    ["a subprotocol in quotes", ['+Sec-WebSocket-Protocol: "a"'], "subprotocolInvalid", /Sec-WebSocket-Protocol/],
    ["a subprotocol beyond ASCII", ["+Sec-WebSocket-Protocol: \u00e9"], "subprotocolInvalid", /Sec-WebSocket-Protocol/],
    ["a subprotocol twice", ["+Sec-WebSocket-Protocol: a, b, a"], "subprotocolInvalid", /Sec-WebSocket-Protocol/],
    [
      "a subprotocol twice in two lines",
      ["+Sec-WebSocket-Protocol: a", "+Sec-WebSocket-Protocol: a"],
      "subprotocolInvalid",
      /Sec-WebSocket-Protocol/,
    ],
    ...[
      "a b",
      "a;",
      "a; b=",
      "a; =b",
      "a; b c",
      'a; b="c',
      'a; b=""',
      'a; b="c d"',
      "a; b=c=d",
      ";a",
      "a=b",
      '"a"',
    ].map((value): [string, string[], ProtocolErrorCode, RegExp] => [
      `malformed extensions: ${value}`,
      [`+Sec-WebSocket-Extensions: ${value}`],
      "extensionsInvalid",
      /Sec-WebSocket-Extensions/,
    ]),
  ])("%s", (_, changes, code, why) => expectRefused(request(...changes), code, why));

  test("the preface of HTTP/2 (RFC 9113 §3.4)", () =>
    expectRefused(ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "methodInvalid", /method/));
  test("a TLS hello, at once, without waiting for a blank line", () =>
    expectRefused(hex("16 03 01 02 00 01 00 01 fc 03 03"), "headMalformed", /request line/));
  test("but an empty line before the request is skipped (RFC 9112 §2.2)", () =>
    void expectRequest(join(ascii("\r\n"), request())));
  test("a head of nothing but line breaks", () => expectRefused(ascii("\r\n\r\n"), "headMalformed", /request line/));
  test("a head with bare LFs throughout", () =>
    expectRefused(ascii("GET / HTTP/1.1\nHost: a\n\n"), "headMalformed", /CR LF/));

  test("any combination of Upgrade and Connection is reported or refused, never thrown", () => {
    const upgrades = [
      "-Upgrade",
      "Upgrade:",
      "Upgrade: ,",
      "Upgrade: websocket",
      "Upgrade: a/1, websocket",
      "Upgrade: \0",
    ];
    const connections = upgrades.map((line) => line.replace("Upgrade", "Connection").replace("websocket", "upgrade"));
    const told = upgrades.flatMap((upgrade) =>
      connections.flatMap((connection) =>
        feed(new WSConnection("server"), request(upgrade, connection)).map((event) => event.type),
      ),
    );
    expect(told).toHaveLength(upgrades.length * connections.length);
    expect(told.filter((type) => type === "connectionRequested")).toHaveLength(4);
    expect(told.filter((type) => type === "connectionClosed")).toHaveLength(32);
  });
});

describe("§4.4 a version other than 13 is answered with 426, which names 13", () => {
  test.each([
    ["8", ["Sec-WebSocket-Version: 8"]],
    ["missing", ["-Sec-WebSocket-Version"]],
    ["empty", ["Sec-WebSocket-Version:"]],
    ["with a leading zero", ["Sec-WebSocket-Version: 013"]],
  ])("%s", (_, changes) => {
    expectRefused(request(...changes), "versionInvalid", /Sec-WebSocket-Version/, { status: 426 });
    const server = new WSConnection("server");
    feed(server, request(...changes));
    const answer = expectRefusal(server.bytesToSend(), 426, /Sec-WebSocket-Version/);
    expect(answer.values("sec-websocket-version")).toEqual(["13"]);
    // RFC 9110 §15.5.22: what to upgrade to.
    expect(answer.values("upgrade")).toEqual(["websocket"]);
  });

  test.each([
    ["13 and 13 on two lines", "+Sec-WebSocket-Version: 13"],
    ["13 and 8 on two lines", "+Sec-WebSocket-Version: 8"],
    ["13 and 8 on one line", "Sec-WebSocket-Version: 13, 8"],
  ])("%s are an invalid request, not another version (§11.3.5)", (_, change) => {
    const server = new WSConnection("server");
    const closed = expectClosed(feed(server, request(change)));
    expect(closed.error).toMatchObject({ code: "versionInvalid" });
    expectRefusal(server.bytesToSend(), 400, /^Sec-WebSocket-Version appears more than once\n$/);
  });
});

describe("limits: a head that is too large is answered with 431", () => {
  const padded = (bytes: number): Uint8Array => {
    const rest = request("+X-Padding: ").length;
    return request(`+X-Padding: ${"x".repeat(bytes - rest)}`);
  };
  const ofLines = (count: number): Uint8Array =>
    request(...Array.from({ length: count - 6 }, (_, i) => `+X-${i}: ${i}`));

  test.each([512, 16 * 1024])("maxHeadBytes of %d: one less, exactly, one more", (maxHeadBytes) => {
    // 16 KiB is the default.
    const options = maxHeadBytes === 512 ? { limits: { maxHeadBytes } } : {};
    expect(padded(maxHeadBytes)).toHaveLength(maxHeadBytes);
    expectRequest(padded(maxHeadBytes - 1), options);
    expectRequest(padded(maxHeadBytes), options);
    expectRefused(padded(maxHeadBytes + 1), "headTooLarge", /bytes/, { ...options, status: 431 });
  });

  test.each([10, 128])("maxHeadLines of %d: one less, exactly, one more", (maxHeadLines) => {
    // 128 is the default.
    const options = maxHeadLines === 10 ? { limits: { maxHeadLines } } : {};
    expectRequest(ofLines(maxHeadLines - 1), options);
    expectRequest(ofLines(maxHeadLines), options);
    expectRefused(ofLines(maxHeadLines + 1), "headTooManyLines", /lines/, { ...options, status: 431 });
  });

  test("2,000 headers before the required ones", () => {
    const many = Array.from({ length: 2000 }, (_, i) => `a${i}: 1`).join("\r\n");
    expectRefused(request(`=GET / HTTP/1.1\r\n${many}`), "headTooManyLines", /lines/, { status: 431 });
  });

  test("a line that never ends is refused before it ends", () => {
    const server = new WSConnection("server");
    expect(feed(server, ascii(`GET /${"a".repeat(16 * 1024 - 5)}`))).toEqual([]);
    expect(expectClosed(feed(server, ascii("a"))).error).toMatchObject({ code: "headTooLarge", offset: 16 * 1024 });
  });

  test("Infinity switches both off", () => {
    const limits = { maxHeadBytes: Infinity, maxHeadLines: Infinity };
    const { headers } = expectRequest(ofLines(2000), { limits });
    expect(headers.get("x-1993")).toBe("1993");
    expectRequest(padded(100_000), { limits });
  });
});

describe("bytes before the answer", () => {
  const ping = hex("89 80 01 02 03 04");
  const text = hex("81 85 37 fa 21 3d 7f 9f 4d 51 58");

  test("frames after the head are kept until accept, and delivered after it", () => {
    const bytes = join(request(), ping, text);
    for (const cuts of [[], [request().length], everyByte(bytes)]) {
      const server = new WSConnection("server");
      const events = feed(server, bytes, cuts);
      expect(events.map((event) => event.type)).toEqual(["connectionRequested"]);
      server.accept(events[0] as ConnectionRequested);
      expect(joined(pull(server))).toMatchObject([
        { type: "connectionEstablished" },
        { type: "pingReceived", payload: "" },
        { type: "textReceived", data: "Hello", messageFinished: true },
      ]);
    }
  });

  test("frames after the head reach a server that accepts at once, whatever the chunks", () => {
    const bytes = join(request(), ping, text);
    const whole = joined(feedAccepting(new WSConnection("server"), bytes));
    expect(whole).toMatchObject([
      { type: "connectionRequested" },
      { type: "connectionEstablished" },
      { type: "pingReceived" },
      { type: "textReceived", data: "Hello" },
    ]);
    expect(joined(feedAccepting(new WSConnection("server"), bytes, everyByte(bytes)))).toEqual(whole);
    for (const cut of everyByte(bytes)) {
      expect(joined(feedAccepting(new WSConnection("server"), bytes, [cut])), `cut at ${cut}`).toEqual(whole);
    }
  });

  test("a violation after the head is found after accept, with its position in the stream", () => {
    const { server, requested } = asked(join(request(), hex("83 80 00 00 00 00")));
    server.accept(requested);
    const [, closed] = pull(server);
    expect(closed).toMatchObject({ error: { code: "reservedOpcode", closeCode: 1002 } });
  });

  test.each([0, 300, 64 * 1024])("maxEarlyBytes of %d: one less, exactly, one more", (maxEarlyBytes) => {
    // 64 KiB is the default.
    const options = maxEarlyBytes === 64 * 1024 ? {} : { limits: { maxEarlyBytes } };
    for (const early of [maxEarlyBytes - 1, maxEarlyBytes, maxEarlyBytes + 1]) {
      if (early < 0) continue;
      const bytes = join(request(), new Uint8Array(early));
      for (const cuts of [[], [request().length], early < 1000 ? everyByte(bytes) : [40, 1000]]) {
        const server = new WSConnection("server", options);
        const events = feed(server, bytes, cuts);
        expect(events[0]?.type).toBe("connectionRequested");
        if (early <= maxEarlyBytes) {
          expect(events).toHaveLength(1);
          expect(server.state).toBe("connecting");
          expect(server.bytesToSend()).toHaveLength(0);
        } else {
          expect(events).toHaveLength(2);
          expect(expectClosed(events).error).toMatchObject({ code: "tooMuchEarlyData", status: 400 });
          expectRefusal(server.bytesToSend(), 400, new RegExp(`${maxEarlyBytes} bytes`));
        }
      }
    }
  });

  test("a request may be answered when it is reported, whatever else is in the chunk", () => {
    const bytes = join(request(), hex("82 fe ff ff 00 00 00 00"), new Uint8Array(65_535), ping);
    const whole = joined(feedAccepting(new WSConnection("server"), bytes, [request().length]));
    expect(whole.at(-1)).toMatchObject({ type: "pingReceived" });
    expect(joined(feedAccepting(new WSConnection("server"), bytes))).toEqual(whole);
  });

  test("maxEarlyBytes no longer counts once the request is accepted", () => {
    const { server, requested } = asked();
    server.accept(requested);
    const events = feed(server, join(hex("82 fe ff ff 00 00 00 00"), new Uint8Array(65_535), ping));
    expect(events.at(-1)).toEqual({ type: "pingReceived", payload: new Uint8Array(0) });
  });
});

describe("§7.1.5 the stream ends before the connection is open", () => {
  test("at every byte of the head: connectionClosed, once, with 1006", () => {
    const bytes = request("+Sec-WebSocket-Protocol: chat");
    for (let end = 0; end < bytes.length; end++) {
      const server = new WSConnection("server");
      expect(feed(server, bytes.subarray(0, end))).toEqual([]);
      server.receiveBytes(null);
      expectEndOfStream(server, pull(server));
      expect(pull(server)).toEqual([]);
      expect(server.bytesToSend()).toHaveLength(0);
    }
  });

  test("after the head: the request is reported first, and can no longer be answered", () => {
    const server = new WSConnection("server");
    server.receiveBytes(request());
    server.receiveBytes(null);
    const [requested, ...rest] = pull(server);
    expect(requested?.type).toBe("connectionRequested");
    expectEndOfStream(server, rest);
    expect(() => server.accept(requested as ConnectionRequested)).toThrow(
      expect.objectContaining({ name: "LocalProtocolError", code: "wrongState" }),
    );
    expect(server.bytesToSend()).toHaveLength(0);
  });

  test("after a malformed request: the error is reported, not the end of the stream", () => {
    const server = new WSConnection("server");
    server.receiveBytes(request("-Host"));
    server.receiveBytes(null);
    expect(expectClosed(pull(server)).error).toMatchObject({ code: "hostInvalid" });
    expectRefusal(server.bytesToSend(), 400, /Host/);
  });
});
