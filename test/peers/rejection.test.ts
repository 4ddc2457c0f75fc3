/** Responses other than 101, with a real HTTP peer. */
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { WebSocket as UndiciWebSocket } from "undici";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { OurServer, Peer, type React } from "./tcp.ts";

// Longer than the waits inside, so that their messages say what did not arrive.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 30_000 });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("§4.1 our client is refused by node:http", () => {
  async function refusedBy(server: Server): Promise<Peer> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const peer = Peer.connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/private`);
    cleanups.push(
      () => new Promise((resolve) => server.close(resolve)),
      () => peer.drop(),
    );
    return peer;
  }

  async function bodyOf(peer: Peer): Promise<string> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const { data, finished } = await peer.event("rejectionData");
      pieces.push(data);
      if (finished) return Buffer.concat(pieces).toString();
    }
  }

  const answers: Record<string, RequestListener> = {
    "with a body of a known length": (_, response) => {
      const body = "who are you?";
      response.writeHead(401, { "www-authenticate": "Basic", "content-length": body.length }).end(body);
    },
    "with a body in chunks": (_, response) => {
      response.writeHead(401, { "www-authenticate": "Basic" });
      response.write("who ");
      response.write("are ");
      response.end("you?");
    },
    "with a body up to the end of the stream": (_, response) => {
      response.socket?.end(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nConnection: close\r\n\r\nwho are you?",
      );
    },
  };

  test.each(Object.entries(answers))("%s", async (_, answer) => {
    const peer = await refusedBy(createHttpServer(answer));
    const { status, statusText, headers } = await peer.event("connectionRejected");
    expect({ status, statusText }).toEqual({ status: 401, statusText: "Unauthorized" });
    expect(headers.get("www-authenticate")).toBe("Basic");
    expect(await bodyOf(peer)).toBe("who are you?");
    const closed = await peer.event("connectionClosed");
    expect(closed).toEqual({ type: "connectionClosed", code: 1006, reason: "", wasClean: false });
    await peer.gone;
  });

  test("with a body of 1 MiB, delivered to its last byte", async () => {
    const body = "0123456789abcdef".repeat(65_536);
    const peer = await refusedBy(createHttpServer((_, response) => response.writeHead(503).end(body)));
    expect((await peer.event("connectionRejected")).status).toBe(503);
    expect(await bodyOf(peer)).toBe(body);
    await peer.event("connectionClosed");
  });

  test("with a redirect, which the application may follow", async () => {
    const peer = await refusedBy(
      createHttpServer((_, response) => response.writeHead(302, { location: "https://elsewhere.example/" }).end()),
    );
    const { status, headers } = await peer.event("connectionRejected");
    expect([status, headers.get("location")]).toEqual([302, "https://elsewhere.example/"]);
    expect(await bodyOf(peer)).toBe("");
    await peer.event("connectionClosed");
  });

  test("with 404 by a server without WebSocket", async () => {
    const peer = await refusedBy(createHttpServer((request, response) => response.writeHead(404).end(request.url)));
    expect((await peer.event("connectionRejected")).status).toBe(404);
    expect(await bodyOf(peer)).toBe("/private");
    await peer.event("connectionClosed");
  });

  test("with a body that is cut off: the connection ends, and the body is unfinished", async () => {
    const head = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\n";
    const peer = await refusedBy(
      createServer((socket) =>
        socket
          .on("error", () => {})
          .resume()
          .end(`${head}too sh`),
      ),
    );
    await peer.event("connectionRejected");
    const { data, finished } = await peer.event("rejectionData");
    expect([Buffer.from(data).toString(), finished]).toEqual(["too sh", false]);
    expect((await peer.event("connectionClosed")).wasClean).toBe(false);
  });
});

describe("§4.2.2 our server refuses", () => {
  const refuse: React = (event, connection) => {
    if (event.type !== "connectionRequested") return;
    const headers = { "content-type": "text/plain", "retry-after": "120" };
    if (event.target === "/streamed") {
      connection.reject(event, { status: 503, headers, streamed: true });
      connection.sendRejectionData("come back ");
      connection.sendRejectionData(new TextEncoder().encode("later"), true);
    } else if (event.target === "/bare") {
      connection.reject(event);
    } else {
      connection.reject(event, { status: 503, headers, body: "come back later" });
    }
  };

  async function listen(): Promise<OurServer> {
    const server = await OurServer.listen(refuse);
    cleanups.push(() => server.close());
    return server;
  }

  test.each(["/whole", "/streamed"])("ws, which sees the status, the headers and the body (%s)", async (target) => {
    const server = await listen();
    const socket = new WebSocket(server.url + target);
    const answer = await new Promise<{ status: number | undefined; retry: unknown; body: string }>(
      (resolve, reject) => {
        socket.on("error", reject);
        socket.on("unexpected-response", (_, response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (piece: string) => (body += piece));
          response.on("end", () => {
            resolve({ status: response.statusCode, retry: response.headers["retry-after"], body });
          });
        });
      },
    );
    expect(answer).toEqual({ status: 503, retry: "120", body: "come back later" });
    const peer = await server.next();
    expect((await peer.event("connectionClosed")).code).toBe(1006);
    await peer.gone;
  });

  test("fetch, which reads the answer like any other", async () => {
    const server = await listen();
    // A request that does not ask for WebSocket is refused by the handshake itself.
    const response = await fetch(server.url.replace("ws:", "http:"));
    expect(response.status).toBe(400);
    expect(response.headers.get("connection")).toBe("close");
    expect(await response.text()).not.toBe("");
  });

  test("the WebSocket of undici, which sees only a failure", async () => {
    const server = await listen();
    const socket = new UndiciWebSocket(`${server.url}/bare`);
    const closed = await new Promise((resolve) => socket.addEventListener("close", resolve));
    expect(closed).toMatchObject({ code: 1006, wasClean: false });
  });

  test("our client, which sees all of it", async () => {
    const server = await listen();
    const peer = Peer.connect(`${server.url}/bare`);
    cleanups.push(() => peer.drop());
    expect((await peer.event("connectionRejected")).status).toBe(403);
    expect(await peer.event("rejectionData")).toMatchObject({ finished: true, data: new Uint8Array(0) });
    await peer.event("connectionClosed");
    await peer.gone;
  });
});
