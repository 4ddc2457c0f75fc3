/** Sessions over TCP: with `ws`, at either end, and with a reader that has stopped. */
import { once } from "node:events";
import { connect as dial, createServer, type AddressInfo, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket as WsClient, WebSocketServer } from "ws";
import { accept, connect, type WebSocketSession } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";

const toTransport = (socket: Socket): ByteTransport => Duplex.toWeb(socket);

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function dialTo(port: number): Promise<Socket> {
  const socket = dial(port, "127.0.0.1");
  cleanUp.push(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** A TCP listener, and its connections as they come. */
async function listen(): Promise<{ port: number; next: () => Promise<Socket> }> {
  const listener = createServer({ allowHalfOpen: true });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const sockets: Promise<Socket>[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const expectOne = (): void => void sockets.push(new Promise((resolve) => waiting.push(resolve)));
  expectOne();
  listener.on("connection", (socket) => {
    waiting.shift()!(socket);
    expectOne();
    cleanUp.push(() => void socket.destroy());
  });
  cleanUp.push(() => void listener.close());
  return { port: (listener.address() as AddressInfo).port, next: () => sockets.shift()! };
}

async function startWs(): Promise<{ port: number; server: WebSocketServer }> {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    handleProtocols: (offered) => [...offered].at(-1) ?? false,
  });
  await once(server, "listening");
  cleanUp.push(() => {
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

describe("a client session and a server of ws", () => {
  test("text, binary, a long message, ping, close with code and reason", async () => {
    const { port, server } = await startWs();
    server.on("connection", (peer) => {
      peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
    });
    const session = await connect(toTransport(await dialTo(port)), {
      url: `ws://127.0.0.1:${port}/echo`,
      protocols: ["a", "b"],
    });
    expect(session.protocol).toBe("b");
    const long = new Uint8Array(5_000_000).map((_, i) => i & 255);
    for (const message of ["héllo", "", new Uint8Array([1, 2, 3]), long]) {
      void session.send(message);
      const echoed = await session.receive();
      expect(typeof message === "string" ? echoed : Buffer.compare(echoed as Uint8Array, message)).toBe(
        typeof message === "string" ? message : 0,
      );
    }
    expect(await session.ping()).toBeGreaterThan(0);
    const [peer] = server.clients;
    const closed = once(peer!, "close");
    expect(await session.close({ closeCode: 4000, reason: "bye" })).toMatchObject({ closeCode: 4000, reason: "bye" });
    expect((await closed).map(String)).toEqual(["4000", "bye"]);
  });
  test("the server closes first, or disappears", async () => {
    const { port, server } = await startWs();
    server.on("connection", (peer, request) => {
      if (request.url === "/close") peer.close(4001, "enough");
      else peer.terminate();
    });
    const closing = await connect(toTransport(await dialTo(port)), { url: `ws://127.0.0.1:${port}/close` });
    expect(await closing.closed).toMatchObject({ closeCode: 4001, reason: "enough", initiator: "remote" });
    const vanishing = await connect(toTransport(await dialTo(port)), { url: `ws://127.0.0.1:${port}/vanish` });
    await expect(vanishing.closed).rejects.toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  });
});

describe("a server session and a client of ws", () => {
  test("echo, and close", async () => {
    const { port, next } = await listen();
    const client = new WsClient(`ws://127.0.0.1:${port}/chat`, ["a", "b"]);
    const request = await accept(toTransport(await next()));
    expect(request).toMatchObject({ target: "/chat", subprotocols: ["a", "b"] });
    const session = await request.accept({ subprotocol: "a" });
    await once(client, "open");
    const echoing = (async () => {
      for await (const message of session) await session.send(message);
    })();
    const echoed = once(client, "message");
    client.send("héllo");
    expect(String((await echoed)[0])).toBe("héllo");
    client.close(4000, "bye");
    expect(await session.closed).toMatchObject({ closeCode: 4000, reason: "bye", initiator: "remote" });
    await echoing;
    if (client.readyState !== client.CLOSED) await once(client, "close");
  });
  test("a refusal with status and body", async () => {
    const { port, next } = await listen();
    const client = new WsClient(`ws://127.0.0.1:${port}/`);
    const answered = once(client, "unexpected-response");
    const request = await accept(toTransport(await next()));
    await request.reject({ status: 401, body: "who are you?" });
    const [, response] = (await answered) as [unknown, NodeJS.ReadableStream & { statusCode: number }];
    expect(response.statusCode).toBe(401);
    expect(await text(response)).toBe("who are you?");
  });
});

describe("a reader that has stopped", () => {
  test("pauses a sender of 1 GiB through TCP, and both sides keep little", async () => {
    const { port, next } = await listen();
    const [client, server] = await Promise.all([
      dialTo(port).then((socket) => connect(toTransport(socket), { url: `ws://127.0.0.1:${port}/` })),
      next()
        .then((socket) => accept(toTransport(socket)))
        .then((request) => request.accept()),
    ]);
    const message = new Uint8Array(64 * 1024);
    let sent = 0;
    const before = await retainedBytes();
    const sending = (async () => {
      for (; sent < 16_384; sent++) await client.send(message);
    })().catch(() => undefined);
    const held = await untilItRests(() => sent);
    // The two kernel buffers of a loopback connection hold up to a few MiB, on top of our few hundred KiB.
    expect(held * message.length).toBeLessThan(16 * 1024 * 1024);
    expect((await retainedBytes()) - before).toBeLessThan(4 * 1024 * 1024);
    await takeSome(server, held);
    expect(await untilItRests(() => sent)).toBeGreaterThan(held);
    const giveUp = new AbortController();
    giveUp.abort();
    await client.close({ signal: giveUp.signal }).catch(() => undefined);
    await sending;
  });
});

async function takeSome(session: WebSocketSession, count: number): Promise<void> {
  for (let i = 0; i < count; i++) expect(((await session.receive()) as Uint8Array).length).toBe(64 * 1024);
}

/** What all buffers hold that are still in use. What one collection leaves to be swept the next one waits for. */
async function retainedBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().arrayBuffers;
}

/** The value once it has not changed for a while. */
async function untilItRests(value: () => number): Promise<number> {
  for (let last = -1, still = 0; ;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    still = value() === last ? still + 1 : 0;
    last = value();
    if (still === 10) return last;
  }
}
