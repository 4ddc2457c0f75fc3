/** WebSockets over HTTP/2 (RFC 8441), with Node's own stack as the carrier and as the peer. */
import { once } from "node:events";
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { defineHooks } from "crossws";
import { afterEach, describe, expect, test, vi } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { DialError, extendedConnects, http2Dial, TransportError, type ByteTransport } from "../../src/http2/index.ts";
import { crosswsAdapter, WebSocketServer } from "../../src/server/index.ts";
import { accept, connect, serve, type RequestHandler, type WebSocketError } from "../../src/stream/index.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { contract } from "../transports/contract.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(server: Http2Server): Promise<number> {
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {}).on("close", () => sessions.delete(session));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp.push(() => {
    server.close();
    for (const session of sessions) session.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** The streams of each session that have not closed. */
const streamsOf = new WeakMap<ClientHttp2Session, Set<ClientHttp2Stream>>();

function openStreams(session: ClientHttp2Session): number {
  return streamsOf.get(session)!.size;
}

function dialTo(port: number): ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const streams = new Set<ClientHttp2Stream>();
  streamsOf.set(session, streams);
  const request = session.request.bind(session);
  session.request = (...given) => {
    const stream = request(...given);
    streams.add(stream);
    return stream.on("close", () => streams.delete(stream));
  };
  session.on("error", () => {});
  cleanUp.push(() => session.destroy());
  return session;
}

/** The two ends of an open stream. */
async function pair(): Promise<[near: ByteTransport, far: ByteTransport]> {
  const server = http2.createServer();
  const arriving = extendedConnects(server).next();
  const session = dialTo(await start(server));
  const near = await http2Dial(session)(new URL("ws://127.0.0.1/"));
  const answered = (near.opening as { ask: (request: object) => Promise<object> }).ask({
    authority: "127.0.0.1",
    target: "/",
    headers: [],
  });
  const { value: far } = (await arriving) as { value: ByteTransport };
  (far.opening as { answer: (answer: object) => void }).answer({ status: 200, headers: [] });
  await answered;
  return [near, far];
}

contract("a stream of HTTP/2", pair, { heldBytes: 512 * 1024, tellsReasons: false });

/** A server with a handler, and a session to it. */
async function served(handler: RequestHandler, options = {}): Promise<{ port: number; session: ClientHttp2Session }> {
  const server = http2.createServer();
  void serve(extendedConnects(server), handler, options);
  const port = await start(server);
  return { port, session: dialTo(port) };
}

const echo: RequestHandler = async (request) => {
  const session = await request.accept({ subprotocol: request.subprotocols[0] });
  for await (const message of session) await session.send(message);
};

const dialled = (session: ClientHttp2Session, url: string): Promise<ByteTransport> => http2Dial(session)(new URL(url));

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error,
  );
}

describe("a session over HTTP/2", () => {
  test("sends target, host, origin, cookies and subprotocols, and nothing of HTTP/1.1", async () => {
    const server = http2.createServer();
    let sent: IncomingHttpHeaders | undefined;
    server.on("stream", (_, headers) => void (sent = headers));
    const seen: unknown[] = [];
    void serve(
      extendedConnects(server),
      async (request) => {
        const { target, url, host, origin, headers, subprotocols } = request;
        seen.push(target, url.href, host, origin, headers.get("cookie"), headers.get("x-own"), subprotocols);
        const session = await request.accept({ subprotocol: "v2", headers: { "set-cookie": "b=2" } });
        await session.close();
      },
      { origins: ["https://page.example"] },
    );
    const session = dialTo(await start(server));
    const url = "ws://server.example:8080/chat?room=1";
    const headers: [string, string][] = [
      ["Cookie", "a=1"],
      ["Cookie", "c=3"],
      ["X-Own", "yes"],
    ];
    const opened = await connect(await dialled(session, url), {
      url,
      protocols: ["v1", "v2"],
      origin: "https://page.example",
      headers,
    });
    expect(opened.protocol).toBe("v2");
    await opened.closed;
    const cookies = "a=1; c=3";
    expect(seen).toEqual([
      "/chat?room=1",
      url,
      "server.example:8080",
      "https://page.example",
      cookies,
      "yes",
      ["v1", "v2"],
    ]);
    expect(Object.fromEntries(Object.entries(sent!))).toEqual({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "http",
      ":authority": "server.example:8080",
      ":path": "/chat?room=1",
      cookie: cookies,
      origin: "https://page.example",
      "sec-websocket-protocol": "v1, v2",
      "sec-websocket-version": "13",
      "x-own": "yes",
    });
  });
  test("echoes, is compressed, and closes with code and reason", async () => {
    const extensions = [permessageDeflate()];
    const { port, session } = await served(echo, { extensions });
    const url = `ws://127.0.0.1:${port}/`;
    const opened = await connect(await dialled(session, url), { url, protocols: ["chat"], extensions });
    expect([opened.protocol, opened.extensions]).toEqual(["chat", "permessage-deflate"]);
    const long = new Uint8Array(3_000_000).map((_, i) => i % 251);
    for (const message of ["héllo", long]) {
      void opened.send(message);
      const echoed = await opened.receive();
      if (typeof message === "string") expect(echoed).toBe(message);
      else expect(Buffer.compare(echoed as Uint8Array, message)).toBe(0);
    }
    const info = await opened.close({ closeCode: 4000, reason: "bye" });
    expect(info).toMatchObject({ closeCode: 4000, reason: "bye" });
  });
  test("each has a separate stream, and none remains", async () => {
    const { port, session } = await served(echo);
    const url = `ws://127.0.0.1:${port}/`;
    const all = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const opened = await connect(await dialled(session, url), { url });
        await opened.send(String(i));
        const message = await opened.receive();
        await opened.close();
        return message;
      }),
    );
    expect(all).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
    await vi.waitFor(() => expect(openStreams(session)).toBe(0));
  });
  test.each([
    ["whole", { body: "log in first" }],
    ["none", {}],
    ["large", { body: "x".repeat(50_000) }],
  ])("a refusal has its status, headers and body: %s", async (_, answer) => {
    const { port, session } = await served((request) =>
      request.reject({ status: 401, headers: { "www-authenticate": "Basic" }, ...answer }),
    );
    const url = `ws://127.0.0.1:${port}/`;
    const error = (await failureOf(connect(await dialled(session, url), { url }))) as WebSocketError;
    const { status, headers, body } = error.rejection!;
    expect([status, headers.get("www-authenticate")]).toEqual([401, "Basic"]);
    expect(Buffer.from(body).toString()).toBe("body" in answer ? answer.body : "");
    await vi.waitFor(() => expect(openStreams(session)).toBe(0));
  });
  test("a page of a disallowed origin gets 403", async () => {
    const { port, session } = await served(echo);
    const url = `ws://127.0.0.1:${port}/`;
    const opening = connect(await dialled(session, url), { url, origin: "https://elsewhere.example" });
    expect(((await failureOf(opening)) as WebSocketError).rejection?.status).toBe(403);
  });
  test("whose handler throws gets 500", async () => {
    const { port, session } = await served(() => Promise.reject(new Error("a bug")), { onError: () => {} });
    const url = `ws://127.0.0.1:${port}/`;
    const error = (await failureOf(connect(await dialled(session, url), { url }))) as WebSocketError;
    expect(error.rejection?.status).toBe(500);
  });
  test("that is reset reports it, and not an end", async () => {
    const server = http2.createServer();
    const arriving = extendedConnects(server).next();
    const port = await start(server);
    let stream!: ServerHttp2Stream;
    server.on("stream", (opened) => void (stream = opened));
    const url = `ws://127.0.0.1:${port}/`;
    const session = dialTo(port);
    const opening = connect(await dialled(session, url), { url });
    const far = await (await accept(((await arriving) as { value: ByteTransport }).value)).accept();
    const near = await opening;
    stream.close(http2.constants.NGHTTP2_CANCEL);
    const error = (await failureOf(near.closed)) as WebSocketError;
    expect(error.closeCode).toBe(1006);
    expect(error.cause).toBeInstanceOf(TransportError);
    expect(error.message).toMatch(/the other end reset the stream/);
    await failureOf(far.closed);
  });
  test.each(["destroyed", "closed by the server's process"])("whose session is %s fails", async (how) => {
    const { port, session } = await served(echo);
    const url = `ws://127.0.0.1:${port}/`;
    const opened = await connect(await dialled(session, url), { url });
    if (how === "destroyed") session.destroy();
    else for (const step of cleanUp.splice(0, 1)) await step();
    expect(((await failureOf(opened.closed)) as WebSocketError).closeCode).toBe(1006);
  });
});

describe("http2Dial", () => {
  test("waits for a session that is not connected yet, and for the server's settings", async () => {
    const { port, session } = await served(echo);
    expect(session.connecting).toBe(true);
    const url = `ws://127.0.0.1:${port}/`;
    const opened = await connect(await dialled(session, url), { url });
    await opened.close();
  });
  test.each(["at once", "after its settings have come"])(
    "gives advice if the server accepts no WebSockets, asked %s",
    async (when) => {
      const session = dialTo(await start(http2.createServer()));
      if (when !== "at once") await once(session, "remoteSettings");
      const error = (await failureOf(dialled(session, "ws://127.0.0.1/"))) as DialError;
      expect(error).toBeInstanceOf(DialError);
      expect(error.code).toBe("unsupported");
      expect(error.message).toMatch(
        /SETTINGS_ENABLE_CONNECT_PROTOCOL; for HTTP\/1\.1 use dial\(\) of websocket-over\/node/,
      );
    },
  );
  test("fails on a session that has ended, and one that can't connect", async () => {
    const { session } = await served(echo);
    session.destroy();
    expect(await failureOf(dialled(session, "ws://127.0.0.1/"))).toMatchObject({ code: "lost" });
    const nowhere = dialTo(1);
    const error = (await failureOf(dialled(nowhere, "ws://127.0.0.1/"))) as TransportError;
    expect(error.code).toBe("lost");
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
  });
  test("is abandoned by its signal, and leaves no listener on the session", async () => {
    const server = http2.createServer();
    const session = dialTo(await start(server));
    await once(session, "connect");
    const names = ["remoteSettings", "connect", "error", "close"];
    const before = names.map((name) => session.listenerCount(name));
    const giveUp = new AbortController();
    const dialling = http2Dial(session)(new URL("ws://127.0.0.1/"), [], giveUp.signal);
    const reason = new Error("enough");
    giveUp.abort(reason);
    expect(await failureOf(dialling)).toBe(reason);
    await vi.waitFor(() => expect(names.map((name) => session.listenerCount(name))).toEqual(before));
  });
  test("is the dial of a WebSocket class, which sees a 401", async () => {
    const { port, session } = await served(async (request) => {
      if (request.target === "/secret") await request.reject({ status: 401, body: "no" });
      else await echo(request);
    });
    const WebSocket = createWebSocketClass(http2Dial(session));
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, "chat");
    socket.onopen = () => socket.send("hello");
    const { data } = await new Promise<MessageEvent<string>>((resolve) => (socket.onmessage = resolve));
    expect([data, socket.protocol]).toEqual(["hello", "chat"]);
    socket.close(4001, "done");
    const closed = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve));
    expect([closed.code, closed.reason, closed.wasClean]).toEqual([4001, "done", true]);
    const refused = new WebSocket(`ws://127.0.0.1:${port}/secret`);
    const event = await new Promise<Event>((resolve) => (refused.onerror = resolve));
    expect((event as Event & { cause: WebSocketError }).cause.rejection?.status).toBe(401);
  });
  test("refuses prior knowledge as a mistake", async () => {
    const { port, session } = await served(echo);
    const url = `ws://127.0.0.1:${port}/`;
    const opening = connect(await dialled(session, url), { url, handshake: "none" });
    expect(await failureOf(opening)).toEqual(
      new TypeError('the transport has its own opening: leave out handshake: "none"'),
    );
  });
});

/** An answer of Node's client, with its body. */
async function ask(
  session: ClientHttp2Session,
  headers: Record<string, string>,
): Promise<{ status: unknown; body: string; stream: ClientHttp2Stream }> {
  const stream = session.request(headers, { endStream: headers[":method"] !== "CONNECT" });
  const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
  const isOpen = headers[":protocol"] === "websocket" && answer[":status"] === 200;
  let body = "";
  if (!isOpen) for await (const chunk of stream) body += String(chunk);
  return { status: answer[":status"], body, stream };
}

const CONNECT = { ":method": "CONNECT", ":scheme": "http", ":path": "/", ":authority": "127.0.0.1" };
const WEBSOCKET = { ...CONNECT, ":protocol": "websocket", "sec-websocket-version": "13" };

describe("extendedConnects, with Node's client", () => {
  test("opens a stream of frames", async () => {
    const { session } = await served(async (request) => {
      const opened = await request.accept();
      await opened.send("hi");
      await opened.close();
    });
    await once(session, "remoteSettings");
    const { status, stream } = await ask(session, WEBSOCKET);
    expect(status).toBe(200);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      // The text, then the Close, which is answered.
      if (Buffer.concat(chunks).length === 6) stream.end(Buffer.from("888000000000", "hex"));
    }
    expect(Buffer.concat(chunks).toString("hex")).toBe("81026869" + "8800");
    expect(stream.rstCode).toBe(0);
  });
  test.each([
    ["another version", { ...WEBSOCKET, "sec-websocket-version": "8" }, 426],
    ["no version", { ...CONNECT, ":protocol": "websocket" }, 426],
    ["malformed subprotocols", { ...WEBSOCKET, "sec-websocket-protocol": "a b" }, 400],
    ["another protocol", { ...CONNECT, ":protocol": "connect-udp" }, 501],
    ["a page, where there are none", { ":path": "/" }, 404],
  ] as [string, Record<string, string>, number][])("refuses %s", async (_, headers, status) => {
    const { session } = await served(echo);
    await once(session, "remoteSettings");
    expect((await ask(session, headers)).status).toBe(status);
  });
  test("refuses a plain CONNECT", async () => {
    const { session } = await served(echo);
    await once(session, "remoteSettings");
    const asked = await ask(session, { ":method": "CONNECT", ":authority": "127.0.0.1:80" });
    expect(asked.status).toBe(405);
    await vi.waitFor(() => expect(openStreams(session)).toBe(0));
  });
  test.each(["request", "stream"] as const)("leaves pages to a listener for %s", async (event) => {
    const server = http2.createServer();
    if (event === "request") server.on("request", (_, response) => void response.end("a page"));
    else {
      server.on("stream", (stream, headers) => {
        if (headers[":method"] !== "CONNECT") stream.respond({ ":status": 200 });
        if (headers[":method"] !== "CONNECT") stream.end("a page");
      });
    }
    void serve(extendedConnects(server), echo);
    const port = await start(server);
    const session = dialTo(port);
    expect(await ask(session, { ":path": "/" })).toMatchObject({ status: 200, body: "a page" });
    const url = `ws://127.0.0.1:${port}/`;
    const opened = await connect(await dialled(session, url), { url });
    await opened.send("beside");
    expect(await opened.receive()).toBe("beside");
    await opened.close();
  });
  test("takes only the targets that it accepts, so two of them can share a server", async () => {
    const server = http2.createServer();
    const serveAt = (path: string): void => {
      const accepts = (target: string): boolean => target === path;
      void serve(extendedConnects(server, { accepts }), async (request) => (await request.accept()).send(path));
    };
    serveAt("/a");
    serveAt("/b");
    const port = await start(server);
    const session = dialTo(port);
    for (const path of ["/a", "/b"]) {
      const url = `ws://127.0.0.1:${port}${path}`;
      const opened = await connect(await dialled(session, url), { url });
      expect(await opened.receive()).toBe(path);
      await opened.close();
    }
  });
  test("answers 404 where neither of two accepts the target", async () => {
    const server = http2.createServer();
    for (const path of ["/a", "/b"]) {
      void serve(extendedConnects(server, { accepts: (target) => target === path }), echo);
    }
    const session = dialTo(await start(server));
    await once(session, "remoteSettings");
    expect((await ask(session, { ...WEBSOCKET, ":path": "/c" })).status).toBe(404);
    expect((await ask(session, { ...CONNECT, ":protocol": "other" })).status).toBe(501);
    expect((await ask(session, { ":path": "/" })).status).toBe(404);
  });
  test("answers 404 if accepts returns false, and 500 if it throws", async () => {
    const server = http2.createServer();
    const problems: unknown[] = [];
    const accepts = (target: string): boolean => {
      if (target === "/bug") throw new Error("a bug");
      return false;
    };
    void serve(extendedConnects(server, { accepts, onError: (error) => problems.push(error) }), echo);
    const session = dialTo(await start(server));
    await once(session, "remoteSettings");
    expect((await ask(session, WEBSOCKET)).status).toBe(404);
    expect((await ask(session, { ...WEBSOCKET, ":path": "/bug" })).status).toBe(500);
    expect(problems).toEqual([new Error("a bug")]);
  });
  test("resets streams beyond maxWaiting, and keeps the others", async () => {
    const server = http2.createServer();
    const arriving = extendedConnects(server, { maxWaiting: 2 });
    const session = dialTo(await start(server));
    await once(session, "remoteSettings");
    const streams = Array.from({ length: 5 }, () => session.request(WEBSOCKET, { endStream: false }));
    const reset = streams.slice(2).map((stream) => once(stream, "close"));
    await Promise.all(reset);
    expect(streams.map((stream) => stream.rstCode)).toEqual([0, 0, 8, 8, 8]);
    expect((await arriving.next()).done).toBe(false);
    await arriving.return!();
    await once(streams[1]!, "close");
    expect(streams[0]!.destroyed).toBe(false);
  });
  test("limits the size of a head", async () => {
    const { session } = await served(echo);
    await once(session, "remoteSettings");
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x-${i}`, "y"]));
    const stream = session.request({ ...WEBSOCKET, ...many }, { endStream: false });
    await new Promise((resolve) => stream.on("error", () => {}).on("close", resolve));
    expect(stream.rstCode).toBe(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
    expect((await ask(session, { ...WEBSOCKET, "x-large": "x".repeat(20_000) })).status).toBe(431);
  });
  test.each([0, -1, 1.5, 2 ** 31])("windowBytes can't be %s", (windowBytes) => {
    expect(() => extendedConnects(http2.createServer(), { windowBytes })).toThrow(RangeError);
  });
  test("leaves no listener when its loop ends", async () => {
    const server = http2.createServer();
    const arriving = extendedConnects(server);
    await arriving.return!();
    expect(["stream", "session", "close", "connect"].map((name) => server.listenerCount(name))).toEqual([0, 0, 0, 0]);
  });
});

describe("the other servers", () => {
  test("WebSocketServer accepts the transports of extendedConnects", async () => {
    const http = http2.createServer();
    const server = new WebSocketServer({ path: "/chat" });
    server.on("connection", (peer, request) => {
      peer.send(`${request.url} ${request.socket.remoteAddress}`);
      peer.on("message", (data) => peer.send((data as Uint8Array).toString().toUpperCase()));
    });
    void server.serve(extendedConnects(http));
    const port = await start(http);
    const session = dialTo(port);
    const url = `ws://127.0.0.1:${port}/chat`;
    const opened = await connect(await dialled(session, url), { url });
    expect(await opened.receive()).toBe("/chat 127.0.0.1");
    await opened.send("hello");
    expect(await opened.receive()).toBe("HELLO");
    await opened.close();
    const error = await failureOf(connect(await dialled(session, `${url}/other`), { url: `${url}/other` }));
    expect((error as WebSocketError).rejection?.status).toBe(400);
    server.close();
  });
  test("the hooks of crossws do too, and a refusal has its body", async () => {
    const http = http2.createServer();
    const adapter = crosswsAdapter({
      hooks: defineHooks({
        upgrade: (request) => {
          if (request.url.endsWith("/no")) return new Response("not here", { status: 404 });
          return undefined;
        },
        message: (peer, message) => void peer.send(message.text()),
      }),
    });
    void adapter.serve(extendedConnects(http));
    const port = await start(http);
    const session = dialTo(port);
    const url = `ws://127.0.0.1:${port}/yes`;
    const opened = await connect(await dialled(session, url), { url });
    await opened.send("hello");
    expect(await opened.receive()).toBe("hello");
    await opened.close();
    const refused = `ws://127.0.0.1:${port}/no`;
    const error = (await failureOf(connect(await dialled(session, refused), { url: refused }))) as WebSocketError;
    expect([error.rejection?.status, Buffer.from(error.rejection!.body).toString()]).toEqual([404, "not here"]);
    await adapter.close();
  });
});
