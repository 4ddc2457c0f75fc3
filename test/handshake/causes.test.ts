/**
 * Errors say in words what was wrong: the answer to a client, the error at both ends, and the error for an invalid
 * call.
 */
import { describe, expect, test } from "vitest";
import {
  answerOffer,
  offerHeaders,
  readAnswer,
  readOffer,
  WSConnection,
  type Extension,
  type ExtensionCodec,
  type RemoteProtocolError,
} from "../../src/index.ts";
import { ascii, expectClosed, feed, join, open } from "../support/wire.ts";
import { ACCEPT, asked, client, expectRefusal, readMessage, request, response } from "./heads.ts";

/** An extension that offers and grants the given parameters, and does nothing. */
function extension(
  name: string,
  made: Partial<Extension> = {},
  codec: ExtensionCodec = { reservedBits: 0 },
): Extension {
  return { name, offer: () => [[]], accept: () => ({ parameters: [], codec }), confirm: () => codec, ...made };
}

function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

describe("a server answers an invalid request with the reason, as text", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["a header is missing", request("-Host"), /^Host is missing/],
    ["a header is empty", request("Upgrade: "), /^Upgrade is missing/],
    ["a header appears twice", request("+Host: server.example.com"), /^Host appears more than once/],
    ["a line has no colon", request("+nonsense"), /^malformed header line 6\n$/],
    ["one of several", request("+X-A: 1", "+nonsense", "+X-B: 2"), /^malformed header line 7\n$/],
    ["the first of several", request("=GET / HTTP/1.1\r\nnonsense", "+nonsense"), /^malformed header line 1\n$/],
    ["one that has a space in it", request("+X-A : 1"), /^malformed header line 6\n$/],
    ["one that is folded", request("+ folded"), /^folded header line 6\n$/],
    ["two empty lines", ascii("\r\n\r\n"), /^empty request line/],
  ])("%s", (_, bytes, why) => {
    const server = new WSConnection("server");
    const { error } = expectClosed(feed(server, bytes));
    const answer = expectRefusal(server.bytesToSend(), 400, why);
    expect(answer.values("content-type")).toEqual(["text/plain; charset=utf-8"]);
    expect(answer.body).toBe(`${error!.message}\n`);
    for (const name of ["upgrade", "sec-websocket-version"]) expect(answer.values(name)).toEqual([]);
  });

  test.each([
    ["-Sec-WebSocket-Version", /^Sec-WebSocket-Version is missing/],
    ["Sec-WebSocket-Version: 8", /^Sec-WebSocket-Version other than 13/],
  ])("§4.4 %s", (change, why) => {
    const server = new WSConnection("server");
    feed(server, request(change));
    expectRefusal(server.bytesToSend(), 426, why);
  });

  test("a request that was parsed elsewhere, with an invalid header", () => {
    const server = new WSConnection("server");
    server.receiveRequest({ method: "GET", target: "/", headers: [["a b", "c"]] as never });
    expect(expectClosed([...server.events()]).error).toMatchObject({
      code: "headMalformed",
      section: "RFC 6455 §4.2.1",
      message: "malformed header line 1",
    });
  });
});

describe("errors do not repeat the values, which may be secrets", () => {
  const secret = "s3cret";
  test.each([
    [`+${secret}`],
    [`+Authorization ${secret}`],
    [`+Cookie : ${secret}`],
    [`+Cookie: ${secret}\0`],
    [`+Coo\0kie: ${secret}`],
    ["+Cookie: a", `+ ${secret}`],
    ["+Cookie: a", `+\t${secret}`],
    [`+:${secret}`],
    [`=GET /?token=${secret}`],
    [`=GET /?token=${secret}# HTTP/1.1`],
    [`=GET ws://me:${secret}@a.example/ HTTP/1.1`],
    [`=GET /?${secret} HTTP/1.1 ${secret}`],
    [`Host: me:${secret}@a.example`],
    [`Sec-WebSocket-Key: ${secret}`],
    [`Sec-WebSocket-Version: ${secret}`],
    [`Upgrade: ${secret}`],
    [`Connection: ${secret}`],
    [`+Sec-WebSocket-Protocol: ${secret}, ${secret}`],
    [`+Sec-WebSocket-Protocol: ${secret}/==`],
    [`+Sec-WebSocket-Extensions: ${secret}=`],
    [`+Origin: ${secret}`, `+Origin: ${secret}`],
    [`+Content-Length: ${secret}`],
  ])("request %j %j", (...changes: (string | undefined)[]) => {
    const server = new WSConnection("server");
    const { error } = expectClosed(feed(server, request(...changes.filter((change) => change !== undefined))));
    expect(error!.message).not.toContain(secret);
    expect(readMessage(server.bytesToSend()).body).not.toContain(secret);
  });

  test.each([
    [`=HTTP/1.1 1o1 ${secret}`],
    [`+Set-Cookie : ${secret}`],
    [`+${secret}`],
    [`+Set-Cookie: a`, `+ ${secret}`],
    [`Sec-WebSocket-Accept: ${secret}`],
    [`+Sec-WebSocket-Protocol: ${secret}`],
    [`Upgrade: ${secret}`],
    [`Connection: ${secret}`],
  ])("answer %j %j", (...changes: (string | undefined)[]) => {
    const { error } = expectClosed(feed(client(), response(...changes.filter((change) => change !== undefined))));
    expect(error!.message).not.toContain(secret);
  });

  test("a request that was parsed elsewhere", () => {
    for (const header of [
      [`a ${secret}`, "b"],
      ["a", `${secret}\0`],
    ] as [string, string][]) {
      const server = new WSConnection("server");
      server.receiveRequest({ method: "GET", target: "/", headers: [header] });
      expect(expectClosed([...server.events()]).error!.message).not.toContain(secret);
    }
  });

  test("calls of the server", () => {
    const { server, requested } = asked();
    const calls = [
      () => server.accept(requested, { subprotocol: secret }),
      () => server.accept(requested, { headers: { "Set-Cookie": `${secret}\0` } }),
      () => server.reject(requested, { headers: { Location: `/${secret}\n?` } }),
      () => answerOffer(readOffer(offerHeaders({})), { headers: { [`${secret} `]: "a" } }),
    ];
    for (const call of calls) expect(thrownBy(call).message).not.toContain(secret);
  });
});

describe("a client reports what was wrong with the answer", () => {
  test.each<[string, Uint8Array, Partial<RemoteProtocolError>]>([
    ["another version of HTTP", response("=HTTP/1.0 101 Ok"), { message: "HTTP version other than 1.1" }],
    ["no status line", response("=nonsense"), { message: "malformed status line", section: "RFC 6455 §4.1" }],
    ["an empty line before it", join(ascii("\r\n"), response()), { code: "headMalformed" }],
    ["two of them", ascii("\r\n\r\n"), { message: "malformed status line", section: "RFC 6455 §4.1" }],
    ["another upgrade", response("Upgrade: h2c"), { message: "Upgrade is not websocket" }],
    ["another connection", response("Connection: close"), { message: "Connection does not name Upgrade" }],
    [
      "another key's",
      response(`Sec-WebSocket-Accept: ${ACCEPT.slice(1)}`),
      { message: /does not match the key/ as never },
    ],
    ["a header twice", response("+Upgrade: websocket"), { message: "Upgrade appears more than once" }],
    ["none", response("-Upgrade"), { message: "Upgrade is missing" }],
    ["a subprotocol", response("+Sec-WebSocket-Protocol: a"), { message: /subprotocol that was not offered/ as never }],
    ["no extensions", response("+Sec-WebSocket-Extensions: ;"), { message: "Sec-WebSocket-Extensions is malformed" }],
    [
      "an extension that was not offered",
      response("+Sec-WebSocket-Extensions: other"),
      { message: "the server chose the extension other, which was not offered", section: "RFC 6455 §4.1" },
    ],
    [
      "parameters that can't be met",
      response("+Sec-WebSocket-Extensions: picky"),
      { message: "the server chose invalid parameters for picky", section: "RFC 6455 §9.1" },
    ],
  ])("%s", (_, bytes, { message, ...expected }) => {
    const connection = client({ extensions: [extension("picky", { confirm: () => undefined })] });
    const { error } = expectClosed(feed(connection, bytes));
    expect(error).toMatchObject(expected);
    if (message !== undefined) expect(error!.message).toMatch(message);
  });

  test.each([
    ["Content-Length: 1", "+Content-Length: 1", "", "more than one Content-Length"],
    ["Content-Length: 1", "+Transfer-Encoding: chunked", "", "both Content-Length and Transfer-Encoding"],
    ["Transfer-Encoding: gzip", "", "", "Transfer-Encoding other than chunked"],
    ["Content-Length: 1x", "", "", "malformed Content-Length"],
    ["Transfer-Encoding: chunked", "", "1\r\nab\r\n", "chunk longer than announced"],
    ["Transfer-Encoding: chunked", "", "1\n", "chunk line that does not end in CR LF"],
    ["Transfer-Encoding: chunked", "", "x\r\n", "malformed chunk size"],
    ["Transfer-Encoding: chunked", "", `1;${"x".repeat(255)}`, "chunk line too long"],
  ])("of a rejection's body: %s %s %j", (header, more, body, why) => {
    const lines = ["=HTTP/1.1 403 Forbidden", `+${header}`, ...(more === "" ? [] : [more])];
    const { error } = expectClosed(feed(client(), join(response(...lines), ascii(body))));
    expect(error).toMatchObject({ code: "bodyMalformed", section: "RFC 9112 §6", message: why });
  });

  test("a chunk line of 256 bytes is not too long", () => {
    const body = `1;${"x".repeat(252)}\r\na\r\n0\r\n\r\n`;
    const events = feed(client(), join(response("=HTTP/1.1 403", "+Transfer-Encoding: chunked"), ascii(body)));
    expect(events.map(({ type }) => type)).toContain("rejectionData");
    expect(expectClosed(events).error).toBeUndefined();
  });
});

test("RFC 9112 §4: a status line may lack the reason, and the space before it", () => {
  for (const line of ["HTTP/1.1 403", "HTTP/1.1 403 "]) {
    const [rejected] = feed(client(), response(`=${line}`, "+Content-Length: 0"));
    expect(rejected).toMatchObject({ type: "connectionRejected", status: 403, statusText: "" });
  }
});

test("RFC 9112 §2.2: an empty line before a request is ignored, and is not a line of its head", () => {
  const bytes = join(ascii("\r\n"), request());
  for (const cuts of [[], [1], [2], [3]]) {
    const server = new WSConnection("server", { limits: { maxHeadLines: 6 } });
    expect(feed(server, bytes, cuts).map(({ type }) => type)).toEqual(["connectionRequested"]);
  }
});

test("RFC 9112 §3.2: a URL in the query of a target is not its authority", () => {
  const [requested] = feed(new WSConnection("server"), request("=GET /to?http://other.example/ HTTP/1.1"));
  expect(requested).toMatchObject({ target: "/to?http://other.example/", host: "server.example.com" });
});

test("§4.1 one invalid subprotocol among valid ones", () => {
  for (const offer of ["chat, a b", "a b, chat", "chat, chat"]) {
    const server = new WSConnection("server");
    const { error } = expectClosed(feed(server, request(`+Sec-WebSocket-Protocol: ${offer}`)));
    expect(error).toMatchObject({ code: "subprotocolInvalid", status: 400 });
  }
});

describe("an invalid call throws an error that names the mistake", () => {
  const base = { host: "a", resource: "/" };
  test.each<[string, () => unknown, RegExp]>([
    ["host", () => new WSConnection("client", { ...base, host: "a b" }), /^host must be/],
    ["resource", () => new WSConnection("client", { ...base, resource: "/#a" }), /^resource must be/],
    ["subprotocols", () => offerHeaders({ subprotocols: ["a b"] }), /^a subprotocol must be a token/],
    ["a subprotocol twice", () => offerHeaders({ subprotocols: ["a", "a"] }), /^a subprotocol is offered twice/],
    ["origin", () => offerHeaders({ origin: "a\nb" }), /^invalid header value for origin/],
    ["a header", () => offerHeaders({ headers: { Host: "a" } }), /^the handshake sets host: leave it out/],
    ["bytes", () => open("client").sendData({} as never), /^bytes must be an ArrayBuffer or a view of one/],
    [
      "a limit",
      () => new WSConnection("client", { ...base, limits: { maxFragments: -1 } }),
      /^limits\.maxFragments .*-1$/,
    ],
    ["a status", () => asked().server.reject(asked().requested, { status: 100 }), /./],
  ])("%s", (_, call, why) => {
    expect(thrownBy(call).message).toMatch(why);
  });

  test("invalid answers", () => {
    const { server, requested } = asked();
    expect(thrownBy(() => server.reject(requested, { status: 600 })).message).toMatch(/200 to 599, not 600/);
    expect(thrownBy(() => server.reject(requested, { status: 204, body: "a" })).message).toMatch(
      /204 response can't have a body/,
    );
    expect(thrownBy(() => server.accept(requested, { subprotocol: "x" }))).toMatchObject({
      message: "the client did not offer that subprotocol",
      section: "RFC 6455 §4.2.2",
    });
    server.reject(requested, { status: 403 });
    const answer = readMessage(server.bytesToSend());
    expect([answer.values("upgrade"), answer.values("sec-websocket-version")]).toEqual([[], []]);
  });
});

describe("§9.1 extensions", () => {
  test("a client that offered none gets one in the answer", () => {
    const error = thrownBy(() => readAnswer({}, new Headers({ "sec-websocket-extensions": "x" })));
    expect(error).toMatchObject({ name: "RemoteProtocolError", code: "extensionsInvalid", section: "RFC 6455 §4.1" });
  });

  test("of several with one name the first that succeeds is taken, on either side", () => {
    const declines = extension("x", { accept: () => undefined, confirm: () => undefined });
    const takes = extension("x");
    const offer = readOffer(offerHeaders({ extensions: [takes] }));
    const { headers, extensions } = answerOffer(offer, { extensions: [declines, takes] });
    expect(extensions.map(({ name }) => name)).toEqual(["x"]);
    expect(readAnswer({ extensions: [declines, takes] }, headers).extensions).toHaveLength(1);
  });

  test("by prior knowledge an extension that declines its own offer or answer is left out", () => {
    for (const [role, left] of [
      ["client", [{ accept: () => undefined }, { confirm: () => undefined }]],
      ["server", [{ accept: () => undefined }]],
    ] as const) {
      for (const made of left) {
        const connection = open(role, { extensions: [extension("x", made), extension("y")] });
        expect(connection.extensions.map(({ name }) => name)).toEqual(["y"]);
      }
    }
    // A server has no answer to read.
    const server = open("server", { extensions: [extension("x", { confirm: () => undefined })] });
    expect(server.extensions).toHaveLength(1);
  });

  test("by prior knowledge a client uses its reading of the answer, and a server what it granted", () => {
    let ended: string[] = [];
    const codec = (role: string): ExtensionCodec => ({ reservedBits: 0, release: () => void ended.push(role) });
    const both = extension("x", {
      accept: () => ({ parameters: [], codec: codec("server") }),
      confirm: () => codec("client"),
    });
    for (const role of ["client", "server"] as const) {
      const connection = open(role, { extensions: [both] });
      // What a client made in a server's place is released already.
      expect(ended).toEqual(role === "client" ? ["server"] : []);
      ended = [];
      connection.receiveBytes(null);
      expectClosed([...connection.events()]);
      expect(ended).toEqual([role]);
      ended = [];
    }
  });

  test("by prior knowledge two that claim one reserved bit are refused by name", () => {
    const both = ["x", "y"].map((name) => extension(name, {}, { reservedBits: 2 }));
    expect(thrownBy(() => open("client", { extensions: both })).message).toBe("y claims a reserved bit that is in use");
  });
});
