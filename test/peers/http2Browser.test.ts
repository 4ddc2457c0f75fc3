/** A browser's own WebSocket over TLS and HTTP/2 (RFC 8441), against each of the servers. */
import { once } from "node:events";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { defineHooks } from "crossws";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { extendedConnects, type ByteTransport } from "../../src/http2/index.ts";
import { crosswsAdapter, WebSocketServer } from "../../src/server/index.ts";
import { serve } from "../../src/stream/index.ts";
import { upgrades } from "../../src/transports/node.ts";
import { cert, key } from "../support/certificate.ts";
import { findChromium } from "../support/chromium.ts";

let browser: Browser;
beforeAll(async () => {
  const executablePath = findChromium();
  browser = await chromium.launch(executablePath === undefined ? {} : { executablePath });
});
afterAll(() => browser?.close());

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const extensions = [permessageDeflate()];

/** The three servers: each echoes at /echo, chooses `chat`, and refuses /no with 401. */
const servers: Record<string, (transports: AsyncIterable<ByteTransport>) => unknown> = {
  serve: (transports) =>
    serve(
      transports,
      async (request) => {
        if (request.target === "/no") {
          await request.reject({ status: 401 });
          return;
        }
        const session = await request.accept({ subprotocol: request.subprotocols.find((name) => name === "chat") });
        for await (const message of session) await session.send(message);
      },
      { extensions },
    ),
  WebSocketServer(transports) {
    const server = new WebSocketServer({
      extensions,
      handleProtocols: (offered) => offered.has("chat") && "chat",
      verifyClient: ({ req }) => req.url !== "/no",
    });
    server.on("connection", (peer) => {
      peer.on("message", (data, binary) => peer.send(data, { binary }));
    });
    return server.serve(transports);
  },
  crosswsAdapter(transports) {
    const adapter = crosswsAdapter({
      serverOptions: { extensions },
      hooks: defineHooks({
        upgrade(request) {
          if (new URL(request.url).pathname === "/no") return new Response(null, { status: 401 });
          const offered = request.headers.get("sec-websocket-protocol");
          return offered === null ? {} : { headers: { "sec-websocket-protocol": "chat" } };
        },
        message: (peer, message) => void peer.send(message.rawData),
      }),
    });
    return adapter.serve(transports);
  },
};

/** A server with pages over HTTP/2, which browsers want to have an HTTP/1.1 beside. */
async function start(take: (transports: AsyncIterable<ByteTransport>) => unknown): Promise<{
  server: Http2SecureServer;
  port: number;
  /** The requests for WebSockets that came, by the version of HTTP. */
  seen: { headers: Record<string, unknown>; version: number }[];
}> {
  const server = createSecureServer({ key, cert, allowHTTP1: true });
  const seen: { headers: Record<string, unknown>; version: number }[] = [];
  server.on("request", (_, response) => {
    response.setHeader("content-type", "text/html");
    response.setHeader("set-cookie", "id=1; Secure; SameSite=Strict");
    response.end("<!doctype html><title>page</title>");
  });
  server.on("stream", (_, headers) => {
    if (headers[":protocol"] === "websocket") seen.push({ headers, version: 2 });
  });
  server.on("upgrade", ({ headers }: { headers: Record<string, unknown> }) => seen.push({ headers, version: 1 }));
  const sessions = new Set<{ destroy(): void }>();
  for (const event of ["session", "secureConnection"]) {
    server.on(event, (session: { destroy(): void; on(event: string, listener: () => void): unknown }) => {
      sessions.add(session);
      session.on("error", () => {});
      session.on("close", () => sessions.delete(session));
    });
  }
  void take(extendedConnects(server));
  void take(upgrades(server));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp.push(() => {
    server.close();
    for (const session of sessions) session.destroy();
  });
  return { server, port: (server.address() as AddressInfo).port, seen };
}

async function openPage(port: number): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  cleanUp.push(() => context.close());
  const page = await context.newPage();
  await page.goto(`https://localhost:${port}/`);
  return page;
}

describe.each(Object.entries(servers))("Chromium's WebSocket over HTTP/2, served by %s", (_, take) => {
  test("echoes text and bytes, compressed, with origin, cookie and subprotocol, and closes cleanly", async () => {
    const { port, seen } = await start(take);
    const page = await openPage(port);
    const told = await page.evaluate(async () => {
      const socket = new WebSocket(`wss://${location.host}/echo`, ["other", "chat"]);
      socket.binaryType = "arraybuffer";
      await new Promise((resolve) => (socket.onopen = resolve));
      const echoed = async (message: string | Uint8Array<ArrayBuffer>): Promise<unknown> => {
        socket.send(message);
        const { data } = await new Promise<MessageEvent<unknown>>((resolve) => (socket.onmessage = resolve));
        return data;
      };
      const text = await echoed("héllo");
      const large = new Uint8Array(1_000_000).map((_, i) => i % 251);
      const bytes = new Uint8Array((await echoed(large)) as ArrayBuffer);
      const isSame = bytes.length === large.length && bytes.every((byte, i) => byte === large[i]);
      socket.close(4000, "bye");
      const { code, reason, wasClean } = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve));
      const { protocol, extensions: agreed } = socket;
      return { text, isSame, protocol, agreed, code, reason, wasClean };
    });
    expect(told).toEqual({
      text: "héllo",
      isSame: true,
      protocol: "chat",
      agreed: "permessage-deflate",
      code: 4000,
      reason: "bye",
      wasClean: true,
    });
    expect(seen.map(({ version }) => version)).toEqual([2]);
    const { headers } = seen[0]!;
    expect([headers.origin, headers.cookie]).toEqual([`https://localhost:${port}`, "id=1"]);
  });
  test("is refused by status, and from another page by the origin policy", async () => {
    const { port, seen } = await start(take);
    const other = await start(() => undefined);
    const attempt = (address: string): Promise<{ code: number; wasClean: boolean }> =>
      new Promise((resolve) => {
        new WebSocket(address).onclose = ({ code, wasClean }) => resolve({ code, wasClean });
      });
    const page = await openPage(port);
    const failed = { code: 1006, wasClean: false };
    expect(await page.evaluate(attempt, `wss://localhost:${port}/no`)).toEqual(failed);
    const elsewhere = await openPage(other.port);
    expect(await elsewhere.evaluate(attempt, `wss://localhost:${port}/echo`)).toEqual(failed);
    expect(seen.map(({ version }) => version)).toEqual([2, 1]);
  });
  test("is closed by the server when the page goes, and nothing remains", async () => {
    const { server, port } = await start(take);
    let streams = 0;
    server.on("stream", (stream) => {
      streams++;
      stream.on("close", () => streams--);
    });
    const page = await openPage(port);
    await page.evaluate(async () => {
      const all = Array.from({ length: 20 }, () => new WebSocket(`wss://${location.host}/echo`));
      await Promise.all(all.map((socket) => new Promise((resolve) => (socket.onopen = resolve))));
    });
    expect(streams).toBe(20);
    await page.close();
    await expect.poll(() => streams).toBe(0);
  });
});
