/** The server in memory: its view of a request, its answers, and what it sends to a client. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { LocalProtocolError } from "../../src/index.ts";
import { matchers, webSocketServer, type MemoryServer, type ServerSocket } from "../../src/testing/index.ts";
import { createWebSocketClass, type WebSocketError } from "../../src/websocket/index.ts";
import { brandless } from "../support/brandlessBlob.ts";
import { hex, type Bytes } from "../support/wire.ts";
import { Client } from "./client.ts";

expect.extend(matchers);

let server: MemoryServer;
beforeEach(() => void (server = webSocketServer()));
afterEach(() => server.close());

const connect = (url = "wss://chat.example/live?room=1", protocols: string[] = []): Client =>
  new Client(new server.WebSocket(url, protocols));

describe("a request", () => {
  test("shows what the client wants", async () => {
    connect("wss://chat.example/live?room=1", ["v1", "v2"]);
    const request = await server.request();
    expect(request).toMatchObject({
      url: "wss://chat.example/live?room=1",
      target: "/live?room=1",
      host: "chat.example",
      subprotocols: ["v1", "v2"],
    });
    expect(request.headers.get("sec-websocket-version")).toBe("13");
  });

  test("can be accepted, with a subprotocol of the server's choice and headers", async () => {
    const client = connect(undefined, ["v1", "v2"]);
    const socket = await (await server.request()).accept({ subprotocol: "v2", headers: { "x-served-by": "a test" } });
    await client.opened;
    expect([client.socket.protocol, socket.protocol]).toEqual(["v2", "v2"]);
  });

  test("can be rejected, with a status, headers and a body that the class passes on", async () => {
    const client = connect();
    await (await server.request()).reject({ status: 401, headers: { "www-authenticate": "Bearer" }, body: "who?" });
    expect(await client.closed).toMatchObject({ code: 1006, wasClean: false });
    const { rejection } = client.failure as WebSocketError;
    expect(rejection?.status).toBe(401);
    expect(rejection?.headers.get("www-authenticate")).toBe("Bearer");
    expect(new TextDecoder().decode(rejection?.body)).toBe("who?");
  });

  test("that is never answered keeps the client waiting", async () => {
    const client = connect();
    await server.request();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(client.socket.readyState).toBe(0);
  });

  test("can be answered with raw bytes", async () => {
    const client = connect();
    const request = await server.request();
    await request.raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: nonsense\r\n\r\n");
    expect(await client.closed).toMatchObject({ code: 1006 });
  });

  test("can be cut in the middle of its answer", async () => {
    const client = connect();
    const request = await server.request();
    void request.fault.cut({ afterBytes: 20 });
    await request.accept();
    expect(await client.closed).toMatchObject({ code: 1006 });
    expect(client.log).toEqual(["close 1006"]);
  });

  test("can't be accepted twice, or with a subprotocol that was not offered", async () => {
    connect(undefined, ["v1"]);
    const request = await server.request();
    await expect(request.accept({ subprotocol: "v3" })).rejects.toBeInstanceOf(LocalProtocolError);
    await request.accept({ subprotocol: "v1" });
    await expect(request.accept()).rejects.toBeInstanceOf(LocalProtocolError);
  });

  test("of a client that has gone can't be accepted", async () => {
    const client = connect();
    const request = await server.request();
    client.socket.close();
    await client.closed;
    await expect(request.accept()).rejects.toBeInstanceOf(LocalProtocolError);
  });

  test("is delivered in the order in which the clients connected, each once", async () => {
    connect("ws://one.example/");
    connect("ws://two.example/");
    expect((await server.request()).host).toBe("one.example");
    expect((await server.request()).host).toBe("two.example");
  });

  test("that does not arrive in time is reported", async () => {
    await expect(server.request({ timeout: 10 })).rejects.toThrow("no request came in 10 ms");
  });
});

describe("an open connection", () => {
  test("sends text, binary, JSON, fragments, and a Close", async () => {
    const { client, socket } = await open();
    await socket.send("text");
    await socket.send(hex("01 02"));
    await socket.sendJSON({ a: 1 });
    await socket.send("in ", { final: false });
    await socket.send("parts");
    await socket.close(4001, "enough");
    expect(await client.closed).toMatchObject({ code: 4001, reason: "enough", wasClean: true });
    expect(client.log).toEqual(["text", "01 02", '{"a":1}', "in parts", "close 4001"]);
    expect(await socket.closed).toEqual({ code: 4001, reason: "enough", wasClean: true });
  });

  test("sends frames of any kind, one by one", async () => {
    const { client, socket } = await open();
    void socket.frame({ fin: false, opcode: "text", payload: "fr" });
    void socket.frame({ opcode: "ping", payload: "amid" });
    await socket.frame({ opcode: "continuation", payload: "ame" });
    await client.messages(1);
    expect(client.log).toEqual(["frame"]);
    await expect(socket).toReceivePong("amid");
  });

  test.each([
    ["a reserved bit", { opcode: "text", rsv: 4, payload: "x" }],
    ["a reserved opcode", { opcode: 3 }],
    ["a mask", { opcode: "text", payload: "x", mask: true }],
    ["a given mask", { opcode: "text", payload: "x", mask: hex("01 02 03 04") }],
    ["a continuation of nothing", { opcode: "continuation", payload: "x" }],
    ["a fragmented ping", { opcode: "ping", fin: false }],
  ] as const)("breaks the protocol with %s, and the client answers 1002", async (_, frame) => {
    const { client, socket } = await open();
    await socket.frame(frame);
    await expect(socket).toReceiveClose(1002);
    expect(await client.closed).toMatchObject({ code: 1006 });
  });

  test("sends raw bytes", async () => {
    const { client, socket } = await open();
    await socket.raw(hex("81 02 68 69"));
    await client.messages(1);
    expect(client.log).toEqual(["hi"]);
  });

  test("answers no pings if that is switched off", async () => {
    const { client, socket } = await open({ keepalive: { intervalMs: 5, timeoutMs: 30 } });
    socket.answerPings = false;
    await expect(socket).toReceivePing();
    expect(await client.closed).toMatchObject({ code: 1006 });
  });

  test("answers pings automatically", async () => {
    const { client, socket } = await open({ keepalive: { intervalMs: 5, timeoutMs: 5000 } });
    for (let round = 0; round < 3; round++) await expect(socket).toReceivePing();
    expect(client.socket.readyState).toBe(1);
  });

  test("does not answer the Close if that is switched off", async () => {
    const { client, socket } = await open({ closeTimeoutMs: 30 });
    socket.answerClose = false;
    client.socket.close(3000, "bye");
    await expect(socket).toReceiveClose(3000, "bye");
    expect(await client.closed).toMatchObject({ code: 1006, wasClean: false });
    expect(await socket.closed).toMatchObject({ wasClean: false });
  });

  test("refuses invalid messages, and sends nothing", async () => {
    const { client, socket } = await open();
    expect(() => socket.ping("x".repeat(126))).toThrow(RangeError);
    expect(() => socket.frame({ opcode: 16 })).toThrow(RangeError);
    expect(() => socket.frame({ opcode: "nothing" as "text" })).toThrow(RangeError);
    expect(() => socket.frame({ opcode: "text", rsv: 8 })).toThrow(RangeError);
    expect(() => socket.frame({ opcode: "text", mask: new Uint8Array(3) })).toThrow(TypeError);
    for (const wrong of [7, {}, null, undefined, new Blob(["x"]), brandless(Uint8Array.of(1))]) {
      expect(() => socket.send(wrong as never)).toThrow(TypeError);
    }
    expect(() => socket.close(1005)).toThrow(RangeError);
    await socket.close(1000);
    expect(() => socket.send("late")).toThrow(LocalProtocolError);
    expect(client.log).toEqual([]);
    await client.closed;
  });

  test("compresses if the server has the extension", async () => {
    await using deflating = webSocketServer({ extensions: [permessageDeflate()] });
    const client = new Client(new deflating.WebSocket("ws://chat.example/"));
    const socket = await (await deflating.request()).accept();
    await client.opened;
    client.socket.send("again and again and again and again");
    await expect(socket).toReceiveText("again and again and again and again");
    await socket.send("and back and back and back and back");
    await client.messages(1);
    expect(client.socket.extensions).toBe("permessage-deflate");
    const frames = socket.trace.records.filter(({ kind }) => kind === "frame");
    expect(frames.map((frame) => "rsv" in frame && frame.rsv)).toEqual([4, 4]);
    expect(client.log).toEqual(["and back and back and back and back"]);
  });
});

describe("the server", () => {
  test("resets open connections when it closes, and leaves no caller waiting", async () => {
    const { client, socket } = await open();
    const waiting = server.request();
    const expecting = expect(expect(socket).toReceiveText("never")).rejects.toThrow("without a Close frame");
    await Promise.all([server.close(), expect(waiting).rejects.toThrow("closed"), expecting]);
    expect(await client.closed).toMatchObject({ code: 1006 });
    expect(await socket.closed).toMatchObject({ code: 1006 });
    await expect(server.request()).rejects.toThrow("closed");
  });

  test("that is already closed refuses to connect", async () => {
    await server.close();
    expect(await connect().closed).toMatchObject({ code: 1006 });
  });

  test("that is already closed ends a transport, even one of only two streams", async () => {
    await server.close();
    const [up, down] = [new TransformStream<Bytes, Bytes>(), new TransformStream<Bytes, Bytes>()];
    server.handleTransport({ readable: up.readable, writable: down.writable });
    await expect(down.readable.getReader().read()).rejects.toThrow("the server is closed");
    await expect(up.writable.getWriter().closed).rejects.toThrow("the server is closed");
  });
});

async function open(options: object = {}): Promise<{ client: Client; socket: ServerSocket }> {
  const Class = createWebSocketClass(server.dial, options);
  const client = new Client(new Class("ws://chat.example/"));
  const socket = await (await server.request()).accept();
  await client.opened;
  return { client, socket };
}
