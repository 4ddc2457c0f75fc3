/** Node's sockets as transports: TCP, TLS, and requests to upgrade that Node's `http` has parsed. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect as dial, createServer, type AddressInfo, type Server, type Socket } from "node:net";
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

// What a loopback connection's two buffers in the kernel hold, and what lies in the two sockets.
contract("a TCP socket", async () => (await tcpPair()).map(socketTransport) as [ByteTransport, ByteTransport], {
  heldBytes: 16 * 1024 * 1024,
  tellsReasons: false,
});

describe("socketTransport", () => {
  test("bytes both ways, and the end of one direction after the other", async () => {
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
  test("what came before the transport was made is not lost", async () => {
    const [near, far] = await tcpPair();
    near.write("early");
    far.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const reader = socketTransport(far).readable.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("early");
  });
  test("a socket that is not read is paused", async () => {
    const [near, far] = await tcpPair();
    const transport = socketTransport(far);
    near.write(Buffer.alloc(32 * 1024 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(far.isPaused()).toBe(true);
    expect(far.bytesRead).toBeLessThan(1024 * 1024);
    const reader = transport.readable.getReader();
    for (let read = 0; read < 32 * 1024 * 1024;) read += (await reader.read()).value!.length;
  });
  test("a reset is an error at both, not an end", async () => {
    const [near, far] = await tcpPair();
    const transport = socketTransport(far);
    const reader = transport.readable.getReader();
    const writer = transport.writable.getWriter();
    near.resetAndDestroy();
    expect(await failure(reader.read())).toMatchObject({ code: "ECONNRESET" });
    expect(await failure(writer.closed)).toMatchObject({ code: "ECONNRESET" });
    await transport.closed;
  });
  test("a socket that is destroyed here, or was before, fails both", async () => {
    const [near, far] = await tcpPair();
    const transport = socketTransport(far);
    const reading = failure(transport.readable.getReader().read());
    far.destroy();
    expect(await reading).toMatchObject({ message: "the socket was closed" });
    near.destroy();
    await once(near, "close");
    expect(await failure(socketTransport(near).writable.getWriter().write(Uint8Array.of(1)))).toBeInstanceOf(Error);
  });
  test("cancel and abort destroy the socket; close() too", async () => {
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
  test("says who is at the other end", async () => {
    const [near] = await tcpPair();
    expect(socketTransport(near)).toMatchObject({ remoteAddress: "127.0.0.1", encrypted: false });
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
  test("leaving the loop stops it, and destroys what waits", async () => {
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
  test("what waits beyond the limit is destroyed", async () => {
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
  test("bytes that come in one chunk with the request are not lost", async () => {
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
  test("a request that breaks the rules is answered, duplicates and all", async () => {
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
  test("requests that it declines are another listener's", async () => {
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
