/** SignalR: the client of ASP.NET, and a small responder for its hub protocol in JSON. */
import {
  HttpTransportType,
  HubConnectionBuilder,
  LogLevel,
  type HubConnection,
  type IHttpConnectionOptions,
} from "@microsoft/signalr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WebSocket as WsPeer, WebSocketServer } from "ws";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";
import { worlds } from "./worlds.ts";

const SEPARATOR = "\x1e";

interface Call {
  readonly type: number;
  readonly invocationId?: string;
  readonly target: string;
  readonly arguments: unknown[];
}

/** A hub: `Add` adds, `Shout` reaches everyone, and `Count` is a stream. Returns the message types that it received. */
function serveHub(server: WebSocketServer): number[] {
  const seen: number[] = [];
  server.on("connection", (peer) => {
    const send = (to: WsPeer, message: object): void => to.send(JSON.stringify(message) + SEPARATOR);
    let greeted = false;
    peer.on("message", (data: Buffer) => {
      for (const record of data.toString().split(SEPARATOR).slice(0, -1)) {
        if (!greeted) {
          greeted = true;
          send(peer, {});
          continue;
        }
        const { type, invocationId, target, arguments: given } = JSON.parse(record) as Call;
        seen.push(type);
        switch (target) {
          case "Add":
            send(peer, { type: 3, invocationId, result: (given as number[]).reduce((a, b) => a + b) });
            break;
          case "Shout":
            for (const one of server.clients) send(one, { type: 1, target: "Shouted", arguments: given });
            break;
          case "Count":
            for (let i = 1; i <= Number(given[0]); i++) send(peer, { type: 2, invocationId, item: i });
            send(peer, { type: 3, invocationId });
            break;
          case "Fail":
            send(peer, { type: 3, invocationId, error: "not you" });
        }
      }
    });
  });
  return seen;
}

describe.each(worlds)("SignalR over $name", (kind) => {
  let world: World;
  let seen: number[];
  let hubs: HubConnection[];

  beforeEach(async () => {
    world = await kind.open();
    seen = serveHub(world.server);
    hubs = [];
  });

  afterEach(async () => {
    await Promise.all(hubs.map((hub) => hub.stop()));
    await world.close();
  });

  function make(): HubConnection {
    // Its declarations do not export the option `WebSocket`.
    const options: IHttpConnectionOptions & { WebSocket: unknown } = {
      WebSocket: world.WebSocket,
      transport: HttpTransportType.WebSockets,
      skipNegotiation: true,
      headers: { "X-Custom": "one" },
    };
    const hub = new HubConnectionBuilder()
      .withUrl(`${world.url.replace("ws", "http")}/hub`, options)
      .configureLogging(LogLevel.None)
      .withAutomaticReconnect([0, 10, 10, 10, 10])
      .withKeepAliveInterval(10)
      .build();
    hubs.push(hub);
    return hub;
  }

  async function connect(): Promise<HubConnection> {
    const hub = make();
    await hub.start();
    return hub;
  }

  test("calls are answered or refused", async () => {
    const hub = await connect();
    expect(await hub.invoke("Add", 20, 22)).toBe(42);
    await expect(hub.invoke("Fail")).rejects.toThrow("not you");
  });

  test("what one sends reaches the other", async () => {
    const [ada, bob] = [await connect(), await connect()];
    const told = new Promise((resolve) => bob.on("Shouted", resolve));
    await ada.send("Shout", "wörld 👋");
    expect(await told).toBe("wörld 👋");
  });

  test("a stream yields its items", async () => {
    const items: number[] = [];
    const hub = await connect();
    await new Promise<void>((resolve, reject) => {
      hub
        .stream<number>("Count", 100)
        .subscribe({ next: (item) => items.push(item), complete: resolve, error: reject });
    });
    expect(items).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  test.skipIf("document" in globalThis)("on Node it passes headers after protocols that are undefined", async () => {
    const request = new Promise<{ headers: Record<string, unknown> }>((resolve) => {
      world.server.once("connection", (_, incoming) => resolve(incoming));
    });
    await connect();
    // A browser's WebSocket takes no headers, and so does not send them.
    expect((await request).headers["x-custom"]).toBe(kind === worlds[0] ? undefined : "one");
  });

  test("it pings", async () => {
    const hub = await connect();
    await eventually(() => seen.filter((type) => type === 6).length).toBeGreaterThan(0);
    expect(hub.state).toBe("Connected");
  });

  test("reconnects after the connection was lost", async () => {
    const hub = await connect();
    const again = new Promise((resolve) => hub.onreconnected(resolve));
    const lost = new Promise<Error | undefined>((resolve) => hub.onreconnecting(resolve));
    world.breakOff();
    expect((await lost)?.message).toContain("1006");
    await again;
    expect(await hub.invoke("Add", 1, 1)).toBe(2);
  });

  test("reports a server that can't be reached", async () => {
    world.reachable = false;
    await expect(make().start()).rejects.toThrow(/^WebSocket failed to connect/);
  });

  test("a hub that stops closes the connection", async () => {
    const hub = await connect();
    await hub.stop();
    await eventually(() => world.server.clients.size).toBe(0);
  });
});
