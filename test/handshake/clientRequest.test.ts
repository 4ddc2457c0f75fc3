/** RFC 6455 §4.1: the client's request. https://www.rfc-editor.org/rfc/rfc6455#section-4.1 */
import { describe, expect, test } from "vitest";
import { offerHeaders, WSConnection, type ClientOptions } from "../../src/index.ts";
import { feed, head, pull } from "../support/wire.ts";
import { exampleNonce, KEY, readMessage, type Message } from "./heads.ts";
import { flip } from "./flip.ts";

const example = { host: "server.example.com", resource: "/chat", random: exampleNonce };

function requested(options: Partial<ClientOptions> = {}): Message {
  return readMessage(new WSConnection("client", { ...example, ...options }).bytesToSend());
}

describe("§4.1 the request", () => {
  test("is queued by the constructor, with only the required headers", () => {
    const connection = new WSConnection("client", example);
    expect(connection.state).toBe("connecting");
    expect(pull(connection)).toEqual([]);
    const bytes = connection.bytesToSend();
    const { startLine, lines, body } = readMessage(bytes);
    expect(startLine).toBe("GET /chat HTTP/1.1");
    // RFC 9110 §7.2: Host comes first.
    expect(lines[0]).toBe("Host: server.example.com");
    expect([...lines].sort()).toEqual([
      "Connection: Upgrade",
      "Host: server.example.com",
      `Sec-WebSocket-Key: ${KEY}`,
      "Sec-WebSocket-Version: 13",
      "Upgrade: websocket",
    ]);
    expect(body).toBe("");
    expect(bytes).toEqual(head(startLine, ...lines));
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test("uses 16 random bytes, drawn once", () => {
    const asked: number[] = [];
    requested({
      random: (bytes) => {
        asked.push(bytes.length);
        exampleNonce(bytes);
      },
    });
    expect(asked).toEqual([16]);
  });

  test("has another key each time, of 16 bytes", () => {
    const { host, resource } = example;
    const keys = Array.from(
      { length: 3 },
      () => readMessage(new WSConnection("client", { host, resource }).bytesToSend()).values("sec-websocket-key")[0]!,
    );
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(atob(key)).toHaveLength(16);
  });

  test.each([
    ["foo", "/foo"],
    ["/foo", "/foo"],
    ["", "/"],
    ["/", "/"],
    ["?a=b", "/?a=b"],
    ["/foo?a=b&c=%20/?", "/foo?a=b&c=%20/?"],
    ["foo?x=/", "/foo?x=/"],
    ["//foo", "//foo"],
  ])("resource %j requests %s", (resource, target) => {
    expect(requested({ resource }).startLine).toBe(`GET ${target} HTTP/1.1`);
  });

  test.each(["localhost", "localhost:8080", "127.0.0.1", "[::1]:80", "xn--nxasmq6b.example"])("host %s", (host) => {
    expect(requested({ host }).lines[0]).toBe(`Host: ${host}`);
  });

  test("offers subprotocols in their order", () => {
    expect(requested({ subprotocols: ["z", "a", "Z"] }).values("sec-websocket-protocol")).toEqual(["z, a, Z"]);
    expect(requested({ subprotocols: [] }).values("sec-websocket-protocol")).toEqual([]);
  });

  test.each(["https://example.com", "null"])("sends the origin %s", (origin) => {
    expect(requested({ origin }).values("origin")).toEqual([origin]);
  });

  test("offers extensions in order, with every variant of their parameters", () => {
    const twice = { ...flip("x-b"), offer: () => [[["a"], ["b", "1"]], []] as [string, string?][][] };
    const { values } = requested({ extensions: [flip("x-a", [["c", "2"]]), twice] });
    expect(values("sec-websocket-extensions")).toEqual(["x-a; c=2, x-b; a; b=1, x-b"]);
    expect(requested({ extensions: [{ ...flip(), offer: () => [] }] }).values("sec-websocket-extensions")).toEqual([]);
  });

  test("adds the application's headers", () => {
    const headers = { Cookie: "a=b; c=d", Authorization: "Basic Zm9v", "X-Latin": "\xe9", "User-Agent": "" };
    const { values } = requested({ headers });
    expect(values("cookie")).toEqual(["a=b; c=d"]);
    expect(values("authorization")).toEqual(["Basic Zm9v"]);
    expect(values("x-latin")).toEqual(["\xe9"]);
    expect(values("user-agent")).toEqual([""]);
  });

  const list = (...lines: string[]): [string, string][] => lines.map((line) => line.split(": ", 2) as [string, string]);

  test.each<[string, () => HeadersInit, string]>([
    ["a list", () => list("Cookie: a=1", "cookie: b=2"), "a=1; b=2"],
    ["a list with more in it", () => list("COOKIE: a=1", "X-A: 1", "Cookie: b=2; c=3"), "a=1; b=2; c=3"],
    ["an iterator that can be read once", () => list("Cookie: a=1", "Cookie: b=2").values() as never, "a=1; b=2"],
    ["a record, in two spellings", () => ({ Cookie: "a=1", cookie: "b=2" }), "a=1; b=2"],
    ["Headers with one", () => new Headers({ Cookie: "a=1; b=2" }), "a=1; b=2"],
    ["values with a comma", () => list("Cookie: a=1, 2", "Cookie: b"), "a=1, 2; b"],
  ])("joins cookies with a semicolon, on one line (RFC 6265 §5.4): of %s", (_, headers, cookie) => {
    expect(requested({ headers: headers() }).values("cookie")).toEqual([cookie]);
    expect(offerHeaders({ headers: headers() }).get("cookie")).toBe(cookie);
  });

  test("joins other headers with a comma", () => {
    const { values } = requested({ headers: list("X-A: 1", "x-a: 2", "Cookies: a", "Cookies: b") });
    expect(values("x-a")).toEqual(["1, 2"]);
    expect(values("cookies")).toEqual(["a, b"]);
  });

  test("is valid to a server", () => {
    const connection = new WSConnection("client", {
      ...example,
      resource: "room?1",
      subprotocols: ["a", "b"],
      origin: "https://example.com",
      headers: { Cookie: "a=b" },
      extensions: [flip("x-flip", [["p", "q"]])],
    });
    const [event] = feed(new WSConnection("server"), connection.bytesToSend());
    expect(event).toMatchObject({
      type: "connectionRequested",
      target: "/room?1",
      host: "server.example.com",
      origin: "https://example.com",
      subprotocols: ["a", "b"],
      extensions: [{ name: "x-flip", parameters: [["p", "q"]] }],
    });
  });
});

describe("§4.1 TypeError for what a request can't contain", () => {
  test.each<[string, Partial<ClientOptions>, string]>([
    [
      "Authorization in two entries",
      {
        headers: [
          ["Authorization", "Basic a"],
          ["authorization", "b"],
        ],
      },
      "authorization",
    ],
    [
      "Origin in two entries",
      {
        headers: [
          ["Origin", "https://a"],
          ["Origin", "https://a"],
        ],
      },
      "origin",
    ],
    ["Origin as an option and among the headers", { origin: "https://a", headers: { Origin: "https://b" } }, "origin"],
  ])("%s, which a server would refuse (RFC 9110 §5.3)", (_, options, name) => {
    const made = (): unknown => new WSConnection("client", { host: "a", resource: "/", ...options });
    expect(made).toThrow(new TypeError(`${name} is given twice: send it once`));
  });

  test.each<[string, unknown]>([
    ["host", undefined],
    ["host", ""],
    ["host", 5],
    ["host", "a b"],
    ["host", "a\r\nX-Injected: b"],
    ["host", "a\n"],
    ["host", "a\0"],
    ["host", "a/b"],
    ["host", "a,b"],
    ["host", "me@a"],
    ["host", "a?b"],
    ["host", "a#b"],
    ["host", "\u00e9.example"],
    ["resource", undefined],
    ["resource", 5],
    ["resource", "/a b"],
    ["resource", "/a HTTP/1.1\r\nX-Injected: b"],
    ["resource", "/a\r"],
    ["resource", "/a\n"],
    ["resource", "/a\0"],
    ["resource", "/a\x7f"],
    ["resource", "/a#b"],
    ["resource", "/\u00e9"],
    ["subprotocols", [""]],
    ["subprotocols", ["a b"]],
    ["subprotocols", ["a,b"]],
    ["subprotocols", ['"a"']],
    ["subprotocols", ["a\r\nX-Injected: b"]],
    ["subprotocols", ["\u00e9"]],
    ["subprotocols", [5]],
    ["subprotocols", ["a", "b", "a"]],
    ["origin", "https://a\r\nX-Injected: b"],
    ["origin", "https://a\n"],
    ["origin", "a\0"],
    ["origin", "https://\u{1f600}.example"],
    ["origin", 5],
    ["headers", { "X-A": "a\r\nX-Injected: b" }],
    ["headers", { "X-A": "a\0" }],
    ["headers", { "X-A": "a\x01b" }],
    ["headers", { "X-A": "a\x7fb" }],
    ["headers", { "X-A": "\u0100" }],
    ["headers", { "X A": "a" }],
    ["headers", { "X-A:": "a" }],
    ["headers", { "X-A\r\nX-Injected": "a" }],
    ["headers", { "": "a" }],
    ["headers", [["X-A"]]],
    ["headers", [["X-A", "a", "b"]]],
    ["headers", [[]]],
    ["headers", null],
    ["headers", "X-A: a"],
    ["headers", { Host: "a" }],
    ["headers", { Upgrade: "a" }],
    ["headers", { Connection: "a" }],
    ["headers", { "Content-Length": "0" }],
    ["headers", { "Transfer-Encoding": "chunked" }],
    ["headers", { "Sec-WebSocket-Key": KEY }],
    ["headers", { "Sec-WebSocket-Accept": "a" }],
    ["headers", { "Sec-WebSocket-Version": "13" }],
    ["headers", { "Sec-WebSocket-Protocol": "a" }],
    ["headers", { "sec-websocket-extensions": "a" }],
  ])("%s: %j", (option, value) => {
    expect(() => new WSConnection("client", { ...example, [option]: value })).toThrow(TypeError);
  });

  test.each<[string, unknown]>([
    ["headers", { "X-A": "s3cret\0" }],
    ["headers", { "X-A": "s3cret\u0100" }],
    ["headers", { "X-A": "s3cret\x01" }],
    ["headers", { "X-A": "a\r\nX-B: s3cret" }],
    ["headers", { "s3cret\n": "a" }],
    ["headers", { "X-A: s3cret": "a" }],
    ["headers", [["X-A", "a", "s3cret"]]],
    ["headers", "Cookie: s3cret"],
    ["subprotocols", ["s3cret/="]],
    ["subprotocols", ["s3cret", "s3cret"]],
    ["origin", "s3cret\n"],
    ["host", "me:s3cret@a"],
    ["resource", "/?s3cret#a"],
  ])("%s: %j is not repeated in the error", (option, value) => {
    const call = (): unknown => new WSConnection("client", { ...example, [option]: value });
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/^(?![^]*s3cret)/);
  });

  test("missing options", () => {
    expect(() => new WSConnection("client")).toThrow(TypeError);
  });

  test.each(["peer", "", undefined, "CLIENT"])("the type %j", (type) => {
    expect(() => new WSConnection(type as "client", example)).toThrow(TypeError);
  });

  test.each(["http2", "", null])("the handshake %j", (handshake) => {
    expect(() => new WSConnection("client", { ...example, handshake: handshake as "http1" })).toThrow(TypeError);
  });
});
