/** Options, headers and values in the forms that untyped programs use: all of them count, or are refused. */
import { createServer } from "node:http";
import { connect as connectTCP, type AddressInfo } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { ClientConnection } from "../../src/index.ts";
import { crosswsAdapter, WebSocketServer } from "../../src/server/index.ts";
import { accept, connect, serve } from "../../src/stream/index.ts";
import { socketTransport } from "../../src/transports/node.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { createWebSocketClass, webSocketOver } from "../../src/websocket/index.ts";
import { request } from "../handshake/heads.ts";
import { collectReports } from "../server/reports.ts";
import { hex } from "../support/wire.ts";
import { settled, WireTransport } from "../support/wireTransport.ts";

class Policy {
  get origins(): string[] {
    return ["https://a.example"];
  }
}

describe("inherited options count like own ones", () => {
  const asked = (): WireTransport => {
    const transport = new WireTransport();
    transport.bring(request("+Origin: https://b.example"));
    return transport;
  };
  const faces: [string, (transport: ByteTransport) => void][] = [
    ["serve", (transport) => void serve([transport], (asked) => void asked.accept(), new Policy()).catch(() => {})],
    ["accept", (transport) => void accept(transport, new Policy()).catch(() => {})],
    ["WebSocketServer", (transport) => new WebSocketServer(new Policy()).handleTransport(transport)],
    ["crosswsAdapter", (transport) => crosswsAdapter({ serverOptions: new Policy() }).handleTransport(transport)],
  ];
  test.each(faces)("an origin policy, in %s", async (_, face) => {
    const transport = asked();
    face(transport);
    await settled();
    expect(new TextDecoder().decode(transport.written())).toMatch(/^HTTP\/1\.1 403 /);
  });
  test("the host and target of a client, and the headers of a class", async () => {
    const client = new ClientConnection(Object.create({ host: "a.example", resource: "/x" }) as never);
    expect(new TextDecoder().decode(client.bytesToSend())).toMatch(/^GET \/x HTTP\/1\.1\r\nHost: a\.example\r\n/);
    const transport = new WireTransport();
    const WebSocket = createWebSocketClass(() => transport, Object.create({ headers: { "X-A": "1" } }) as object);
    new WebSocket("ws://a.example/");
    await settled();
    expect(new TextDecoder().decode(transport.written())).toContain("\r\nX-A: 1\r\n");
  });
  test("a limit", async () => {
    const transport = new WireTransport();
    const known = { handshake: "none", masking: false, limits: { maxMessageBytes: 1 } };
    const session = await connect(transport, Object.create(known) as object);
    transport.bring(hex("82 02 00 00"));
    await expect(session.receive()).rejects.toMatchObject({ cause: { closeCode: 1009 } });
  });
});

describe("headers", () => {
  test("a parsed request may have them as in Node's http: arrays for several lines, and undefined for none", async () => {
    const told: unknown[] = [];
    const server = new WebSocketServer();
    server.on("connection", (_, { headers }) => told.push(headers["set-cookie"]));
    const http = createServer().on("upgrade", (req, socket) => {
      const { method = "", url = "", headers } = req;
      server.handleTransport(socketTransport(socket), { request: { method, target: url, headers } });
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const socket = connectTCP((http.address() as AddressInfo).port, "127.0.0.1");
    socket.write(request("+Set-Cookie: a=1", "+Set-Cookie: b=2"));
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 /);
    expect(told).toHaveLength(1);
    socket.destroy();
    server.close();
    http.close();
  });
  test.each([
    ["no object", null, "headers must be an object, not object"],
    ["a value that is an object", { "X-A": {} }, "a header's value must be a string, not object"],
    ["a value with a line break", { Authorization: "Bearer s3cret\nX" }, "invalid header value for Authorization"],
    ["three parts", [["a", "s3cret", "c"]], "a header must be [name, value]"],
  ])("of %s are refused, and no value is repeated", (_, headers, message) => {
    const WebSocket = createWebSocketClass(() => pipe()[0]);
    const open = (): unknown => new WebSocket("ws://a.example/", [], { headers: headers as never });
    expect(open).toThrow(new TypeError(message));
  });
  test("invalid lines of a headers listener are refused with 500, and no value is repeated", async () => {
    const { reports } = collectReports();
    const server = new WebSocketServer();
    server.on("headers", (lines) => void lines.push("Set-Cookie: s3cret\0"));
    const transport = new WireTransport();
    server.handleTransport(transport);
    transport.bring(request());
    await settled();
    expect(new TextDecoder().decode(transport.written())).toMatch(/^HTTP\/1\.1 500 /);
    expect(reports.map(String)).toEqual(["TypeError: invalid header value for Set-Cookie"]);
  });
  test("given to a class as an iterator are sent by each of its objects", async () => {
    const transports = [new WireTransport(), new WireTransport()];
    const rest = [...transports];
    const headers = new Map([["X-A", "1"]]).entries();
    const WebSocket = createWebSocketClass(() => rest.shift()!, { headers: headers as never });
    new WebSocket("ws://a.example/");
    new WebSocket("ws://a.example/");
    await settled();
    for (const transport of transports) {
      expect(new TextDecoder().decode(transport.written())).toContain("\r\nX-A: 1\r\n");
    }
  });
});

describe("buffers are recognized by their internal slots", () => {
  const named = Object.defineProperty(new ArrayBuffer(2), Symbol.toStringTag, { value: "Named" });
  const spoof = { [Symbol.toStringTag]: "ArrayBuffer", length: 5, toString: () => "text" };
  test("the class sends a buffer with another name as bytes, and an object with its name as text", async () => {
    const [near, far] = pipe();
    const received: unknown[] = [];
    const served = serve([far], async (asked) => {
      for await (const message of (await asked.accept()).readable) received.push(message);
    });
    const socket = webSocketOver(near);
    socket.onopen = () => {
      socket.send(named);
      socket.send(spoof as never);
      socket.close();
    };
    await served;
    expect(received).toEqual([new Uint8Array(2), "text"]);
  });
  test("a session refuses the object", async () => {
    const session = await connect(pipe()[0], { handshake: "none" });
    await expect(session.send(spoof as never)).rejects.toThrow(TypeError);
    await session.send(named);
  });
});

test.each([
  ["a URL", () => "ws://a.example/", /takes a transport, .* not a string; to dial a URL on Node use dial\(\)/],
  ["nothing", () => undefined, /takes a transport, .* not undefined/],
])("a class whose dial returns %s says what it expects", async (_, dial, message) => {
  const WebSocket = createWebSocketClass(dial as never);
  const [error] = (await once(new WebSocket("ws://a.example/"), "error")) as [Event & { cause: Error }];
  expect((error.cause.cause as Error).message).toMatch(message);
});

describe("WebSocketServer accepts the options of programs for ws", () => {
  test("null counts as not set, and a maxPayload of 0 as no limit", async () => {
    const server = new WebSocketServer({ path: null, verifyClient: null, port: null, maxPayload: 0 } as never);
    const transport = new WireTransport();
    const messages: unknown[] = [];
    server.on("connection", (peer) => peer.on("message", (data) => messages.push(data)));
    server.handleTransport(transport);
    transport.bring(request());
    await settled();
    transport.bring(hex("82 81 00 00 00 00 61"));
    await settled();
    expect(messages).toHaveLength(1);
  });
  test.each([
    ["maxFragments", 5, "use limits: { maxFragments }"],
    ["allowSynchronousEvents", true, "leave it out: each message is an event of its own"],
    ["skipUTF8Validation", true, "leave it out: text is always checked"],
  ])("%s is refused with advice", (name, value, instead) => {
    expect(() => new WebSocketServer({ [name]: value })).toThrow(
      new TypeError(`new WebSocketServer() has no option ${name}; ${instead}`),
    );
  });
});
