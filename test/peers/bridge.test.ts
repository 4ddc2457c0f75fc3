/** Bridges between clients and servers of ws, over TCP: what arrives, what is refused, what ends, and how much is kept. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, STATUS_CODES, type IncomingMessage } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket as WsSocket, WebSocketServer, type ClientOptions } from "ws";
import {
  bridgeBytes,
  bridgeMessages,
  gateway,
  type GatewayBridge,
  type GatewayOptions,
} from "../../src/bridge/index.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { serve, type ServeOptions } from "../../src/stream/index.ts";
import { dial, listen, upgrades, type DialOptions } from "../../src/transports/node.ts";

const MIB = 1024 * 1024;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
  // Whatever a test did, both ends of everything are gone.
  await vi.waitFor(() => expect(openSockets()).toBe(0), 20_000);
});

/** The sockets of this process, those of servers aside. */
const countSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe)(Socket)?Wrap$/.test(name)).length;
const ownSockets = countSockets();
const openSockets = (): number => countSockets() - ownSockets;

async function start(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp.push(() => server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Upstream {
  readonly url: string;
  /** The server's ends, and what their clients asked for. */
  readonly sockets: WsSocket[];
  readonly requests: IncomingMessage[];
}

/** A server of ws that echoes, and refuses what is under `/secret`. */
async function startUpstream(perMessageDeflate = false): Promise<Upstream> {
  const http = createHttpServer();
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate,
    handleProtocols: (offered) => [...offered].at(-1) ?? false,
  });
  const sockets: WsSocket[] = [];
  const requests: IncomingMessage[] = [];
  server.on("headers", (headers) => headers.push("Set-Cookie: sid=1; Path=/", "Set-Cookie: lang=fr"));
  http.on("upgrade", (request, socket, head) => {
    requests.push(request);
    if (request.url!.startsWith("/secret")) {
      const body = '{"error":"no token"}';
      socket.end(
        `HTTP/1.1 401 ${STATUS_CODES[401]}\r\nWWW-Authenticate: Bearer\r\nContent-Type: application/json\r\n` +
          `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      );
      return;
    }
    server.handleUpgrade(request, socket, head, (peer) => {
      sockets.push(peer);
      peer.on("error", () => {});
      peer.on("message", (data, isBinary) => peer.send(data as Buffer, { binary: isBinary }));
    });
  });
  cleanUp.push(() => {
    for (const socket of sockets) socket.terminate();
  });
  return { url: await start(http), sockets, requests };
}

interface Gate {
  readonly url: string;
  readonly bridges: GatewayBridge[];
  readonly errors: unknown[];
}

/** A gateway behind an `http.Server`. */
async function startGateway(options: GatewayOptions, serving: ServeOptions = {}): Promise<Gate> {
  const bridges: GatewayBridge[] = [];
  const errors: unknown[] = [];
  const http = createHttpServer();
  const handler = gateway({ dial, onBridge: (bridge) => bridges.push(bridge), ...options });
  const served = serve(upgrades(http), handler, { onError: (error) => errors.push(error), ...serving });
  cleanUp.push(() => served);
  return { url: await start(http), bridges, errors };
}

function open(url: string, protocols: string[] = [], options: ClientOptions = {}): WsSocket {
  const socket = new WsSocket(url, protocols, { perMessageDeflate: false, ...options });
  socket.on("error", () => {});
  cleanUp.push(() => socket.terminate());
  return socket;
}

async function closeOf(socket: WsSocket): Promise<[code: number, reason: string]> {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return [code, reason.toString()];
}

const hashOf = (chunks: readonly Uint8Array[]): string => {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
};

/** Sends messages without overrunning the socket, and returns the hash of the echo. */
async function echoed(socket: WsSocket, messages: readonly Uint8Array[]): Promise<string> {
  const got: Buffer[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      got.push(data as Buffer);
      if (got.length === messages.length) resolve();
    });
  });
  for (const message of messages) await new Promise((sent) => socket.send(message, sent));
  await all;
  return hashOf(got);
}

function randomMessages(sizes: readonly number[]): Uint8Array[] {
  return sizes.map((size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    return bytes;
  });
}

describe("a gateway between a client of ws and a server of ws", { timeout: 300_000 }, () => {
  test.each([
    [false, 16 * MIB],
    [true, MIB],
  ])("echoes short and long messages, hash for hash; with deflate %s, up to %i bytes each", async (deflate, size) => {
    const upstream = await startUpstream(deflate);
    const extensions = deflate ? [permessageDeflate({ threshold: 0 })] : [];
    const gate = await startGateway({ to: upstream.url, extensions }, { extensions });
    const socket = open(gate.url, [], { perMessageDeflate: deflate });
    await once(socket, "open");
    expect(socket.extensions).toBe(deflate ? upstream.sockets[0]!.extensions : "");
    const messages = randomMessages([0, 1, 125, 126, 65_535, 65_536, MIB, size, size, size, 100]);
    expect(await echoed(socket, messages)).toBe(hashOf(messages));
    const bytes = messages.reduce((sum, { length }) => sum + length, 0);
    expect(gate.bridges[0]!.bytes).toEqual({ toUpstream: bytes, toClient: bytes });
    socket.close();
    await closeOf(socket);
  });
  test("gives the client the upstream's 401, its headers and its body", async () => {
    const upstream = await startUpstream();
    const gate = await startGateway({ to: `${upstream.url}/secret` });
    const socket = open(gate.url);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    const body = (await response.toArray()).map(String).join("");
    expect([response.statusCode, body]).toEqual([401, '{"error":"no token"}']);
    expect(response.headers).toMatchObject({ "www-authenticate": "Bearer", "content-type": "application/json" });
    expect(gate.bridges).toEqual([]);
  });
  test("passes subprotocols, cookies of both directions and X-Forwarded-* on", async () => {
    const upstream = await startUpstream();
    const gate = await startGateway({ to: `${upstream.url}/path?q`, forwardCookies: ["sid"] });
    const headers = { Cookie: "sid=42; other=1", "X-Forwarded-For": "1.2.3.4" };
    const socket = open(gate.url, ["v1", "v2"], { headers, origin: gate.url.replace("ws:", "http:") });
    const [[response]] = (await Promise.all([once(socket, "upgrade"), once(socket, "open")])) as [
      [IncomingMessage],
      unknown,
    ];
    expect(response.headers["set-cookie"]).toEqual(["sid=1; Path=/", "lang=fr"]);
    expect(socket.protocol).toBe("v2");
    const [request] = upstream.requests as [IncomingMessage];
    expect(request.url).toBe("/path?q");
    expect(request.headers).toMatchObject({
      host: new URL(upstream.url).host,
      cookie: "sid=42",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": new URL(gate.url).host,
      "x-forwarded-proto": "http",
      "sec-websocket-protocol": "v1, v2",
    });
    expect(request.headers.origin).toBeUndefined();
  });
  test.each<[number | undefined, string]>([
    [1000, ""],
    [1001, "moved"],
    [1011, "é".repeat(61)],
    [1014, ""],
    [4999, "bye"],
    [undefined, ""],
  ])("passes the close %s on from either side, and says who was first", async (code, reason) => {
    const upstream = await startUpstream();
    const gate = await startGateway({ to: upstream.url });
    for (const first of ["a", "b"] as const) {
      const socket = open(gate.url);
      await once(socket, "open");
      const peer = upstream.sockets.at(-1)!;
      const [closer, other] = first === "a" ? [socket, peer] : [peer, socket];
      const ends = Promise.all([closeOf(closer), closeOf(other)]);
      closer.close(code, reason);
      const expected = [code ?? 1005, reason];
      expect(await ends).toEqual([expected, expected]);
      expect(await gate.bridges.at(-1)!.closed).toEqual({ closeCode: expected[0], reason, closedBy: first });
    }
  });
  test("tells the client with 1014 that the upstream was killed, and the upstream with 1011 of the client", async () => {
    const upstream = await startUpstream();
    const gate = await startGateway({ to: upstream.url });
    const first = open(gate.url);
    await once(first, "open");
    upstream.sockets[0]!.terminate();
    expect(await closeOf(first)).toEqual([1014, "the server was lost"]);
    const second = open(gate.url);
    await once(second, "open");
    second.terminate();
    expect(await closeOf(upstream.sockets[1]!)).toEqual([1011, "the client was lost"]);
  });
  test("gives 502 if nothing listens there", async () => {
    const gone = createServer();
    const url = await start(gone);
    await new Promise((resolve) => gone.close(resolve));
    const gate = await startGateway({ to: url });
    const [, response] = (await once(open(gate.url), "unexpected-response")) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(502);
    expect(gate.errors).toMatchObject([{ name: "WebSocketError", cause: { name: "DialError", code: "refused" } }]);
  });
  test("holds an upstream that floods a client that does not read: a few MiB are on the way, not 1 GiB", async () => {
    const upstream = await startUpstream();
    const gate = await startGateway({ to: upstream.url });
    const socket = open(gate.url);
    await once(socket, "open");
    socket.pause();
    const peer = upstream.sockets[0]!;
    const message = new Uint8Array(MIB);
    let taken = 0;
    const flood = (): void => {
      if (taken < 1024 && peer.readyState === peer.OPEN) {
        peer.send(message, () => {
          taken++;
          flood();
        });
      }
    };
    flood();
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = taken === before;
        before = taken;
        expect(isStill && taken > 0).toBe(true);
      },
      { timeout: 20_000, interval: 1000 },
    );
    // Most of it is in the system's buffers of two connections.
    expect(taken).toBeLessThan(48);
    expect(gate.bridges[0]!.bytes.toClient).toBeLessThan(24 * MIB);
    let got = 0;
    socket.on("message", () => got++);
    socket.resume();
    await vi.waitFor(() => expect(got).toBeGreaterThan(64), { timeout: 20_000 });
  });
});

describe("no open relay", () => {
  /** A lookup that answers each time with the next of these addresses, as a name does that is rebound. */
  const rebinding = (addresses: string[]): DialOptions["net"] => ({
    lookup(_: string, options: { all?: boolean }, callback: (...given: unknown[]) => void) {
      const address = addresses.length > 1 ? addresses.shift()! : addresses[0]!;
      const family = address.includes(":") ? 6 : 4;
      if (options.all === true) callback(null, [{ address, family }]);
      else callback(null, address, family);
    },
  });

  test("a name that leads to a private address is not even connected to", async () => {
    let connections = 0;
    const inside = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    const { port } = new URL(await start(inside));
    for (const address of ["127.0.0.1", "::ffff:127.0.0.1"]) {
      const gate = await startGateway({
        to: () => `ws://public.example:${port}/`,
        dial: (url, _, signal, allowsAddress) => dial(url, { signal, allowsAddress, net: rebinding([address]) }),
      });
      const [, response] = (await once(open(gate.url), "unexpected-response")) as [unknown, IncomingMessage];
      expect(response.statusCode).toBe(403);
      expect(gate.errors).toMatchObject([{ cause: { name: "DialError", code: "notAllowed" } }]);
    }
    expect(connections).toBe(0);
  });
  test("a dial that does not ask gains nothing: the address that it reached is compared, and nothing is sent", async () => {
    const got: number[] = [];
    const inside = createServer((socket: Socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => got.push(data.length));
    });
    const { port } = new URL(await start(inside));
    const gate = await startGateway({
      to: () => `ws://public.example:${port}/`,
      dial: (url) => dial(url, { net: rebinding(["127.0.0.1"]) }),
    });
    const [, response] = (await once(open(gate.url), "unexpected-response")) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(403);
    expect(gate.errors).toMatchObject([
      { message: expect.stringMatching(/^public.example:\d+ leads to 127.0.0.1/) as string },
    ]);
    expect(got).toEqual([]);
  });
  test("a private address that is named is reached", async () => {
    const upstream = await startUpstream();
    const { port } = new URL(upstream.url);
    const gate = await startGateway({
      to: () => `ws://inside.example:${port}/`,
      privateAddresses: ["127.0.0.0/8"],
      dial: (url, _, signal, allowsAddress) => dial(url, { signal, allowsAddress, net: rebinding(["127.0.0.1"]) }),
    });
    const socket = open(gate.url);
    await once(socket, "open");
    const messages = randomMessages([10]);
    expect(await echoed(socket, messages)).toBe(hashOf(messages));
  });
});

describe("bridgeBytes between a client of ws and a server of ws", { timeout: 300_000 }, () => {
  /** A TCP server that joins each connection with one to the upstream. */
  async function startTunnel(upstream: string): Promise<{ url: string; ends: Promise<unknown>[] }> {
    const tcp = createServer();
    const ends: Promise<unknown>[] = [];
    void (async () => {
      for await (const transport of listen(tcp)) {
        const bridged = dial(upstream).then((other) => bridgeBytes(transport, other));
        ends.push(bridged.catch((error: unknown) => error));
      }
    })();
    return { url: await start(tcp), ends };
  }

  test("leaves everything as it is: extensions, pings, closes, 64 MiB", async () => {
    const upstream = await startUpstream(true);
    const tunnel = await startTunnel(upstream.url);
    const socket = open(tunnel.url, ["v1"], { perMessageDeflate: true });
    await once(socket, "open");
    expect([socket.protocol, socket.extensions]).toEqual(["v1", "permessage-deflate"]);
    socket.ping("there?");
    expect(String(((await once(socket, "pong")) as [Buffer])[0])).toBe("there?");
    const messages = randomMessages([0, 1, 16 * MIB, 16 * MIB, 16 * MIB, 16 * MIB]);
    expect(await echoed(socket, messages)).toBe(hashOf(messages));
    const ends = Promise.all([closeOf(socket), closeOf(upstream.sockets[0]!)]);
    socket.close(4000, "bye");
    expect(await ends).toEqual([
      [4000, "bye"],
      [4000, "bye"],
    ]);
    const counts = (await tunnel.ends[0]) as { aToB: number; bToA: number };
    expect(counts.aToB).toBeGreaterThan(64 * MIB);
    expect(counts.bToA).toBeGreaterThan(64 * MIB);
  });
  test("ends the other side when one is killed", async () => {
    const upstream = await startUpstream();
    const tunnel = await startTunnel(upstream.url);
    const first = open(tunnel.url);
    await once(first, "open");
    upstream.sockets[0]!.terminate();
    expect((await closeOf(first))[0]).toBe(1006);
    const second = open(tunnel.url);
    await once(second, "open");
    second.terminate();
    expect((await closeOf(upstream.sockets[1]!))[0]).toBe(1006);
    await Promise.all(tunnel.ends);
  });
});

describe("bridgeMessages between two sockets of ws", { timeout: 300_000 }, () => {
  test("echoes 64 MiB, holds the sender, and passes the close on", async () => {
    const upstream = await startUpstream();
    const http = createHttpServer();
    const server = new WebSocketServer({ server: http });
    const bridges: ReturnType<typeof bridgeMessages>[] = [];
    server.on("connection", (socket) => {
      bridges.push(bridgeMessages(socket, new WsSocket(upstream.url, { perMessageDeflate: false })));
    });
    const socket = open(await start(http));
    await once(socket, "open");
    const messages = randomMessages([0, 1, 16 * MIB, 16 * MIB, 16 * MIB, 16 * MIB]);
    expect(await echoed(socket, messages)).toBe(hashOf(messages));
    const ends = Promise.all([closeOf(socket), closeOf(upstream.sockets[0]!)]);
    upstream.sockets[0]!.close(1012, "restart");
    expect(await ends).toEqual([
      [1012, "restart"],
      [1012, "restart"],
    ]);
    expect(await bridges[0]).toEqual({ closeCode: 1012, reason: "restart", closedBy: "b" });
  });
  test("refuses an upstream that does not open: the client gets 1014", async () => {
    const upstream = await startUpstream();
    const http = createHttpServer();
    const server = new WebSocketServer({ server: http });
    server.on("connection", (socket) => {
      bridgeMessages(socket, new WsSocket(`${upstream.url}/secret`)).catch(() => {});
    });
    expect(await closeOf(open(await start(http)))).toEqual([1014, "the server was lost"]);
  });
});
