/** Pairs of sockets, as workerd's `WebSocketPair` makes them. */
import { describe, expect, test } from "vitest";
import { webSocketPair, type WebSocketEnd } from "../../src/websocket/index.ts";

const next = (end: WebSocketEnd, type: string): Promise<Event & { data?: unknown }> =>
  new Promise((resolve) => end.addEventListener(type, resolve, { once: true }));

/** A pair that is open at both ends. */
async function openPair(...args: Parameters<typeof webSocketPair>): Promise<[WebSocketEnd, WebSocketEnd]> {
  const [client, server] = webSocketPair(...args);
  server.accept();
  await Promise.all([next(client, "open"), next(server, "open")]);
  return [client, server];
}

describe("both ends", () => {
  test("can be used as in workerd", () => {
    const [client, server] = Object.values(webSocketPair());
    expect([client?.readyState, server?.readyState]).toEqual([0, 0]);
    client?.terminate();
    server?.terminate();
  });
  test("are WebSockets, and carry text and bytes both ways", async () => {
    const [client, server] = await openPair();
    expect([Object.prototype.toString.call(client), client instanceof EventTarget]).toEqual([
      "[object WebSocket]",
      true,
    ]);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      to.binaryType = "arraybuffer";
      from.send("wörld");
      expect((await next(to, "message")).data).toBe("wörld");
      from.send(Uint8Array.of(1, 2));
      expect((await next(to, "message")).data).toEqual(Uint8Array.of(1, 2).buffer);
    }
  });
  test("report each other's code and reason", async () => {
    for (const [from, to] of [[0, 1] as const, [1, 0] as const]) {
      const pair = await openPair();
      const ends = Promise.all(pair.map((end) => next(end, "close")));
      pair[from].close(4000, "bye");
      for (const event of await ends) expect(event).toMatchObject({ code: 4000, reason: "bye", wasClean: true });
      expect([pair[from].readyState, pair[to].readyState]).toEqual([3, 3]);
    }
  });
  test("notice when the other is terminated", async () => {
    const [client, server] = await openPair();
    const end = next(server, "close");
    client.terminate();
    expect(await end).toMatchObject({ code: 1006, wasClean: false });
  });
  test("have the given URL and subprotocol", async () => {
    for (const end of await openPair({ url: "https://chat.example/room", protocol: "chat" })) {
      expect([end.url, end.protocol, end.extensions]).toEqual(["wss://chat.example/room", "chat", ""]);
    }
    for (const end of await openPair()) expect([end.url, end.protocol]).toEqual(["ws://localhost/", ""]);
  });
});

describe("until the server's end is accepted", () => {
  test("it is CONNECTING, and the messages of the client wait", async () => {
    const [client, server] = webSocketPair();
    client.accept();
    await next(client, "open");
    const received: unknown[] = [];
    server.onmessage = ({ data }) => void received.push(data);
    client.send("one");
    client.send("two");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([server.readyState, received]).toEqual([0, []]);
    expect(() => server.send("too early")).toThrow(DOMException);
    server.accept();
    server.accept();
    await expect.poll(() => received).toEqual(["one", "two"]);
  });
  test("a client that sends much is paused", async () => {
    const [client, server] = webSocketPair();
    await next(client, "open");
    for (let i = 0; i < 10; i++) client.send(new Uint8Array(1_000_000));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(client.bufferedAmount).toBeGreaterThan(5_000_000);
    let received = 0;
    server.onmessage = () => received++;
    server.accept();
    await expect.poll(() => [received, client.bufferedAmount]).toEqual([10, 0]);
  });
  test("the client may close, and the server sees it when it accepts", async () => {
    const [client, server] = webSocketPair();
    await next(client, "open");
    client.close(1000, "never mind");
    const end = next(server, "close");
    server.accept();
    expect(await end).toMatchObject({ code: 1000, reason: "never mind", wasClean: true });
  });
  test("the server may close, which the client sees as a lost connection", async () => {
    const [client, server] = webSocketPair();
    const end = next(client, "close");
    server.close();
    expect(await end).toMatchObject({ code: 1006, wasClean: false });
  });
  test("both fail if that takes too long", async () => {
    const [client, server] = webSocketPair({ acceptTimeoutMs: 20 });
    const ends = await Promise.all([next(client, "close"), next(server, "close")]);
    for (const end of ends) expect(end).toMatchObject({ code: 1006, wasClean: false });
  });
});
