/** Socket.IO: client and server, whose Engine.IO uses our ends of the connections. */
import type { IncomingMessage } from "node:http";
import { Server as Engine } from "engine.io";
import { WebSocket as WebSocketTransport } from "engine.io-client";
import { Server } from "socket.io";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WebSocket as WsPeer, WebSocketServer } from "ws";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";
import { worldsOfBothSides } from "./worlds.ts";

/** Engine.IO upgrades requests itself, by its option `wsEngine`. This one has been upgraded before. */
class Upgraded {
  handleUpgrade(_request: IncomingMessage, peer: WsPeer, _head: Buffer, done: (peer: WsPeer) => void): void {
    done(peer);
  }
  close(): void {}
}

function serveEngine(server: WebSocketServer): Engine {
  const engine = new Engine({ transports: ["websocket"], wsEngine: Upgraded, pingInterval: 20, pingTimeout: 4_000 });
  server.on("connection", (peer, request) => {
    // It only needs the socket's close event, which the peer emits.
    const upgraded = [request, peer, Buffer.alloc(0)] as unknown as Parameters<Engine["handleUpgrade"]>;
    engine.handleUpgrade(...upgraded);
  });
  return engine;
}

describe.each(worldsOfBothSides)("Socket.IO over $name", ({ open }) => {
  let world: World;
  let server: Server;
  let clients: Socket[];

  beforeEach(async () => {
    world = await open();
    clients = [];
    server = new Server();
    server.bind(serveEngine(world.server));
    server.on("connection", (socket) => {
      socket.on("join", async (room: string, done: () => void) => {
        await socket.join(room);
        done();
      });
      socket.on("shout", (...things: unknown[]) => server.to("room").emit("shouted", ...things));
      socket.on("add", (a: number, b: number, done: (sum: number) => void) => done(a + b));
    });
  });

  afterEach(async () => {
    for (const client of clients) client.disconnect();
    await server.close();
    await world.close();
  });

  function connect(options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
    class OverFace extends WebSocketTransport {
      override createSocket(url: string, protocols?: string | string[]): WebSocket {
        return new world.WebSocket(url, protocols ?? []);
      }
      override doOpen(): this {
        super.doOpen();
        // On Node it asks for "nodebuffer", which a browser's WebSocket does not know and leaves aside.
        (this as unknown as { ws: WebSocket }).ws.binaryType = "arraybuffer";
        return this;
      }
    }
    const client = io(world.url, {
      transports: [OverFace],
      forceNew: true,
      reconnectionDelay: 5,
      reconnectionDelayMax: 20,
      ...options,
    });
    clients.push(client);
    return client;
  }

  const event = (socket: Socket, name: string): Promise<unknown[]> =>
    new Promise((resolve) => socket.once(name, (...things: unknown[]) => resolve(things)));

  test("a call is answered", async () => {
    expect(await connect().timeout(4_000).emitWithAck("add", 2, 3)).toBe(5);
  });

  test("what one emits reaches everyone in the room", async () => {
    const [ada, bob, eve] = [connect(), connect(), connect()];
    await Promise.all([ada.emitWithAck("join", "room"), bob.emitWithAck("join", "room"), event(eve, "connect")]);
    const told = [event(ada, "shouted"), event(bob, "shouted")];
    const overheard: unknown[] = [];
    eve.on("shouted", (...things) => overheard.push(things));
    ada.emit("shout", "wörld 👋", { at: [1, null] });
    expect(await Promise.all(told)).toEqual(Array(2).fill(["wörld 👋", { at: [1, null] }]));
    expect(await eve.emitWithAck("add", 1, 1)).toBe(2);
    expect(overheard).toEqual([]);
  });

  test("bytes are sent in separate messages", async () => {
    const client = connect();
    await client.emitWithAck("join", "room");
    const told = event(client, "shouted");
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i & 255);
    client.emit("shout", "picture", bytes, { more: Uint8Array.of(7) });
    const [name, first, { more }] = (await told) as [string, Uint8Array, { more: Uint8Array }];
    expect(name).toBe("picture");
    expect(new Uint8Array(first)).toEqual(bytes);
    expect(new Uint8Array(more)).toEqual(Uint8Array.of(7));
  });

  test("the server sees the path, the query and the credentials", async () => {
    const connected = new Promise<unknown>((resolve) =>
      server.once("connection", ({ handshake }) => resolve([handshake.url, handshake.query.room, handshake.auth])),
    );
    connect({ query: { room: "7" }, auth: { token: "secret" } });
    expect(await connected).toEqual([expect.stringMatching(/^\/socket\.io\/\?room=7&EIO=4/), "7", { token: "secret" }]);
  });

  test("pings work both ways", async () => {
    const client = connect();
    await event(client, "connect");
    let pings = 0;
    client.io.on("ping", () => pings++);
    await eventually(() => pings).toBeGreaterThan(2);
    expect(client.connected).toBe(true);
  });

  test("reconnects after the connection was lost, then sends what was emitted in the meantime", async () => {
    const client = connect();
    await client.emitWithAck("join", "room");
    const lost = event(client, "disconnect");
    world.reachable = false;
    world.breakOff();
    expect((await lost)[0]).toMatch(/^transport (close|error)$/);
    const answer = client.emitWithAck("add", 20, 22);
    world.reachable = true;
    expect(await answer).toBe(42);
  });

  test("reports a server that can't be reached", async () => {
    world.reachable = false;
    const client = connect({ reconnection: false });
    expect((await event(client, "connect_error"))[0]).toMatchObject({ message: "websocket error" });
  });

  test.each([
    ["the client", "io client disconnect", "client namespace disconnect"],
    ["the server", "io server disconnect", "server namespace disconnect"],
  ])("%s ends the connection, and both sides see it", async (who, toClient, toServer) => {
    const ends = new Promise((resolve) => {
      server.once("connection", (socket) => {
        socket.once("disconnect", resolve);
        socket.once("end", () => socket.disconnect(true));
      });
    });
    const client = connect();
    await client.emitWithAck("add", 1, 1);
    const told = event(client, "disconnect");
    if (who === "the client") client.disconnect();
    else client.emit("end");
    expect([(await told)[0], await ends]).toEqual([toClient, toServer]);
    await eventually(() => world.server.clients.size).toBe(0);
  });
});
