/**
 * Twelve defects of wsproto 1.3 and its 0.11 line, observed by running it. Each test shows that this library does not
 * have it.
 */
import { expect, test } from "vitest";
import {
  LocalProtocolError,
  RemoteProtocolError,
  WSConnection,
  type Extension,
  type ProtocolError,
} from "../../src/index.ts";
import { complement } from "../support/complement.ts";
import { binary, text } from "../support/events.ts";
import { ascii, expectClosed, feed, head, hex, join, joined, open, pull, readClose } from "../support/wire.ts";

const request = (...more: string[]): Uint8Array =>
  head(
    "GET /chat HTTP/1.1",
    "Host: a",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    ...(more.some((line) => line.startsWith("Sec-WebSocket-Key"))
      ? []
      : ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]),
    ...more,
  );

/** The answer of a server that refuses a request automatically. */
function refusal(bytes: Uint8Array): { answer: string; error: ProtocolError | undefined } {
  const server = new WSConnection("server");
  const { error } = expectClosed(feed(server, bytes));
  return { answer: new TextDecoder().decode(server.bytesToSend()), error };
}

test("1: bytes that arrive after the request and before the accept are kept", () => {
  const server = new WSConnection("server");
  const events = feed(server, join(request(), hex("81 81 00 00 00 00 61")));
  events.push(...feed(server, hex("81 81 00 00 00 00 62")));
  const [asked] = events;
  if (asked?.type !== "connectionRequested") throw new Error("no request");
  server.accept(asked);
  expect(pull(server).slice(1)).toEqual([text("a"), text("b")]);
});

test("2: a ping between the fragments of an encoded message does not affect the message", () => {
  const client = open("client", { extensions: [complement()] });
  const events = feed(client, hex("21 01 9e 89 02 9d 9c 80 01 9d"));
  expect(events.map((event) => event.type)).toEqual(["textReceived", "pingReceived", "textReceived"]);
  expect(events.map((event) => (event.type === "textReceived" ? event.data : ""))).toEqual(["a", "", "b"]);
});

test("3: what an extension keeps between messages is ended by the extension, not by the connection", () => {
  let seen = 0;
  const counting: Extension = {
    ...complement(),
    confirm: () => ({
      reservedBits: 0,
      *decode(payload) {
        seen += payload.length;
        yield Uint8Array.of(seen);
      },
    }),
  };
  const client = open("client", { extensions: [counting] });
  expect(feed(client, hex("82 01 00 82 02 00 00"))).toEqual([binary(hex("01")), binary(hex("03"))]);
});

test("4: a small frame that decodes to much is delivered in pieces, fragments are counted, and messages have a limit", () => {
  const client = open("client", { extensions: [complement(100)] });
  expect(feed(client, join(hex("a2 7e 25 e4"), new Uint8Array(9700)))).toHaveLength(97);
  expect(expectClosed(feed(open("client"), join(hex("02 00"), hex("0000*200000")))).error?.code).toBe(
    "tooManyFragments",
  );
  expect(expectClosed(feed(open("client"), hex("82 7f 00 00 00 01 00 00 00 00"))).error?.closeCode).toBe(1009);
});

test("5: 1014 is accepted and sent, 999 and 5000 are not, and 1005 is not 1000", () => {
  const client = open("client");
  expect(expectClosed(feed(client, hex("88 02 03 f6"))).code).toBe(1014);
  const server = open("server");
  for (const code of [999, 5000, 1005]) expect(() => server.close(code)).toThrow(RangeError);
  expect(server.bytesToSend()).toHaveLength(0);
  server.close(1014);
  expect(readClose(server.bytesToSend()).code).toBe(1014);
});

test("6: a repeated or invalid key, and HTTP/1.0, are refused", () => {
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  for (const bytes of [
    request(key, key),
    request("Sec-WebSocket-Key: garbage"),
    request("Sec-WebSocket-Key: AAAA"),
    ascii(new TextDecoder().decode(request()).replace("HTTP/1.1", "HTTP/1.0")),
  ]) {
    expect(refusal(bytes).answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  }
});

test("7: a non-ASCII subprotocol and odd extension parameters raise only errors of this library", () => {
  const client = { host: "a", resource: "/" };
  expect(() => new WSConnection("client", { ...client, subprotocols: ["chät"] })).toThrow(TypeError);
  expect(refusal(request("Sec-WebSocket-Protocol: ch\u00e4t")).error).toBeInstanceOf(RemoteProtocolError);
  for (const value of ["abc", "8", "", '""', "99999999999999999999"]) {
    const server = new WSConnection("server", { extensions: [complement()] });
    const events = feed(server, request(`Sec-WebSocket-Extensions: x-complement; server_max_window_bits=${value}`));
    expect(["connectionRequested", "connectionClosed"]).toContain(events[0]?.type);
    if (events[0]?.type === "connectionRequested") server.accept(events[0]);
    expect(server.extensions).toEqual([]);
  }
});

test("8: negotiation does not change the extension object", () => {
  const extension = Object.freeze(complement());
  for (const level of ["9", "8", "9"]) {
    const server = new WSConnection("server", { extensions: [extension] });
    const [asked] = feed(server, request(`Sec-WebSocket-Extensions: x-complement; level=${level}`));
    if (asked?.type !== "connectionRequested") throw new Error("no request");
    server.accept(asked);
    expect(server.extensions.map(({ parameters }) => parameters)).toEqual(level === "9" ? [[["level", "9"]]] : []);
  }
});

test("9: a comma in quotes splits nothing", () => {
  const server = new WSConnection("server");
  const { answer } = refusal(request('Sec-WebSocket-Extensions: a; b="c,d", e'));
  expect(answer).toMatch(/^HTTP\/1\.1 400 /); // §9.1: what is quoted must be a token, and a comma is none
  const [asked] = feed(server, request('Sec-WebSocket-Extensions: a; b="c\\d", e'));
  expect(asked).toMatchObject({
    extensions: [
      { name: "a", parameters: [["b", "cd"]] },
      { name: "e", parameters: [] },
    ],
  });
});

test("10: a peer that closed and a peer that broke the rules look different", () => {
  expect(expectClosed(feed(open("client"), hex("88 02 03 ea")))).toMatchObject({ code: 1002, wasClean: true });
  const broken = expectClosed(feed(open("client"), hex("83 00")));
  expect(broken).toMatchObject({ code: 1006, wasClean: false });
  expect(broken.error).toBeInstanceOf(RemoteProtocolError);
  expect(() => open("client").accept({} as never)).toThrow(LocalProtocolError);
});

test("11: the resource foo is requested as /foo", () => {
  for (const resource of ["foo", "/foo"]) {
    const client = new WSConnection("client", { host: "a", resource });
    expect(new TextDecoder().decode(client.bytesToSend())).toMatch(/^GET \/foo HTTP\/1\.1\r\n/);
  }
});

test("12: after a 103 there is one rejection, not two", () => {
  const client = new WSConnection("client", { host: "a", resource: "/" });
  client.bytesToSend();
  const answers = join(
    head("HTTP/1.1 103 Early Hints", "Link: </style.css>"),
    head("HTTP/1.1 404 Not Found", "Content-Length: 2"),
    ascii("no"),
    head("HTTP/1.1 403 Forbidden", "Content-Length: 0"),
  );
  expect(joined(feed(client, answers))).toMatchObject([
    { type: "connectionRejected", status: 404 },
    { type: "rejectionData", data: "6e 6f", finished: true },
    { type: "connectionClosed", code: 1006 },
  ]);
});
