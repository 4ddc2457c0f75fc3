/**
 * The server of transports: how they arrive, the limits, and the end. What it shares with ws is tested in
 * `test/peers/wsServer.test.ts`.
 */
import { describe, expect, test } from "vitest";
import { WebSocketServer, type MessageBytes, type WebSocketServerOptions } from "../../src/server/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { complement } from "../support/complement.ts";
import { fakeTime } from "../support/fakeTime.ts";
import { ascii } from "../support/wire.ts";
import { Client, dial, open } from "./client.ts";
import { collectReports } from "./reports.ts";
import { countTimers } from "../support/timers.ts";

const close = (server: WebSocketServer): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
const turn = (ms = 10): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const accepted = (client: Client): Promise<unknown> => client.event("connectionEstablished");

/** A source that the test fills, and whether the server still reads from it. */
function source(): {
  put: () => Client;
  fail: (error: unknown) => void;
  stream: ReadableStream<ByteTransport>;
  over: () => boolean;
} {
  let controller!: ReadableStreamDefaultController<ByteTransport>;
  let cancelled = false;
  const stream = new ReadableStream<ByteTransport>(
    { start: (given) => void (controller = given), cancel: () => void (cancelled = true) },
    { highWaterMark: 0 },
  );
  return {
    put() {
      const [near, far] = pipe();
      controller.enqueue(far);
      return new Client(near);
    },
    fail: (error) => controller.error(error),
    stream,
    over: () => cancelled,
  };
}

async function* each(stream: ReadableStream<ByteTransport>): AsyncGenerator<ByteTransport, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.cancel().catch(() => {});
  }
}

describe("serve", () => {
  test("accepts transports as they arrive", async () => {
    const server = new WebSocketServer();
    const { put, stream } = source();
    void server.serve(each(stream));
    await accepted(put());
    await accepted(put());
    expect(server.clients!.size).toBe(2);
  });
  test("accepts a list, and resolves at its end while the connections continue", async () => {
    const server = new WebSocketServer();
    const pipes = [pipe(), pipe()];
    await server.serve(pipes.map(([, far]) => far));
    for (const [near] of pipes) await accepted(new Client(near));
    expect(server.clients!.size).toBe(2);
  });
  test("takes several sources at once", async () => {
    const server = new WebSocketServer();
    const sources = [source(), source()];
    for (const { stream } of sources) void server.serve(each(stream));
    for (const { put } of sources) await accepted(put());
    expect(server.clients!.size).toBe(2);
  });
  test("reports a source that fails, and resolves", async () => {
    const server = new WebSocketServer();
    const errors: unknown[] = [];
    server.on("error", (error) => errors.push(error));
    for (const reason of [new Error("broken"), "broken"]) {
      const { fail, stream } = source();
      const serving = server.serve(each(stream));
      fail(reason);
      await serving;
    }
    expect(errors).toEqual([new Error("broken"), new Error("no more transports", { cause: "broken" })]);
  });
  test("reports an unusable transport, and continues", async () => {
    const server = new WebSocketServer();
    const errors: unknown[] = [];
    server.on("error", (error) => errors.push(error));
    const [near, far] = pipe();
    const [, locked] = pipe();
    locked.readable.getReader();
    await server.serve([locked, undefined as never, far]);
    await accepted(new Client(near));
    expect(errors).toEqual([expect.any(TypeError), expect.any(TypeError)]);
  });
  test("ends when the server closes, even while it waits, and returns the source's iterator", async () => {
    const server = new WebSocketServer();
    const { put, stream, over } = source();
    const serving = server.serve(each(stream));
    await accepted(put());
    for (const peer of server.clients!) peer.terminate();
    const closing = close(server);
    await serving;
    await closing;
    const late = put();
    expect(await late.event("connectionClosed")).toMatchObject({ code: 1006 });
    await expect.poll(over).toBe(true);
  });
  test("stops reading a source without return()", async () => {
    const server = new WebSocketServer();
    let asked = 0;
    const next = async (): Promise<IteratorResult<ByteTransport>> => {
      asked++;
      await turn(5);
      return { done: false, value: pipe()[1] };
    };
    void server.serve({ [Symbol.asyncIterator]: () => ({ next }) });
    await turn(20);
    await close(server);
    const before = asked;
    await turn(40);
    expect(asked).toBeLessThanOrEqual(before);
  });
  test("of a closed server resolves at once", async () => {
    const server = new WebSocketServer();
    await close(server);
    await server.serve(each(source().stream));
  });
});

describe("maxConnections", () => {
  test("drops the transports beyond it, and reports that", async () => {
    const server = new WebSocketServer({ maxConnections: 2 });
    const dropped: ByteTransport[] = [];
    server.on("drop", (transport) => dropped.push(transport));
    const first = await open(server);
    await open(server);
    const { client, far } = dial(server);
    expect(await client.event("connectionClosed")).toMatchObject({ code: 1006 });
    expect(dropped).toEqual([far]);
    first.client.do((connection) => connection.close());
    await expect.poll(() => server.clients!.size).toBe(1);
    await open(server);
  });
  test("makes serve wait before the next one", async () => {
    const server = new WebSocketServer({ maxConnections: 1 });
    const { put, stream } = source();
    void server.serve(each(stream));
    let drops = 0;
    server.on("drop", () => drops++);
    const [first, second] = [put(), put()];
    await accepted(first);
    let isOpen = false;
    const opening = accepted(second).then(() => (isOpen = true));
    await turn();
    expect(isOpen).toBe(false);
    first.do((connection) => connection.close());
    await opening;
    expect(drops).toBe(0);
  });
});

test("serve does not take a transport before there is room", async () => {
  const server = new WebSocketServer({ maxConnections: 1 });
  const pipes = [pipe(), pipe()];
  let asked = 0;
  void server.serve({
    [Symbol.iterator]: () => ({ next: () => ({ done: asked === 2, value: pipes[asked++]?.[1] as ByteTransport }) }),
  });
  const [first, second] = pipes.map(([near]) => new Client(near));
  await accepted(first!);
  await turn();
  expect(asked).toBe(1);
  first!.do((connection) => connection.close());
  await accepted(second!);
});

describe("maxConnections and several sources", () => {
  test("what was taken and waits is dropped when the server closes", async () => {
    const server = new WebSocketServer({ maxConnections: 1 });
    const sources = [source(), source()];
    let drops = 0;
    server.on("drop", () => drops++);
    for (const { stream } of sources) void server.serve(each(stream));
    await turn();
    const [first, second] = sources.map(({ put }) => put());
    await accepted(first!);
    await turn();
    expect([second!.connection.state, drops]).toEqual(["connecting", 0]);
    const closing = close(server);
    expect(await second!.event("connectionClosed")).toMatchObject({ code: 1006 });
    expect([server.clients!.size, drops]).toEqual([1, 0]);
    first!.do((connection) => connection.close());
    await closing;
  });
});

describe("maxPendingHandshakes", () => {
  test("counts connections without a request, and those that wait for verifyClient", async () => {
    const decide: ((yes: boolean) => void)[] = [];
    const server = new WebSocketServer({
      maxPendingHandshakes: 2,
      verifyClient: () => new Promise((resolve) => decide.push(resolve)),
    });
    const [, silent] = pipe();
    server.handleTransport(silent);
    const waiting = dial(server).client;
    await expect.poll(() => decide.length).toBe(1);
    expect(await dial(server).client.event("connectionClosed")).toMatchObject({ code: 1006 });
    decide[0]!(true);
    await accepted(waiting);
    const next = dial(server).client;
    await expect.poll(() => decide.length).toBe(2);
    decide[1]!(false);
    await next.event("connectionRejected");
  });
  test("makes serve wait until one is accepted", async () => {
    const server = new WebSocketServer({ maxPendingHandshakes: 1 });
    const pipes = [pipe(), pipe(), pipe()];
    void server.serve(pipes.map(([, far]) => far));
    for (const [near] of pipes) await accepted(new Client(near));
    expect(server.clients!.size).toBe(3);
  });
  test("is 1024 by default", async () => {
    const server = new WebSocketServer({ handshakeTimeoutMs: 60_000 });
    let drops = 0;
    server.on("drop", () => drops++);
    for (let i = 0; i < 1030; i++) server.handleTransport(pipe()[1]);
    expect(drops).toBe(6);
    await close(server);
  });
});

describe("close", () => {
  test("drops connections without a request, and does not wait for them", async () => {
    const timers = countTimers();
    const server = new WebSocketServer();
    const [near, far] = pipe();
    server.handleTransport(far);
    await near.writable.getWriter().write(ascii("GET / HTTP/1.1\r\n"));
    await turn();
    await close(server);
    expect(timers()).toBe(0);
  });
  test("answers waiting requests with 503, and does not wait for them", async () => {
    let decide!: (yes: boolean) => void;
    const server = new WebSocketServer({ verifyClient: () => new Promise((resolve) => (decide = resolve)) });
    let connections = 0;
    server.on("connection", () => connections++);
    const { client } = dial(server);
    await expect.poll(() => decide).toBeTypeOf("function");
    const closing = close(server);
    expect((await client.event("connectionRejected")).status).toBe(503);
    await closing;
    decide(true);
    await turn();
    expect(connections).toBe(0);
  });
  test.each([
    ["verifyClient", false],
    ["verifyClient", true],
    ["handleProtocols", "chat"],
  ])("ignores %s that then says %s", async (hook, answer) => {
    const { reports } = collectReports();
    let decide!: (answer: unknown) => void;
    const server = new WebSocketServer({ [hook]: () => new Promise((resolve) => (decide = resolve)) });
    const { client } = dial(server, { subprotocols: ["chat"] });
    await expect.poll(() => decide).toBeTypeOf("function");
    const closing = close(server);
    decide(answer);
    expect((await client.event("connectionRejected")).status).toBe(503);
    await closing;
    expect(reports).toEqual([]);
  });
  test("refuses transports from then on", async () => {
    const server = new WebSocketServer();
    const { client } = await open(server);
    const closing = close(server);
    expect(await dial(server).client.event("connectionClosed")).toMatchObject({ code: 1006 });
    client.do((connection) => connection.close());
    await closing;
    expect(await dial(server).client.event("connectionClosed")).toMatchObject({ code: 1006 });
  });
  test("waits until the transports have ended, not only the connections, and closes peers first", async () => {
    const timers = countTimers();
    const server = new WebSocketServer({ closeTimeoutMs: 30 });
    const seen: string[] = [];
    const { client, peer } = await open(server);
    peer.on("close", () => seen.push("peer"));
    const closing = close(server).then(() => seen.push("server"));
    client.hold();
    client.do((connection) => connection.close());
    await closing;
    expect(seen).toEqual(["peer", "server"]);
    client.driver.abort("done");
    await client.driver.finished;
    expect(timers()).toBe(0);
  });
});

describe("a request that was parsed elsewhere", () => {
  const headers = {
    host: "server.example",
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  test("is answered, and the bytes after it are read", async () => {
    const server = new WebSocketServer();
    const received = new Promise((resolve) => {
      server.on("connection", (peer, { url }) =>
        peer.on("message", (data) => resolve([url, (data as MessageBytes).toString()])),
      );
    });
    const [near, far] = pipe();
    server.handleTransport(far, { request: { method: "GET", target: "/chat", headers } });
    await near.writable.getWriter().write(Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69));
    expect(await received).toEqual(["/chat", "hi"]);
    const { value } = await near.readable.getReader().read();
    expect(new TextDecoder().decode(value)).toMatch(/^HTTP\/1\.1 101 /);
  });
  test("is checked against the same rules", async () => {
    const server = new WebSocketServer();
    const [near, far] = pipe();
    server.handleTransport(far, { request: { method: "POST", target: "/chat", headers } });
    const { value } = await near.readable.getReader().read();
    expect(new TextDecoder().decode(value)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("the information about a transport", () => {
  test("is passed on with the request", async () => {
    const seen: unknown[] = [];
    const server = new WebSocketServer({ verifyClient: ({ secure }) => seen.push(secure) > 0 });
    server.on("connection", (_, { socket }) => seen.push(socket.remoteAddress, socket.encrypted));
    await accepted(dial(server, {}, { remoteAddress: "192.0.2.7", encrypted: true }).client);
    await accepted(dial(server).client);
    expect(seen).toEqual([true, "192.0.2.7", true, false, undefined, false]);
  });
});

test("may come from the transport, and options override it", async () => {
  const seen: unknown[] = [];
  const server = new WebSocketServer({ verifyClient: ({ secure }) => seen.push(secure) > 0 });
  server.on("connection", (_, { url, socket }) => seen.push(url, socket.remoteAddress));
  const headers: [string, string][] = [
    ["host", "server.example"],
    ["upgrade", "websocket"],
    ["connection", "Upgrade"],
    ["sec-websocket-version", "13"],
    ["sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="],
  ];
  const about = { remoteAddress: "192.0.2.7", encrypted: true, request: { method: "GET", target: "/own", headers } };
  const other = { remoteAddress: "192.0.2.8", encrypted: false, request: { method: "GET", target: "/other", headers } };
  for (const options of [{}, other]) {
    const [near, far] = pipe();
    server.handleTransport({ ...far, ...about }, options);
    const { value } = await near.readable.getReader().read();
    expect(new TextDecoder().decode(value)).toMatch(/^HTTP\/1\.1 101 /);
  }
  expect(seen).toEqual([true, "/own", "192.0.2.7", false, "/other", "192.0.2.8"]);
});

describe("options", () => {
  test("extensions are negotiated, and named by the peer", async () => {
    const { client, peer } = await open(new WebSocketServer({ extensions: [complement()] }), {
      extensions: [complement()],
    });
    expect(peer.extensions).toBe("x-complement");
    peer.send("compressed");
    peer.send("plain", { compress: false });
    expect([await client.message(), await client.message()]).toEqual(["compressed", "plain"]);
  });
  test("shouldHandle can be overridden", async () => {
    class ChatServer extends WebSocketServer {
      override shouldHandle({ headers }: { headers: Record<string, string | undefined> }): boolean {
        return headers.host === "chat.example";
      }
    }
    const server = new ChatServer();
    await open(server, { host: "chat.example" });
    expect((await dial(server).client.event("connectionRejected")).status).toBe(400);
  });
  test("headers named like members of Object.prototype are ordinary headers", async () => {
    const { request } = await open(new WebSocketServer(), { headers: { __proto__x: "1", constructor: "2" } });
    expect(request.headers).toMatchObject({ __proto__x: "1" });
    expect(request.headers.constructor).toBe("2");
    const { request: second } = await open(new WebSocketServer(), { headers: [["__proto__", "3"]] });
    expect(Object.getOwnPropertyDescriptor(second.headers, "__proto__")?.value).toBe("3");
    expect(Object.getPrototypeOf(second.headers)).toBe(Object.prototype);
  });
  test.each<[string, WebSocketServerOptions]>([
    ["maxPayload", { maxPayload: -1 }],
    ["maxPayload", { maxPayload: 1.5 }],
    ["limits", { limits: { maxFragments: NaN } }],
    ["maxConnections", { maxConnections: -1 }],
    ["maxPendingHandshakes", { maxPendingHandshakes: 0.5 }],
    ["closeTimeoutMs", { closeTimeoutMs: 0 }],
    ["handshakeTimeoutMs", { handshakeTimeoutMs: -1 }],
    ["messageTimeoutMs", { messageTimeoutMs: 0 }],
  ])("that are invalid cause a RangeError: %s", (_, options) => {
    expect(() => new WebSocketServer(options)).toThrow(RangeError);
  });
});

test("a peer closes under fake timers that nobody advances, and after they are removed", async () => {
  fakeTime();
  const { client, peer } = await open(new WebSocketServer());
  const closed = new Promise((resolve) => peer.once("close", resolve));
  client.do((connection) => connection.close(4000));
  expect(await closed).toBe(4000);
});
