/** The platform's own `WebSocket`, through a real server: as a session, and as the way of a gateway to its upstream. */
import { describe, expect, inject, test } from "vitest";
import { bridgeMessages, gateway, webSocketSession } from "../../src/bridge/index.ts";
import { accept, connect, serve, type WebSocketError } from "../../src/stream/index.ts";
import { pipe } from "../../src/transports/pipe.ts";

const MIB = 1024 * 1024;
const relay = inject("webSocketRelay");
const path = (): string => `${relay}/${crypto.randomUUID()}`;

describe("webSocketSession()", () => {
  test("passes messages of both kinds, and the close with its code and reason", async () => {
    const url = path();
    const [a, b] = [new WebSocket(url, ["v1", "v2"]), new WebSocket(url, "v1")].map((socket) =>
      webSocketSession(socket),
    );
    await a!.send("text");
    await b!.send(Uint8Array.of(1, 2, 3));
    expect([await b!.receive(), await a!.receive()]).toEqual(["text", Uint8Array.of(1, 2, 3)]);
    expect(a!.protocol).toBe("v1");
    void a!.close({ closeCode: 4000, reason: "bye" });
    expect(await b!.closed).toMatchObject({ closeCode: 4000, reason: "bye", initiator: "remote" });
    expect(await a!.closed).toMatchObject({ closeCode: 4000, initiator: "local" });
  });
  test("holds its sender: send() waits while the socket has much unsent", async () => {
    const url = path();
    const socket = new WebSocket(url);
    const [a, b] = [webSocketSession(socket), webSocketSession(new WebSocket(url))];
    const message = new Uint8Array(MIB);
    let most = 0;
    const sending = (async () => {
      for (let i = 0; i < 32; i++) {
        await a.send(message);
        most = Math.max(most, socket.bufferedAmount);
      }
    })();
    for (let i = 0; i < 32; i++) expect(await b.receive()).toHaveLength(MIB);
    await sending;
    expect(most).toBeLessThan(3 * MIB);
    await a.close();
  });
});

test("bridgeMessages() makes a page the gateway", async () => {
  const url = path();
  const far = webSocketSession(new WebSocket(url));
  const [near, end] = pipe();
  const bridged = accept(end).then(async (request) => bridgeMessages(await request.accept(), new WebSocket(url)));
  const session = await connect(near);
  await session.send("hello");
  expect(await far.receive()).toBe("hello");
  await far.send("and back");
  expect(await session.receive()).toBe("and back");
  void far.close({ closeCode: 4001, reason: "done" });
  expect(await session.closed).toMatchObject({ closeCode: 4001, reason: "done" });
  expect(await bridged).toEqual({ closeCode: 4001, reason: "done", closedBy: "b" });
});

describe("gateway() without a dial", () => {
  test("reaches a fixed upstream and passes the subprotocol on", async () => {
    const url = path();
    const far = webSocketSession(new WebSocket(url));
    const [near, end] = pipe();
    void serve([end], gateway({ to: url }));
    const session = await connect(near, { protocols: ["v1", "v2"] });
    await session.send("hello");
    expect([session.protocol, await far.receive()]).toEqual(["v1", "hello"]);
    await session.close({ closeCode: 3000 });
    expect(await far.closed).toMatchObject({ closeCode: 3000 });
  });
  test("gives 502 for an upstream that refuses, because the platform hides why", async () => {
    const [near, end] = pipe();
    void serve([end], gateway({ to: `${relay}/refused` }));
    const error = await connect(near).catch((thrown: unknown) => thrown as WebSocketError);
    expect(error).toMatchObject({ rejection: { status: 502 } });
  });
  test("does not reach what a function chooses, unless allow names it, because the address is unknown", async () => {
    const [near, end] = pipe();
    void serve([end], gateway({ to: () => "wss://example.com/" }));
    const error = await connect(near).catch((thrown: unknown) => thrown as WebSocketError);
    expect(error).toMatchObject({ rejection: { status: 403 } });
  });
});
