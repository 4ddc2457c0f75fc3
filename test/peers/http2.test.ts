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

function dialTo(port: number): ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`);
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
  const far = (await arriving).value!;
  (far.opening as { answer: (answer: object) => void }).answer({ status: 200, headers: [] });
  await answered;
  return [near, far];
}

contract("a stream of HTTP/2", pair, { heldBytes: 4 * 1024 * 1024, tellsReasons: false });
