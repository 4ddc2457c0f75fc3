/** Node's sockets as transports: TCP, TLS, and requests to upgrade that Node's `http` has parsed. */
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect as dial, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { connect as dialTls, createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket as WsClient } from "ws";
import { accept, connect, serve, type RequestHandler } from "../../src/stream/index.ts";
import { listen, socketTransport, upgrades, upgradeTransport, type ByteTransport } from "../../src/transports/node.ts";
import { cert, key } from "../support/certificate.ts";

import { isPending } from "../support/wireTransport.ts";
import { contract } from "../transports/contract.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function dialTo(port: number): Promise<Socket> {
  const socket = dial(port, "127.0.0.1");
  cleanUp.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** The two ends of a TCP connection. */
async function tcpPair(): Promise<[near: Socket, far: Socket]> {
  const server = createServer();
  const port = await start(server);
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const near = await dialTo(port);
  const [far] = await accepted;
  cleanUp.push(() => far.destroy());
  return [near, far];
}

/** The two ends of a connection over a Unix domain socket. */
async function unixPair(): Promise<[near: Socket, far: Socket]> {
  const server = createServer();
  const path = join(tmpdir(), `${crypto.randomUUID()}.sock`);
  server.listen(path);
  await once(server, "listening");
  cleanUp.push(() => server.close());
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const near = dial(path);
  await once(near, "connect");
  const [far] = await accepted;
  cleanUp.push(
    () => near.destroy(),
    () => far.destroy(),
  );
  return [near, far];
}

/** The two ends of a TLS connection. */
async function tlsPair(): Promise<[near: Socket, far: Socket]> {
  const server = createTlsServer({ key, cert });
  const port = await start(server);
  const accepted = once(server, "secureConnection") as Promise<[Socket]>;
  const near = dialTls({ port, host: "127.0.0.1", ca: cert });
  // The server's two tickets come after the handshake. One that comes to a closed socket would reset the connection.
  // The event comes from within OpenSSL, which does not bear being written to then (Node 24).
  let tickets = 0;
  await new Promise<void>((resolve) => near.on("session", () => ++tickets === 2 && setImmediate(resolve)));
  const [far] = await accepted;
  cleanUp.push(
    () => near.destroy(),
    () => far.destroy(),
  );
  return [near, far];
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error,
  );
}

const echo: RequestHandler = async (request) => {
  const session = await request.accept({ subprotocol: request.subprotocols[0] });
  for await (const message of session) await session.send(message);
};

async function expectEcho(transport: ByteTransport, url: string): Promise<void> {
  const session = await connect(transport, { url, protocols: ["chat"] });
  expect(session.protocol).toBe("chat");
  const long = new Uint8Array(3_000_000).map((_, i) => i % 251);
  for (const message of ["héllo", long]) {
    void session.send(message);
    const echoed = await session.receive();
    if (typeof message === "string") expect(echoed).toBe(message);
    else expect(Buffer.compare(echoed as Uint8Array, message)).toBe(0);
  }
  expect(await session.close({ closeCode: 4000, reason: "bye" })).toMatchObject({ closeCode: 4000, reason: "bye" });
}

// The capacity of a loopback connection's two kernel buffers, and of the two sockets.
contract("a TCP socket", async () => (await tcpPair()).map(socketTransport) as [ByteTransport, ByteTransport], {
  heldBytes: 16 * 1024 * 1024,
  tellsReasons: false,
});
// What can't be reset does not tell an abort from the end, unless the system happens to reset it.
for (const [name, pair] of [
  ["a TLS socket", tlsPair],
  ["a Unix domain socket", unixPair],
] as const) {
  contract(name, async () => (await pair()).map(socketTransport) as [ByteTransport, ByteTransport], {
    heldBytes: 16 * 1024 * 1024,
    tellsReasons: false,
    tellsAborts: "perhaps",
  });
}

describe("socketTransport", () => {
  test("carries bytes in both directions, and ends one direction after the other", async () => {
    const [near, far] = (await tcpPair()).map(socketTransport) as [ByteTransport, ByteTransport];
    const writer = near.writable.getWriter();
    await writer.write(Uint8Array.of(1, 2, 3));
    await writer.close();
    const reader = far.readable.getReader();
    expect([...(await reader.read()).value!]).toEqual([1, 2, 3]);
    expect((await reader.read()).done).toBe(true);
    const answer = far.writable.getWriter();
    await answer.write(Uint8Array.of(4));
    await answer.close();
    const answered = near.readable.getReader();
    expect([...(await answered.read()).value!]).toEqual([4]);
    expect((await answered.read()).done).toBe(true);
    await Promise.all([near.closed, far.closed]);
  });
  test("bytes that arrived before the transport was created are not lost", async () => {
    const [near, far] = await tcpPair();
    near.write("early");
    far.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const reader = socketTransport(far).readable.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("early");
  });
  test("an unread socket is paused", async () => {
    const [near, far] = await tcpPair();
    const transport = socketTransport(far);
    near.write(Buffer.alloc(32 * 1024 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(far.isPaused()).toBe(true);
    expect(far.bytesRead).toBeLessThan(1024 * 1024);
    const reader = transport.readable.getReader();
    for (let read = 0; read < 32 * 1024 * 1024;) read += (await reader.read()).value!.length;
  });
  test("a reset is an error in both directions, not an end", async () => {
    const [near, far] = await tcpPair();
    const transport = socketTransport(far);
    const reader = transport.readable.getReader();
    const writer = transport.writable.getWriter();
    near.resetAndDestroy();
    expect(await failure(reader.read())).toMatchObject({ code: "ECONNRESET" });
    expect(await failure(writer.closed)).toMatchObject({ code: "ECONNRESET" });
    await transport.closed;
  });
  test("a socket that is or was destroyed here fails both directions", async () => {
    const [near, far] = await tcpPair();
    const transport = socketTransport(far);
    const reading = failure(transport.readable.getReader().read());
    far.destroy();
    expect(await reading).toMatchObject({ message: "the socket was closed" });
    near.destroy();
    await once(near, "close");
    expect(await failure(socketTransport(near).writable.getWriter().write(Uint8Array.of(1)))).toBeInstanceOf(Error);
  });
  test("cancel, abort and close() destroy the socket", async () => {
    for (const end of [
      (transport: ByteTransport) => transport.readable.cancel(new Error("enough")),
      (transport: ByteTransport) => transport.writable.abort(new Error("enough")),
      (transport: ByteTransport) => Promise.resolve().then(() => transport.close!()),
    ]) {
      const [near, far] = await tcpPair();
      far.resume().on("error", () => undefined);
      const transport = socketTransport(near);
      await end(transport);
      await transport.closed;
      expect(near.destroyed).toBe(true);
    }
  });
  test.each<[string, (transport: ByteTransport) => Promise<unknown>]>([
    ["cancel", ({ readable }) => readable.cancel("enough")],
    ["abort", ({ writable }) => writable.abort("enough")],
  ])("close of the writer and %s in the same moment leave no open file", async (how) => {
    const [near, far] = await tcpPair();
    far.on("error", () => undefined); // and reads nothing
    const transport = socketTransport(near);
    const writer = transport.writable.getWriter();
    const errors: unknown[] = [];
    near.on("error", (error) => errors.push(error));
    const ends = [writer.closed, writer.write(Uint8Array.of(1, 2, 3)), writer.close()];
    ends.push(how === "abort" ? writer.abort("enough") : transport.readable.cancel("enough"));
    await Promise.allSettled(ends);
    await transport.closed;
    expect(near).toMatchObject({ destroyed: true, closed: true });
    expect(errors).toEqual([]);
  });
  test("an abort also fails this end's reader, with its reason", async () => {
    const [near, far] = await tcpPair();
    far.on("error", () => undefined);
    const transport = socketTransport(near);
    const reading = failure(transport.readable.getReader().read());
    await transport.writable.abort("enough");
    expect(await reading).toBe("enough");
  });
  test("a cancel fails a pending write, with its reason", async () => {
    const [near, far] = await tcpPair();
    far.pause().on("error", () => undefined);
    const transport = socketTransport(near);
    const writing = failure(transport.writable.getWriter().write(new Uint8Array(64 * 1024 * 1024)));
    await transport.readable.cancel("enough");
    expect(await writing).toBe("enough");
    await transport.closed;
  });
  test.each(["abort", "cancel", "close()"] as const)("%s ends a socket that is still connecting", async (how) => {
    const socket = dial(await start(createServer()), "127.0.0.1");
    const transport = socketTransport(socket);
    const writer = transport.writable.getWriter();
    const reader = transport.readable.getReader();
    const waiting = [writer.write(Uint8Array.of(1)), writer.closed, reader.closed];
    expect(socket.connecting).toBe(true);
    if (how === "close()") transport.close!();
    else waiting.push(how === "abort" ? writer.abort("enough") : reader.cancel("enough"));
    expect(socket.destroyed).toBe(true);
    await Promise.allSettled(waiting);
    await transport.closed;
  });
  test("a close that did not reach the other end is rejected", async () => {
    const [near, far] = await tcpPair();
    far.pause().on("error", () => undefined);
    const transport = socketTransport(near);
    const writer = transport.writable.getWriter();
    writer.write(new Uint8Array(64 * 1024 * 1024)).catch(() => undefined);
    const closing = failure(writer.close());
    writer.closed.catch(() => undefined);
    near.destroy(new Error("the cable was cut"));
    expect(await closing).toMatchObject({ message: "the cable was cut" });
  });
  test("an already closed or ended socket keeps nobody waiting", async () => {
    const [near, far] = await tcpPair();
    near.destroy();
    await once(near, "close");
    const closed = socketTransport(near);
    await closed.closed;
    await Promise.allSettled([closed.writable.close(), closed.readable.cancel()]);
    closed.close!();

    far.resume();
    await once(far, "end");
    const ended = socketTransport(far);
    expect(await ended.readable.getReader().read()).toMatchObject({ done: true });
    await ended.writable.close();
    await ended.closed;
  });
  test("an error after the end is ignored", async () => {
    const [near] = await tcpPair();
    const transport = socketTransport(near);
    transport.close!();
    await transport.closed;
    near.emit("error", new Error("late"));
    expect(["data", "close"].map((name) => near.listenerCount(name))).toEqual([0, 0]);
  });
  test("gives the remote address", async () => {
    const [near] = await tcpPair();
    expect(socketTransport(near)).toMatchObject({ remoteAddress: "127.0.0.1", encrypted: false });
  });
});

describe("socketTransport of a Unix domain socket, which can't be reset", () => {
  test.each(["abort", "cancel", "close()"] as const)("%s ends it", async (how) => {
    const [near, far] = await unixPair();
    far.resume().on("error", () => undefined);
    const transport = socketTransport(near);
    if (how === "abort") await transport.writable.abort("enough");
    else if (how === "cancel") await transport.readable.cancel("enough");
    else transport.close!();
    await transport.closed;
    expect(near.destroyed).toBe(true);
    await once(far, "close");
  });
});

describe("socketTransport of another Duplex", () => {
  test("that stays open is destroyed when both directions have ended", async () => {
    const duplex = new Duplex({
      autoDestroy: false,
      read: () => undefined,
      write: (_chunk, _encoding, done) => done(),
    });
    const transport = socketTransport(duplex);
    duplex.push(null);
    expect(await transport.readable.getReader().read()).toMatchObject({ done: true });
    await transport.writable.close();
    await transport.closed;
    expect(duplex.destroyed).toBe(true);
  });
  test("that stays open is destroyed when it has failed", async () => {
    const duplex = new Duplex({
      autoDestroy: false,
      read: () => undefined,
      write: (_chunk, _encoding, done) => done(new Error("no more")),
    });
    const transport = socketTransport(duplex);
    const reading = failure(transport.readable.getReader().read());
    expect(await failure(transport.writable.getWriter().write(Uint8Array.of(1)))).toMatchObject({ message: "no more" });
    expect(await reading).toMatchObject({ message: "no more" });
    await transport.closed;
    expect(duplex.destroyed).toBe(true);
  });
  test.each(["close()", "abort", "cancel"] as const)("that never completes a write is ended by %s", async (how) => {
    const duplex = new Duplex({ read: () => undefined, write: () => undefined });
    const silent = new Proxy(duplex, {
      get: (target, name) => {
        if (name === "write" || name === "end") return () => true;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const transport = socketTransport(silent);
    const writer = transport.writable.getWriter();
    const waiting = [writer.write(Uint8Array.of(1)), writer.close(), writer.closed];
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (how === "abort") waiting.push(writer.abort("enough"));
    else if (how === "cancel") waiting.push(transport.readable.cancel("enough"));
    else transport.close!();
    await Promise.allSettled(waiting);
    await transport.closed;
    expect(duplex.destroyed).toBe(true);
  });
  test("that yields text fails, and affects nothing else", async () => {
    const duplex = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    duplex.setEncoding("utf8");
    const transport = socketTransport(duplex);
    duplex.push("text");
    expect(await failure(transport.readable.getReader().read())).toBeInstanceOf(TypeError);
    await transport.closed;
  });
  test("that yields nothing again and again is still read", async () => {
    const duplex = new Duplex({ objectMode: true, read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const transport = socketTransport(duplex);
    for (let i = 0; i < 10; i++) duplex.push(new Uint8Array(0));
    duplex.push(Uint8Array.of(7));
    expect((await transport.readable.getReader().read()).value).toEqual(Uint8Array.of(7));
  });
});

describe("listen", () => {
  test("serves TCP, until the server is closed", async () => {
    const server = createServer();
    const port = await start(server);
    const served = serve(listen(server), echo);
    for (let i = 0; i < 3; i++) await expectEcho(socketTransport(await dialTo(port)), `ws://127.0.0.1:${port}/`);
    server.close();
    await served;
    expect(server.listenerCount("connection")).toBe(0);
  });
  test("serves TLS", async () => {
    const server = createTlsServer({ key, cert });
    const port = await start(server);
    void serve(listen(server), async (request) => echo(request));
    const socket = dialTls({ port, host: "127.0.0.1", ca: cert });
    cleanUp.push(() => socket.destroy());
    await once(socket, "secureConnect");
    const transport = socketTransport(socket);
    expect(transport.encrypted).toBe(true);
    await expectEcho(transport, `wss://localhost:${port}/`);
  });
  test("leaving the loop stops it, and destroys waiting sockets", async () => {
    const server = createServer();
    const port = await start(server);
    const transports = listen(server);
    const sockets = [await dialTo(port), await dialTo(port)];
    for await (const transport of transports) {
      transport.close!();
      break;
    }
    await Promise.all(sockets.map((socket) => socket.resume().on("error", () => undefined) && once(socket, "close")));
    expect(server.listenerCount("connection")).toBe(0);
    expect(await transports.next()).toEqual({ done: true, value: undefined });
  });
  test("a pending next() ends when the loop is left", async () => {
    const server = createServer();
    await start(server);
    const transports = listen(server);
    const waiting = [transports.next(), transports.next()];
    await transports.return!();
    expect(await Promise.all(waiting)).toEqual(Array(2).fill({ done: true, value: undefined }));
  });
  test("sockets beyond the limit are destroyed", async () => {
    const server = createServer();
    const port = await start(server);
    const transports = listen(server, { maxWaiting: 2 });
    const sockets = await Promise.all([dialTo(port), dialTo(port), dialTo(port)]);
    const ended = sockets.map((socket) => socket.resume().on("error", () => undefined) && once(socket, "close"));
    await Promise.race(ended);
    expect(await isPending(Promise.all(ended))).toBe(true);
    await transports.return!();
    await Promise.all(ended);
    expect(() => listen(server, { maxWaiting: -1 })).toThrow(RangeError);
  });
});

describe("upgrades", () => {
  test("serve clients of ws beside ordinary requests, with the request that Node has parsed", async () => {
    const server = createHttpServer((_, response) => response.end("plain"));
    const port = await start(server);
    void serve(upgrades(server), async (request) => {
      expect(request.headers.get("x-custom")).toBe("1");
      await echo(request);
    });
    const client = new WsClient(`ws://127.0.0.1:${port}/chat?a=1`, ["a"], { headers: { "x-custom": "1" } });
    await once(client, "open");
    expect(client.protocol).toBe("a");
    const echoed = once(client, "message");
    client.send("héllo");
    expect(String((await echoed)[0])).toBe("héllo");
    client.close(4000);
    await once(client, "close");
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("plain");
  });
  test("bytes in the same chunk as the request are not lost", async () => {
    const server = createHttpServer();
    const port = await start(server);
    const heads: number[] = [];
    server.on("upgrade", (_request, _socket, head: Buffer) => heads.push(head.length));
    const transports = upgrades(server);
    const socket = await dialTo(port);
    socket.write(
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    socket.write(Uint8Array.of(0x81, 0x81, 0, 0, 0, 0, 0x61));
    const { value } = (await transports.next()) as { value: ByteTransport };
    const session = await (await accept(value)).accept();
    expect(await session.receive()).toBe("a");
  });
  test("nor are they if the client has ended its side in the meantime", async () => {
    const server = createHttpServer();
    const port = await start(server);
    const upgraded = once(server, "upgrade") as Promise<[IncomingMessage, Socket, Buffer]>;
    const socket = await dialTo(port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhead");
    const [request, own, head] = await upgraded;
    own.resume();
    socket.end();
    await once(own, "end");
    const transport = upgradeTransport(request, own, head);
    const reader = transport.readable.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("head");
    expect((await reader.read()).done).toBe(true);
    await transport.writable.close();
    await transport.closed;
  });
  test.each(["cancel", "close()"] as const)("bytes that came with the request do not outlive %s", async (how) => {
    const server = createHttpServer();
    const port = await start(server);
    const transports = upgrades(server);
    const socket = await dialTo(port);
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhead");
    const { value } = (await transports.next()) as { value: ByteTransport };
    if (how === "cancel") await value.readable.cancel("enough");
    else value.close!();
    await value.closed;
    await expect.poll(() => socket.resume().closed).toBe(true);
  });
  test("a request that nobody takes is closed, and its reset does not end the process", async () => {
    const server = createHttpServer();
    const port = await start(server);
    const declined: Socket[] = [];
    const accepts = (): boolean => false;
    void serve(upgrades(server, { accepts }), echo);
    const request = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n";
    const alone = await dialTo(port);
    alone.on("error", () => undefined).resume();
    alone.write(request);
    await once(alone, "close");

    server.on("upgrade", (_request, socket: Socket) => declined.push(socket)); // takes it, and forgets it
    const reset = await dialTo(port);
    reset.on("error", () => undefined);
    reset.write(request);
    await expect.poll(() => declined.length).toBe(1);
    reset.resetAndDestroy();
    await expect.poll(() => declined[0]!.resume().destroyed).toBe(true);
  });
  test("an error thrown by accepts ends only that connection, and is reported once", async () => {
    for (const told of ["onError", "warning"] as const) {
      const server = createHttpServer();
      const port = await start(server);
      const errors: unknown[] = [];
      const note = (error: unknown): void => void errors.push(error);
      if (told === "warning") {
        process.on("warning", note);
        cleanUp.push(() => process.off("warning", note));
      }
      const accepts = (target: string): boolean => {
        if (target === "/bad") throw new Error("a defect");
        return true;
      };
      void serve(upgrades(server, { accepts, ...(told === "onError" && { onError: note }) }), echo);
      const bad = new WsClient(`ws://127.0.0.1:${port}/bad`);
      await once(bad, "error");
      const good = new WsClient(`ws://127.0.0.1:${port}/good`);
      await once(good, "open");
      good.terminate();
      expect(errors).toEqual([new Error("a defect")]);
    }
  });
  test("an invalid request is answered, even one with duplicate headers", async () => {
    const server = createHttpServer();
    const port = await start(server);
    const errors: unknown[] = [];
    void serve(upgrades(server), echo, { onError: (error) => errors.push(error) });
    const socket = await dialTo(port);
    const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    socket.write(
      `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n${key}${key}\r\n`,
    );
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1.1 400 /);
    expect(errors).toMatchObject([{ cause: { code: "keyInvalid" } }]);
  });
  test.each(["/ours?x=1", "http://a/ours?x=1", "WSS://a/ours?x=1"])(
    "accepts gets the path and query of the target %s (RFC 9112 §3.2)",
    async (target) => {
      const server = createHttpServer();
      const port = await start(server);
      const asked: string[] = [];
      void serve(upgrades(server, { accepts: (path) => asked.push(path) > 0 }), echo);
      const socket = await dialTo(port);
      const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n${key}\r\n`,
      );
      const [answer] = (await once(socket, "data")) as [Buffer];
      socket.destroy();
      expect(String(answer)).toMatch(/^HTTP\/1.1 101 /);
      expect(asked).toEqual(["/ours?x=1"]);
    },
  );
  test("declined requests are left to other listeners", async () => {
    const server = createHttpServer();
    const port = await start(server);
    void serve(upgrades(server, { accepts: (target) => target.startsWith("/ours") }), echo);
    server.on("upgrade", (request, socket, head) => {
      if (request.url === "/theirs")
        void accept(upgradeTransport(request, socket, head)).then((asked) => asked.reject({ status: 418 }));
    });
    const ours = new WsClient(`ws://127.0.0.1:${port}/ours`);
    await once(ours, "open");
    const closed = once(ours, "close");
    ours.close();
    await closed;
    const theirs = new WsClient(`ws://127.0.0.1:${port}/theirs`);
    const [, response] = (await once(theirs, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(418);
  });
});
