/** The two demo programs, as processes: with each other, and with ws. */
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { RawPeer, TEXT } from "../autobahn/rawPeer.ts";
import { Program } from "./programs.ts";
import { Peer } from "./tcp.ts";

// Longer than the waits inside, so that their messages say what did not arrive.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 30_000 });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function run(program: "client" | "server", ...args: string[]): Program {
  const running = Program.node(`demo/tcp/${program}.ts`, ...args);
  cleanups.push(() => running.stop());
  return running;
}

const success = [
  "Connected",
  "Received: Hello, world ",
  "Received: Uint8Array(2) [ 202, 254 ] ",
  "Pong: Uint8Array(3) [ 1, 2, 3 ]",
  "Closed: 1000 bye",
];

describe("demo/tcp/client.ts", () => {
  test("talks to demo/tcp/server.ts, and exits with success", async () => {
    const server = run("server", "0");
    const client = run("client", "127.0.0.1", String(await server.port()));
    expect(await client.ended).toBe(0);
    for (const line of success) expect(client.output.split("\n")).toContain(line);
    expect(client.output).toContain("Received: in two  …\nReceived: fragments \n");
    const port = await server.port();
    expect(port).toBeGreaterThan(0);
    await server.says(/127\.0\.0\.1:\d+ requests \/echo\n.* is connected\n.* is gone: 1000 bye\n/);
  });

  test("prints the same with a ws server", async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
    await new Promise((resolve) => server.on("listening", resolve));
    const client = run("client", "127.0.0.1", String((server.address() as AddressInfo).port));
    expect(await client.ended).toBe(0);
    for (const line of success) expect(client.output.split("\n")).toContain(line);
    expect(client.output).toContain("Received: in two fragments \n");
  });

  test("prints why it was rejected, and exits with an error", async () => {
    const server = createHttpServer((_, response) => response.writeHead(403).end("not you"));
    cleanups.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = run("client", "127.0.0.1", String((server.address() as AddressInfo).port));
    expect(await client.ended).toBe(1);
    expect(client.output).toContain("Rejected: 403 Forbidden\nnot you");
  });

  test.each(["", "HTTP/1.1 101 Switching", "220 ready for mail\r\n\r\n"])(
    "exits with an error if the answer is only %j",
    async (answer) => {
      const server = createServer((socket) =>
        socket
          .on("error", () => {})
          .resume()
          .end(answer),
      );
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const client = run("client", "127.0.0.1", String((server.address() as AddressInfo).port));
      expect(await client.ended).toBe(1);
      expect(client.output).toMatch(/^Closed: /m);
      await new Promise((resolve) => server.close(resolve));
    },
  );

  test("exits with an error if nothing listens", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const client = run("client", "127.0.0.1", String(port));
    expect(await client.ended).toBe(1);
    expect(client.output).toContain("ECONNREFUSED");
  });
});

describe("demo/tcp/server.ts", () => {
  test("echoes the messages of a ws client", async () => {
    const server = run("server", "0");
    const socket = new WebSocket(`ws://127.0.0.1:${await server.port()}/any?thing=1`);
    cleanups.push(() => socket.terminate());
    await new Promise((resolve) => socket.on("open", resolve));
    const large = "0123456789abcdef".repeat(65_536);
    for (const [sent, binary] of [
      ["text", false],
      ["", false],
      [large, false],
      ["bytes", true],
    ] as const) {
      const received = new Promise((resolve) => {
        socket.once("message", (data, isBinary) => resolve([(data as Buffer).toString(), isBinary]));
      });
      socket.send(sent, { binary });
      expect(await received).toEqual([sent, binary]);
    }
    const closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve([code, reason.toString()])));
    socket.close(4000, "enough");
    expect(await closed).toEqual([4000, "enough"]);
    await server.says(/requests \/any\?thing=1\n[^]*is gone: 4000 enough\n/);
  });

  test("serves several clients at a time, and survives one that disconnects and one that breaks the rules", async () => {
    const server = run("server", "0");
    const url = `ws://127.0.0.1:${await server.port()}/`;
    const peers = Array.from({ length: 5 }, () => Peer.connect(url));
    for (const peer of peers) cleanups.push(() => peer.drop());
    for (const peer of peers) await peer.event("connectionEstablished");
    peers[0]!.drop();
    await server.says(/is gone: 1006/);
    peers[1]!.socket.write(Uint8Array.of(0x81, 0x00)); // not masked
    expect((await peers[1]!.event("connectionClosed")).received?.code).toBe(1002);
    await server.says(/is gone: .*not masked/);
    for (const [i, peer] of peers.slice(2).entries()) {
      peer.do((connection) => connection.sendData(`peer ${i}`));
      expect(await peer.message()).toBe(`peer ${i}`);
    }
  });

  test("stops reading while a client does not take its echoes, then continues", async () => {
    const server = run("server", "0");
    const peer = await RawPeer.connect(await server.port());
    cleanups.push(() => peer.destroy());
    peer.socket.pause();
    // More than what the sockets of both ends hold. Does not drain until the client reads.
    const message = Buffer.alloc(32 * 1024 * 1024, "abc");
    peer.socket.write(peer.encode({ opcode: TEXT, payload: message }));
    const drained = new Promise((resolve) => peer.socket.once("drain", () => resolve("drained")));
    const stuck = new Promise((resolve) => setTimeout(() => resolve("stuck"), 1000));
    expect(await Promise.race([drained, stuck])).toBe("stuck");
    peer.socket.resume();
    const echo = await peer.next();
    expect(echo.type === "text" && echo.data.equals(message)).toBe(true);
  }, 20_000);
});
