/** The page's own WebTransport, against the library's server on Deno's QUIC: each WebSocket is a stream of a session. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import {
  connect,
  serve,
  WebSocketError,
  type ConnectOptions,
  type RequestHandler,
  type WebSocketSession,
} from "../../src/stream/index.ts";
import { dial, incoming, type ByteTransport } from "../../src/transports/webTransport.ts";
import { createWebSocketClass } from "../../src/websocket/index.ts";
import { checksumOf, contract, pattern, readAll } from "../transports/contract.ts";
import { openSession, relayedStreams, servers } from "../support/webTransportClient.ts";
import { sessions } from "../transports/sessions.ts";

const MIB = 1024 * 1024;
const options = { extensions: [permessageDeflate()] };

async function open(session: WebTransport, path = "/echo", more: ConnectOptions = {}): Promise<WebSocketSession> {
  return await connect(await dial(session), { ...options, url: `ws://server.test${path}`, ...more });
}

async function failure(promise: Promise<unknown>): Promise<WebSocketError> {
  const error = await promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(WebSocketError);
  return error as WebSocketError;
}

/** How a WebSocket ended as the server saw it. */
async function endAtServer(session: WebTransport, path: string): Promise<unknown> {
  const ends = await open(session, "/ends");
  await ends.send(path);
  return await ends.receive();
}

async function pair(): Promise<[ByteTransport, ByteTransport]> {
  return await relayedStreams(await openSession(servers!.relayPort));
}

if (servers !== null) {
  // Deno 2.9.5 ends a stream where it should reset it: test/runtimes/denoStreams.test.ts.
  const unlike = { tellsReasons: false, tellsAborts: false };
  const traits = { heldBytes: 16 * MIB, ...unlike, copiesChunks: true, timeoutMs: 120_000 };
  contract("a stream of WebTransport", pair, traits);
  sessions("a stream of WebTransport", pair, traits);
}

describe.skipIf(servers === null)(servers === null ? "WebTransport (there is no Deno)" : "WebTransport", () => {
  describe("a WebSocket on a stream", () => {
    test("carries text and binary, and agrees on a subprotocol", async () => {
      const socket = await open(await openSession(), "/echo", { protocols: ["chat", "other"], extensions: [] });
      expect(socket).toMatchObject({ protocol: "chat", extensions: "" });
      for (const message of ["", "héllo", new Uint8Array(0), pattern(0, 100_000)]) {
        await socket.send(message);
        expect(await socket.receive()).toEqual(message);
      }
      expect(await socket.close({ closeCode: 4000, reason: "bye" })).toMatchObject({ closeCode: 4000, reason: "bye" });
    });
    test("is also a plain stream of the session", async () => {
      const stream = (await (await openSession()).createBidirectionalStream()) as Awaited<ReturnType<typeof dial>>;
      const socket = await connect(stream, options);
      await socket.send("plain");
      expect(await socket.receive()).toBe("plain");
      await socket.close();
    });
    test("is read into memory that the reader supplies, where the platform supports it", async () => {
      const [near, far] = await pair();
      const writer = near.writable.getWriter();
      const writing = writer.write(pattern(0, 3));
      const reader = far.readable.getReader({ mode: "byob" });
      const buffer = new ArrayBuffer(100);
      const { value } = await reader.read(new Uint8Array(buffer, 10, 50));
      expect(buffer.byteLength).toBe(0);
      expect([value!.byteOffset, value!.buffer.byteLength]).toEqual([10, 100]);
      expect(value).toEqual(pattern(0, 3));
      await writing;
      const closing = writer.close();
      expect(await reader.read(new Uint8Array(8))).toMatchObject({ done: true, value: new Uint8Array(0) });
      await closing;
    });
    test.each(["close", "cancel"] as const)("leaves no reader with supplied memory waiting: %s", async (how) => {
      const [, far] = await pair();
      const reader = far.readable.getReader({ mode: "byob" });
      const reading = reader.read(new Uint8Array(8));
      if (how === "close") far.close!();
      else await reader.cancel();
      expect(await reading).toMatchObject({ done: true });
    });
    test("carries a message of 64 MiB there and back", { timeout: 60_000 }, async () => {
      const socket = await open(await openSession(), "/echo", { extensions: [] });
      const message = pattern(0, 64 * MIB);
      const checksum = checksumOf(message);
      void socket.send(message);
      const echoed = (await socket.receive()) as Uint8Array;
      expect(echoed.length).toBe(64 * MIB);
      expect(checksumOf(echoed)).toBe(checksum);
      await socket.close();
    });
    test("compresses", async () => {
      const socket = await open(await openSession());
      expect(socket.extensions).toMatch(/^permessage-deflate/);
      for (const message of ["again and ".repeat(1000), "again and ".repeat(1000), pattern(0, MIB)]) {
        void socket.send(message);
        expect(await socket.receive()).toEqual(message);
      }
      await socket.close();
    });
    test("is pinged, and answers", async () => {
      const socket = await open(await openSession());
      const roundTripMs = await socket.ping();
      expect(roundTripMs).toBeGreaterThan(0);
      expect(roundTripMs).toBeLessThan(5000);
      await socket.close();
    });
    test("closes with a code and a reason, from either side", async () => {
      const session = await openSession();
      const ours = await open(session, "/echo?1");
      await ours.close({ closeCode: 3001, reason: "the page's word" });
      expect(await endAtServer(session, "/echo?1")).toBe("closed 3001 the page's word");
      const theirs = await open(session, "/close");
      await theirs.send("now");
      expect(await theirs.closed).toMatchObject({
        closeCode: 4001,
        reason: "the server's word",
        initiator: "remote",
      });
    });
    test("works through the class with the browser's interface", async () => {
      const session = await openSession();
      const socket = new (createWebSocketClass(() => dial(session), options))("ws://server.test/echo", "chat");
      const message = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)));
      socket.addEventListener("open", () => socket.send("by the class"));
      expect(await message).toBe("by the class");
      const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
      socket.close(3000);
      expect(await closed).toMatchObject({ code: 3000, wasClean: true });
    });
  });

  describe("a session", () => {
    test("carries a hundred WebSockets at once, and none waits for another", { timeout: 60_000 }, async () => {
      const session = await openSession();
      const idle = await Promise.all(Array.from({ length: 50 }, (_, i) => open(session, `/echo?${i}`)));
      // These are sent more than windows hold, and read none of it back.
      for (const socket of idle) void socket.send(pattern(0, 2 * MIB)).catch(() => undefined);
      const live = await Promise.all(Array.from({ length: 50 }, (_, i) => open(session, `/echo?${50 + i}`)));
      await Promise.all(
        live.map(async (socket, i) => {
          for (let turn = 0; turn < 5; turn++) {
            const message = `${i} ${turn} ${"x".repeat(i * 100)}`;
            await socket.send(message);
            expect(await socket.receive()).toBe(message);
          }
        }),
      );
      const checksum = checksumOf(pattern(0, 2 * MIB));
      for (const socket of idle) expect(checksumOf((await socket.receive()) as Uint8Array)).toBe(checksum);
      const ends = await Promise.all([...idle, ...live].map((socket, i) => socket.close({ closeCode: 4000 + i })));
      expect(ends.map(({ closeCode }) => closeCode)).toEqual(Array.from({ length: 100 }, (_, i) => 4000 + i));
    });
    test("has streams that the server opens: on these the page is the WebSocket server", async () => {
      const session = await openSession();
      const told: unknown[] = [];
      const handler: RequestHandler = async (request) => {
        expect(request.host).toBe("page");
        const socket = await request.accept();
        told.push(request.target, await socket.receive());
        await socket.send("the page answers");
        told.push(await socket.receive());
        await socket.close({ closeCode: 4002 });
      };
      const served = serve(incoming(session), handler, options);
      const asking = await open(session, "/call-back");
      await asking.send("one");
      await expect.poll(() => told).toEqual(["/one", "the server calls one", "the page answers"]);
      await asking.close();
      session.close();
      await served;
    });
    test("that closes fails its WebSockets, with its code and reason", async () => {
      const session = await openSession();
      const [idle, socket] = [await open(session), await open(session, "/end-session")];
      const served = serve(incoming(session), () => undefined);
      await socket.send("now");
      for (const { closed } of [idle, socket]) {
        const { message, closeCode, cause } = await failure(closed);
        expect(closeCode).toBe(1006);
        expect(cause).toMatchObject({ name: "TransportError", code: "lost" });
        expect(message).toContain("the session was closed with code 7: the server goes");
      }
      await served;
      await expect(dial(session)).rejects.toMatchObject({ name: "TransportError", code: "lost" });
    });
    test("that the page closes fails its WebSockets as well", async () => {
      const session = await openSession();
      const { closed } = await open(session);
      session.close({ closeCode: 3, reason: "the page goes" });
      const { cause } = await failure(closed);
      expect(cause).toMatchObject({ code: "lost", message: "the session was closed with code 3: the page goes" });
    });
    test("whose server certificate has another hash is not opened, and nothing hangs", async () => {
      const session = new WebTransport(`https://127.0.0.1:${servers!.port}/`, {
        serverCertificateHashes: [{ algorithm: "sha-256", value: new Uint8Array(32) }],
      });
      session.closed.catch(() => undefined);
      const refusal = {
        name: "TransportError",
        code: "neverOpened",
        message: expect.stringContaining("hash") as string,
      };
      await expect(dial(session)).rejects.toMatchObject(refusal);
      await expect(incoming(session).next()).rejects.toMatchObject(refusal);
      await expect(dial(session)).rejects.toMatchObject(refusal);
    });
  });

  describe("an abrupt end", () => {
    test("by the server is an end without a closing handshake", async () => {
      const session = await openSession();
      const socket = await open(session, "/drop");
      await socket.send("now");
      const { closeCode, message } = await failure(socket.closed);
      expect(closeCode).toBe(1006);
      expect(message).toMatch(/the transport (failed|ended)/);
      await (await open(session)).close();
    });
    test("by the page is distinguished from an end of the stream", async () => {
      const session = await openSession();
      const reset = await dial(session);
      const socket = await connect(reset, { ...options, url: "ws://server.test/reset" });
      await socket.close({ signal: AbortSignal.abort() }).catch(() => undefined);
      await expect.poll(() => endAtServer(session, "/reset")).toBe("failed 1006 reset");

      // A request, and then the end of the stream.
      const stream = await dial(session);
      const writer = stream.writable.getWriter();
      const head = [
        "GET /end HTTP/1.1",
        "Host: a",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ];
      await writer.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
      await writer.close();
      await readAll(stream);
      await expect.poll(() => endAtServer(session, "/end")).toBe("failed 1006 without a fault");
    });
  });
});
