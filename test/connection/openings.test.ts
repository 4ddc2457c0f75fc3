/** Three ways to open a connection: an HTTP/1.1 upgrade, headers alone (RFC 8441, RFC 9220), and prior knowledge. */
import { describe, expect, test } from "vitest";
import {
  answerOffer,
  LocalProtocolError,
  offerHeaders,
  readAnswer,
  readOffer,
  RemoteProtocolError,
  WSConnection,
  type AnswerOptions,
  type ConnectionRequested,
  type Extension,
  type ExtensionCodec,
  type Offer,
  type OfferOptions,
  type ParsedRequest,
  type WSEvent,
} from "../../src/index.ts";
import { expectClosed, feed, hex, join, joined, pull, toHex } from "../support/wire.ts";
import { flip } from "../handshake/flip.ts";
import { ACCEPT, expectRefusal, KEY, readMessage, request } from "../handshake/heads.ts";

interface Ends {
  readonly client: WSConnection;
  readonly server: WSConnection;
}

const subprotocols = ["chat", "superchat"];
const extensions = [flip("x-flip", [["level", "2"]])];
const agreed = [{ name: "x-flip", parameters: [["level", "2"]] }];

const section6455: unknown = expect.stringMatching(/^RFC 6455 §/);

/** Carries bytes both ways until neither end has any, and returns the events of each. */
function exchange(
  { client, server }: Ends,
  answer?: (event: ConnectionRequested) => void,
): Record<keyof Ends, WSEvent[]> {
  const events: Record<keyof Ends, WSEvent[]> = { client: [], server: [] };
  for (let idle = 0; idle < 2;) {
    const toServer = client.bytesToSend();
    const toClient = server.bytesToSend();
    if (toServer.length > 0) server.receiveBytes(toServer);
    if (toClient.length > 0) client.receiveBytes(toClient);
    for (const event of server.events()) {
      events.server.push(event);
      if (event.type === "connectionRequested") answer?.(event);
    }
    events.client.push(...pull(client));
    idle = toServer.length + toClient.length === 0 ? idle + 1 : 0;
  }
  return events;
}

const openings: [
  string,
  (offered: OfferOptions, supported: readonly Extension[], chosen: string | undefined) => Ends,
][] = [
  [
    "an HTTP/1.1 upgrade",
    (offered, supported, subprotocol) => {
      const client = new WSConnection("client", { host: "a", resource: "/", ...offered });
      const server = new WSConnection("server", { extensions: supported });
      const [requested] = feed(server, client.bytesToSend());
      server.accept(requested as ConnectionRequested, { subprotocol });
      return { client, server };
    },
  ],
  [
    "a request that was parsed elsewhere",
    (offered, supported, subprotocol) => {
      const client = new WSConnection("client", { host: "a", resource: "/", ...offered });
      const server = new WSConnection("server", { extensions: supported });
      const { startLine, lines } = readMessage(client.bytesToSend());
      const [method = "", target = ""] = startLine.split(" ");
      const headers = lines.map((line): [string, string] => {
        const [name = "", value = ""] = line.split(": ");
        return [name, value];
      });
      server.receiveRequest({ method, target, headers });
      const [requested] = pull(server);
      server.accept(requested as ConnectionRequested, { subprotocol });
      return { client, server };
    },
  ],
  [
    "headers alone",
    (offered, supported, subprotocol) => {
      const question = offerHeaders(offered);
      const { headers, ...ours } = answerOffer(readOffer(question), { subprotocol, extensions: supported });
      const theirs = readAnswer(offered, headers);
      return {
        client: new WSConnection("client", { handshake: "none", ...theirs }),
        server: new WSConnection("server", { handshake: "none", ...ours }),
      };
    },
  ],
  [
    "prior knowledge",
    (_, supported, subprotocol) => ({
      client: new WSConnection("client", { handshake: "none", extensions: supported, subprotocol }),
      server: new WSConnection("server", { handshake: "none", extensions: supported, subprotocol }),
    }),
  ],
];

describe("every opening yields the same events, and a connection that works", () => {
  test.each(openings)("%s, with nothing to negotiate", (_, openWith) => {
    const ends = openWith({}, [], undefined);
    const events = exchange(ends);
    for (const end of ["client", "server"] as const) {
      expect(events[end]).toMatchObject([{ type: "connectionEstablished", subprotocol: undefined, extensions: [] }]);
      expect((events[end][0] as { headers: unknown }).headers).toBeInstanceOf(Headers);
      expect(ends[end].state).toBe("open");
    }
    talk(ends, false);
  });

  test.each(openings)("%s, with a subprotocol and an extension", (_, openWith) => {
    const ends = openWith({ subprotocols, extensions }, extensions, "superchat");
    const events = exchange(ends);
    for (const end of ["client", "server"] as const) {
      expect(events[end]).toMatchObject([
        { type: "connectionEstablished", subprotocol: "superchat", extensions: agreed },
      ]);
      expect(ends[end].subprotocol).toBe("superchat");
      expect(ends[end].extensions).toEqual(agreed);
    }
    talk(ends, true);
  });

  /** Both ways text, binary, a ping, and the closing handshake. */
  function talk(ends: Ends, flips: boolean): void {
    ends.client.sendData("from the client");
    ends.server.sendData(hex("01 02 03"));
    // RSV2 and every bit the other way round, where the extension is at work.
    const wire = ends.server.bytesToSend();
    expect(toHex(wire)).toBe(flips ? "a2 03 fe fd fc" : "82 03 01 02 03");
    ends.client.receiveBytes(wire);
    ends.server.ping(hex("2a"));
    const events = exchange(ends);
    expect(joined(events.server)).toMatchObject([
      { type: "textReceived", data: "from the client", messageFinished: true },
      { type: "pongReceived", payload: "2a" },
    ]);
    expect(joined(events.client)).toMatchObject([
      { type: "bytesReceived", data: "01 02 03", messageFinished: true },
      { type: "pingReceived", payload: "2a" },
    ]);
    ends.client.close(1000, "done");
    const last = exchange(ends);
    expect(expectClosed(last.client)).toMatchObject({ code: 1000, reason: "done", wasClean: true, initiator: "local" });
    expect(expectClosed(last.server)).toMatchObject({
      code: 1000,
      reason: "done",
      wasClean: true,
      initiator: "remote",
    });
  }
});

describe("RFC 8441 §5, RFC 9220 §3: headers alone", () => {
  test("offerHeaders offers without key, Upgrade, Connection or Host", () => {
    const headers = offerHeaders({
      subprotocols,
      extensions: [flip("x-a"), ...extensions],
      origin: "https://example.com",
      headers: { Cookie: "a=b" },
    });
    expect([...headers]).toEqual([
      ["cookie", "a=b"],
      ["origin", "https://example.com"],
      ["sec-websocket-extensions", "x-a, x-flip; level=2"],
      ["sec-websocket-protocol", "chat, superchat"],
      ["sec-websocket-version", "13"],
    ]);
    expect([...offerHeaders({})]).toEqual([["sec-websocket-version", "13"]]);
  });

  test.each<[string, OfferOptions]>([
    ["an invalid subprotocol", { subprotocols: ["a b"] }],
    ["a subprotocol twice", { subprotocols: ["a", "a"] }],
    ["an origin with a line break", { origin: "https://a\r\nX: y" }],
    ["a header that is the handshake's own", { headers: { "Sec-WebSocket-Version": "8" } }],
    ["a header that HTTP/2 forbids", { headers: { Connection: "upgrade" } }],
    ["a header with a line break", { headers: { "X-A": "a\r\nb" } }],
  ])("offerHeaders: TypeError for %s", (_, options) => {
    expect(() => offerHeaders(options)).toThrow(TypeError);
  });

  test("readOffer reports what is offered", () => {
    const headers = new Headers({
      origin: "null",
      "sec-websocket-version": "13",
      "sec-websocket-protocol": "chat, superchat",
      "sec-websocket-extensions": 'x-flip; level="2", x-b',
    });
    expect(readOffer(headers)).toEqual({
      origin: "null",
      subprotocols,
      extensions: [...agreed, { name: "x-b", parameters: [] }],
    });
    expect(readOffer(offerHeaders({}))).toEqual({ origin: undefined, subprotocols: [], extensions: [] });
  });

  test.each<[string, Record<string, string>, string, number]>([
    ["no version", {}, "versionInvalid", 426],
    ["another version", { "sec-websocket-version": "8" }, "versionInvalid", 426],
    ["malformed subprotocols", { "sec-websocket-protocol": "a b" }, "subprotocolInvalid", 400],
    ["a subprotocol twice", { "sec-websocket-protocol": "a, a" }, "subprotocolInvalid", 400],
    ["malformed extensions", { "sec-websocket-extensions": "a;" }, "extensionsInvalid", 400],
  ])("readOffer: RemoteProtocolError with a status for %s", (_, headers, code, status) => {
    const version = code === "versionInvalid" ? {} : { "sec-websocket-version": "13" };
    const read = (): Offer => readOffer(new Headers({ ...version, ...headers }));
    expect(read).toThrow(RemoteProtocolError);
    expect(read).toThrow(expect.objectContaining({ code, status, section: section6455 }));
  });

  test.each([
    ["Sec-WebSocket-Version", "13", "13", "versionInvalid", "RFC 6455 §11.3.5"],
    ["Sec-WebSocket-Version", "13", "8", "versionInvalid", "RFC 6455 §11.3.5"],
    ["Origin", "https://a.example", "https://b.example", "headMalformed", "RFC 6454 §7.3"],
  ])("readOffer refuses %s %s and %s with 400, as over HTTP/1.1", (name, first, second, code, section) => {
    const headers = new Headers(name === "Origin" ? { "sec-websocket-version": "13" } : {});
    headers.append(name, first);
    headers.append(name, second);
    const refusal = { code, status: 400, section, message: `${name} appears more than once` };
    expect(() => readOffer(headers)).toThrow(expect.objectContaining(refusal));
  });

  test("answerOffer answers with what was chosen and nothing else", () => {
    const offer = readOffer(offerHeaders({ subprotocols, extensions }));
    const answer = answerOffer(offer, { subprotocol: "chat", extensions, headers: { "X-A": "1" } });
    expect(answer).toMatchObject({ subprotocol: "chat", extensions: agreed });
    expect([...answer.headers]).toEqual([
      ["sec-websocket-extensions", "x-flip; level=2"],
      ["sec-websocket-protocol", "chat"],
      ["x-a", "1"],
    ]);
    const nothing = answerOffer(offer);
    expect(nothing).toMatchObject({ subprotocol: undefined, extensions: [] });
    expect([...nothing.headers]).toEqual([]);
  });

  test.each<[string, AnswerOptions, unknown]>([
    ["a subprotocol that was not offered", { subprotocol: "other" }, LocalProtocolError],
    ["a header that is the handshake's own", { headers: { "Sec-WebSocket-Protocol": "chat" } }, TypeError],
    ["a header with a line break", { headers: { "X-A": "a\nb" } }, TypeError],
  ])("answerOffer refuses %s", (_, options, error) => {
    const offer = readOffer(offerHeaders({ subprotocols }));
    expect(() => answerOffer(offer, options)).toThrow(error);
  });

  test("readAnswer reports what was agreed on", () => {
    const headers = new Headers({ "sec-websocket-protocol": "chat", "sec-websocket-extensions": "x-flip; level=2" });
    expect(readAnswer({ subprotocols, extensions }, headers)).toMatchObject({
      subprotocol: "chat",
      extensions: agreed,
    });
    expect(readAnswer({ subprotocols, extensions }, new Headers())).toEqual({ subprotocol: undefined, extensions: [] });
  });

  test.each<[string, Record<string, string>, string]>([
    ["a subprotocol that was not offered", { "sec-websocket-protocol": "other" }, "subprotocolInvalid"],
    ["two subprotocols", { "sec-websocket-protocol": "chat, superchat" }, "subprotocolInvalid"],
    ["an extension that was not offered", { "sec-websocket-extensions": "x-b" }, "extensionsInvalid"],
    ["an extension twice", { "sec-websocket-extensions": "x-flip; level=2, x-flip; level=2" }, "extensionsInvalid"],
    ["parameters that can't be met", { "sec-websocket-extensions": "x-flip; level=3" }, "extensionsInvalid"],
    ["malformed extensions", { "sec-websocket-extensions": "x-flip; level=" }, "extensionsInvalid"],
  ])("readAnswer: RemoteProtocolError for %s", (_, headers, code) => {
    const read = (): unknown => readAnswer({ subprotocols, extensions }, new Headers(headers));
    expect(read).toThrow(RemoteProtocolError);
    expect(read).toThrow(expect.objectContaining({ code, section: section6455 }));
  });
});

describe("prior knowledge", () => {
  test("connectionEstablished comes first, without bytes in either direction", () => {
    for (const type of ["client", "server"] as const) {
      const connection = new WSConnection(type, { handshake: "none", subprotocol: "chat", extensions });
      expect(connection.state).toBe("open");
      expect(connection.subprotocol).toBe("chat");
      expect(connection.bytesToSend()).toHaveLength(0);
      const events = pull(connection);
      expect(events).toMatchObject([{ type: "connectionEstablished", subprotocol: "chat", extensions: agreed }]);
      expect([...(events[0] as { headers: Headers }).headers]).toEqual([]);
      expect(pull(connection)).toEqual([]);
    }
  });

  test("a frame that arrived before the first pull is reported after it", () => {
    const connection = new WSConnection("client", { handshake: "none" });
    expect(joined(feed(connection, hex("89 00")))).toMatchObject([
      { type: "connectionEstablished" },
      { type: "pingReceived" },
    ]);
  });

  test("a client may send before the first pull", () => {
    const connection = new WSConnection("client", { handshake: "none", masking: false });
    connection.sendData("Hello");
    expect(toHex(connection.bytesToSend())).toBe("81 05 48 65 6c 6c 6f");
  });

  test("an HTTP head is not a frame: the connection fails", () => {
    const events = feed(new WSConnection("server", { handshake: "none" }), request());
    expect(events[0]?.type).toBe("connectionEstablished");
    expect(expectClosed(events).error?.closeCode).toBe(1002);
  });

  test("there is no request to accept or reject", () => {
    const server = new WSConnection("server", { handshake: "none" });
    const asked = {} as ConnectionRequested;
    const wrongState = expect.objectContaining({ name: "LocalProtocolError", code: "wrongState" }) as Error;
    expect(() => server.accept(asked)).toThrow(wrongState);
    expect(() => server.reject(asked)).toThrow(wrongState);
    expect(() => server.receiveRequest(parsed())).toThrow(wrongState);
    expect(server.bytesToSend()).toHaveLength(0);
    expect(server.state).toBe("open");
  });

  test("extensions that claim the same bits can't be agreed on (§9.1)", () => {
    const two = [flip("x-a"), flip("x-b")];
    for (const type of ["client", "server"] as const) {
      let told: readonly string[] = [];
      try {
        told = new WSConnection(type, { handshake: "none", extensions: two }).extensions.map(({ name }) => name);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
      expect(told.length, "both would flip, and the peer could not tell whose bit it is").toBeLessThan(2);
    }
  });

  test("two extensions apply in the negotiated order, and are undone in reverse (§9.1)", () => {
    // Adding one and then flipping every bit is not the same as flipping first.
    const addOne: Extension = {
      name: "x-add-one",
      offer: () => [[]],
      accept: () => ({ parameters: [], codec: addingOne }),
      confirm: () => addingOne,
    };
    const both = { handshake: "none", extensions: [addOne, flip()] } as const;
    const ends = { client: new WSConnection("client", both), server: new WSConnection("server", both) };
    exchange(ends);
    ends.server.sendData(hex("00 01 fe"));
    const wire = ends.server.bytesToSend();
    expect(toHex(wire), "RSV2 and RSV3; flip(addOne(data))").toBe("b2 03 fe fd 00");
    ends.client.receiveBytes(wire);
    expect(joined(pull(ends.client))).toMatchObject([{ type: "bytesReceived", data: "00 01 fe" }]);
    ends.client.sendData(hex("00 01 fe"));
    expect(joined(exchange(ends).server)).toMatchObject([{ type: "bytesReceived", data: "00 01 fe" }]);
  });
});

const addingOne: ExtensionCodec = {
  reservedBits: 1,
  decode: (payload) => [payload.map((byte) => byte - 1)],
  encode: (frame) => ({ ...frame, rsv: frame.rsv | 1, payload: Uint8Array.from(frame.payload, (byte) => byte + 1) }),
};

function parsed(changes: Record<string, string | undefined> = {}, method = "GET", target = "/chat"): ParsedRequest {
  const headers: Record<string, string | undefined> = {
    host: "server.example.com",
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": KEY,
    "sec-websocket-version": "13",
    ...changes,
  };
  const present = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { method, target, headers: present };
}

describe("§4.2.1 receiveRequest: a request that was parsed elsewhere", () => {
  test("is reported like one that arrived as bytes", () => {
    const server = new WSConnection("server");
    const extra = { origin: "null", "sec-websocket-protocol": "a, b", "sec-websocket-extensions": "x; y=1" };
    server.receiveRequest(parsed(extra));
    const bytes = request("+Origin: null", "+Sec-WebSocket-Protocol: a, b", "+Sec-WebSocket-Extensions: x; y=1");
    expect(joined(pull(server))).toEqual(joined(feed(new WSConnection("server"), bytes)));
  });

  test("by HTTP/2 is described by its pseudo-headers (RFC 9113 §8.3.1, RFC 8441 §4), which are not passed on as headers", () => {
    const headers = {
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "https",
      ":path": "/chat",
      ":authority": "a.example",
      host: "ignored.example",
      "sec-websocket-key": KEY,
      "sec-websocket-version": "13",
    };
    for (const more of [{}, { ":method": "GET", upgrade: "websocket", connection: "Upgrade" }]) {
      const server = new WSConnection("server");
      server.receiveRequest({ method: "CONNECT", target: "", headers: { ...headers, ...more } });
      const [event] = pull(server) as [ConnectionRequested];
      expect(event).toMatchObject({ type: "connectionRequested", target: "/chat", host: "a.example" });
      expect([...event.headers.keys()].sort()).toEqual([
        "connection",
        "host",
        "sec-websocket-key",
        "sec-websocket-version",
        "upgrade",
      ]);
    }
    for (const wrong of [{ ":protocol": "connect-udp" }, { ":method": "POST" }, { ":path": "chat" }]) {
      const server = new WSConnection("server");
      server.receiveRequest({ method: "CONNECT", target: "/", headers: { ...headers, ...wrong } });
      expect(pull(server).map(({ type }) => type)).toEqual(["connectionClosed"]);
    }
  });

  test("is answered with the same bytes", () => {
    const server = new WSConnection("server");
    server.receiveRequest(parsed());
    const [requested] = pull(server);
    server.accept(requested as ConnectionRequested);
    expect(readMessage(server.bytesToSend()).values("sec-websocket-accept")).toEqual([ACCEPT]);
    const other = new WSConnection("server");
    other.receiveRequest(parsed());
    other.reject(pull(other)[0] as ConnectionRequested, { status: 404, body: "no" });
    expectRefusal(other.bytesToSend(), 404, /^no$/);
  });

  test("the bytes after its head are early data", () => {
    for (const first of [true, false]) {
      const server = new WSConnection("server", { limits: { maxEarlyBytes: 6 } });
      if (first) server.receiveBytes(hex("89 80 00 00 00 00"));
      server.receiveRequest(parsed());
      if (!first) server.receiveBytes(hex("89 80 00 00 00 00"));
      const events = pull(server);
      expect(events.map((event) => event.type)).toEqual(["connectionRequested"]);
      server.accept(events[0] as ConnectionRequested);
      expect(pull(server).map((event) => event.type)).toEqual(["connectionEstablished", "pingReceived"]);
    }
    const server = new WSConnection("server", { limits: { maxEarlyBytes: 6 } });
    server.receiveRequest(parsed());
    const events = feed(server, join(hex("89 80 00 00 00 00"), hex("89")));
    expect(expectClosed(events).error?.code).toBe("tooMuchEarlyData");
  });

  test.each<[string, ParsedRequest, string, number]>([
    ["another method", parsed({}, "POST"), "methodInvalid", 400],
    ["a method with a space", parsed({}, "GET /x"), "headMalformed", 400],
    ["a bad target", parsed({}, "GET", "chat"), "targetInvalid", 400],
    ["a target with a space", parsed({}, "GET", "/a b"), "headMalformed", 400],
    ["a target with a line break", parsed({}, "GET", "/a\r\nX:"), "targetInvalid", 400],
    ["no Host", parsed({ host: undefined }), "hostInvalid", 400],
    ["no Upgrade", parsed({ upgrade: undefined }), "upgradeInvalid", 400],
    ["no Connection", parsed({ connection: "keep-alive" }), "connectionInvalid", 400],
    ["no key", parsed({ "sec-websocket-key": undefined }), "keyInvalid", 400],
    ["a key twice, joined", parsed({ "sec-websocket-key": `${KEY}, ${KEY}` }), "keyInvalid", 400],
    ["a key of 15 bytes", parsed({ "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAA" }), "keyInvalid", 400],
    ["no version", parsed({ "sec-websocket-version": undefined }), "versionInvalid", 426],
    ["another version", parsed({ "sec-websocket-version": "8" }), "versionInvalid", 426],
    ["a body", parsed({ "content-length": "5" }), "requestBody", 400],
    ["a chunked body", parsed({ "transfer-encoding": "chunked" }), "requestBody", 400],
    ["bad subprotocols", parsed({ "sec-websocket-protocol": "a b" }), "subprotocolInvalid", 400],
    ["bad extensions", parsed({ "sec-websocket-extensions": "a b" }), "extensionsInvalid", 400],
  ])("is refused under the same rules: %s", (_, asked, code, status) => {
    const server = new WSConnection("server");
    expect(() => server.receiveRequest(asked), "the peer's fault is not thrown").not.toThrow();
    expect(server.state).toBe("closed");
    const closed = expectClosed(pull(server));
    expect(closed.error).toBeInstanceOf(RemoteProtocolError);
    expect(closed.error).toMatchObject({ code, status });
    expectRefusal(server.bytesToSend(), status, /./);
    expect(pull(server)).toEqual([]);
  });

  test("is checked against the grammar of values: a control character (RFC 9110 §5.5)", () => {
    const server = new WSConnection("server");
    server.receiveRequest(parsed({ "x-bad": "a\x01b" }));
    expect(expectClosed(pull(server)).error?.code).toBe("headMalformed");
  });

  test("is reported like its bytes if Upgrade or Connection are on two lines", () => {
    for (const [name, value] of [
      ["connection", "keep-alive"],
      ["upgrade", "h2c"],
    ] as const) {
      const parsedElsewhere = new WSConnection("server");
      const { headers, ...rest } = parsed();
      parsedElsewhere.receiveRequest({ ...rest, headers: [...(headers as [string, string][]), [name, value]] });
      const types = pull(parsedElsewhere).map((event) => event.type);
      expect(feed(new WSConnection("server"), request(`+${name}: ${value}`)).map((event) => event.type)).toEqual(types);
    }
  });

  test("is refused once bytes of a request have arrived", () => {
    const server = new WSConnection("server");
    feed(server, request().subarray(0, 7));
    expect(() => server.receiveRequest(parsed())).toThrow(
      expect.objectContaining({ name: "LocalProtocolError", code: "wrongState" }) as Error,
    );
    expect(feed(server, request().subarray(7)).map((event) => event.type)).toEqual(["connectionRequested"]);
  });

  test("is refused a second time", () => {
    const twice = expect.objectContaining({ name: "LocalProtocolError", code: "wrongState" }) as Error;
    const server = new WSConnection("server");
    server.receiveRequest(parsed());
    expect(() => server.receiveRequest(parsed())).toThrow(twice);
    const events = pull(server);
    expect(events.map((event) => event.type)).toEqual(["connectionRequested"]);
    expect(() => server.receiveRequest(parsed())).toThrow(twice);
    server.accept(events[0] as ConnectionRequested);
    expect(() => server.receiveRequest(parsed())).toThrow(twice);
    expect(pull(server).map((event) => event.type)).toEqual(["connectionEstablished"]);
  });

  test("is refused after one that was read from bytes, and after the end", () => {
    const wrongState = expect.objectContaining({ name: "LocalProtocolError", code: "wrongState" }) as Error;
    const server = new WSConnection("server");
    feed(server, request());
    expect(() => server.receiveRequest(parsed())).toThrow(wrongState);
    const ended = new WSConnection("server");
    ended.receiveBytes(null);
    pull(ended);
    expect(() => ended.receiveRequest(parsed())).toThrow(wrongState);
    expect(ended.bytesToSend()).toHaveLength(0);
  });
});
