/** A server whose request was parsed by node:http: its `upgrade` event and the bytes after the head. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { ConnectionType, WSConnection } from "../../src/index.ts";
import { Mailbox } from "./mailbox.ts";
import { acceptChat, Peer } from "./tcp.ts";

// Longer than the waits inside, so that their messages say what did not arrive.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 30_000 });

describe("§4.2.1 receiveRequest", () => {
  let server: Server;
  let url: string;
  let ours: Mailbox<Peer>;

  beforeEach(async () => {
    ours = new Mailbox();
    server = createServer((_, response) => response.end("a page"));
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const connection = new WSConnection(ConnectionType.SERVER);
      const { method = "", url: target = "" } = request;
      connection.receiveRequest({ method, target, headers: headersOf(request) });
      if (head.length > 0) connection.receiveBytes(head);
      ours.put(new Peer(connection, socket, acceptChat));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/socket?room=1`;
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test("opens the connection that a ws client requested", async () => {
    const socket = new WebSocket(url, ["chat"], { headers: { "X-Custom": "yes" } });
    const peer = await ours.take("upgrade");
    const request = await peer.event("connectionRequested");
    expect(request.target).toBe("/socket?room=1");
    expect(request.headers.get("x-custom")).toBe("yes");
    await new Promise((resolve) => socket.on("open", resolve));
    expect(socket.protocol).toBe("chat");
    socket.send("hello");
    expect(await peer.message()).toBe("hello");
    const received = new Promise((resolve) => {
      socket.on("message", (data) => resolve((data as Buffer).toString()));
    });
    peer.do((connection) => connection.sendData("hello to you"));
    expect(await received).toBe("hello to you");
    const closed = new Promise((resolve) => socket.on("close", resolve));
    peer.do((connection) => connection.close(3000));
    expect(await closed).toBe(3000);
    await peer.gone;
  });

  test("takes the frames that arrived with the head", async () => {
    const { host, pathname, port } = new URL(url);
    const client = connect(Number(port), "127.0.0.1");
    // A masked ping with no payload, right behind the request.
    client.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x89\x80\0\0\0\0",
      "latin1",
    );
    const peer = await ours.take("upgrade");
    await peer.event("pingReceived");
    let answer = Buffer.alloc(0);
    while (!answer.includes("\r\n\r\n\x8a\0", 0, "latin1")) {
      answer = Buffer.concat([answer, await new Promise<Buffer>((resolve) => client.once("data", resolve))]);
    }
    expect(answer.toString("latin1")).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    client.destroy();
    await peer.gone;
  });

  test("answers requests that node:http accepts and RFC 6455 does not", async () => {
    const { host, port } = new URL(url);
    const client = connect(Number(port), "127.0.0.1");
    client.write(
      `GET / HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const peer = await ours.take("upgrade");
    const { error } = await peer.event("connectionClosed");
    expect(error).toMatchObject({ code: "versionInvalid", status: 426 });
    let answer = "";
    client.on("data", (chunk) => (answer += chunk.toString()));
    await new Promise((resolve) => client.on("end", resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 426 .*\r\n/);
    expect(answer).toMatch(/\r\nSec-WebSocket-Version: 13\r\n/i);
    client.destroy();
    await peer.gone;
  });
});

/** Every field line, as it came. */
function headersOf({ rawHeaders }: IncomingMessage): [string, string][] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, i) => [rawHeaders[2 * i]!, rawHeaders[2 * i + 1]!]);
}
