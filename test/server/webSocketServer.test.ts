/** The server that is given transports: what it accepts, whom it refuses, and how it ends. */
import { describe, expect, test } from "vitest";
import { WebSocketServer, type MessageBytes } from "../../src/server/index.ts";
import { open } from "./client.ts";

describe("a client", () => {
  test("that is accepted has a peer and a request, and messages go both ways", async () => {
    const server = new WebSocketServer();
    const { client, peer, request } = await open(server, { resource: "/chat?room=1", headers: { "X-Custom": "1" } });
    expect(request).toMatchObject({
      method: "GET",
      url: "/chat?room=1",
      headers: { host: "server.example", "x-custom": "1", upgrade: "websocket" },
    });
    expect(request.socket.remoteAddress).toBeUndefined();
    expect([...server.clients!]).toEqual([peer]);
    const received: unknown[] = [];
    peer.on("message", (data, isBinary) => {
      received.push((data as MessageBytes).toString(), isBinary);
      peer.send(data as Uint8Array<ArrayBuffer>, { binary: isBinary });
    });
    client.do((connection) => connection.sendData("wörld"));
    expect(await client.message()).toBe("wörld");
    client.do((connection) => connection.sendData(Uint8Array.of(104, 105)));
    expect(await client.message()).toEqual(Uint8Array.of(104, 105));
    expect(received).toEqual(["wörld", false, "hi", true]);
    const closed = new Promise((resolve) => peer.on("close", (code, reason) => resolve([code, String(reason)])));
    client.do((connection) => connection.close(3000, "bye ✓"));
    expect(await closed).toEqual([3000, "bye ✓"]);
    expect(await client.event("connectionClosed")).toMatchObject({ code: 3000, wasClean: true });
    expect(server.clients!.size).toBe(0);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});
