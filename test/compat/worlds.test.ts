/** The worlds behave as documented. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { IncomingMessage } from "node:http";
import type { WebSocket as WsPeer } from "ws";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";
import { overPieces } from "./overPipes.ts";
import { worldsOfBothSides } from "./worlds.ts";

describe.each(worldsOfBothSides)("$name", (kind) => {
  let world: World;
  let connections: [WsPeer, IncomingMessage][];

  beforeEach(async () => {
    world = await kind.open();
    connections = [];
    world.server.on("connection", (...connection) => connections.push(connection));
  });

  afterEach(() => world.close());

  async function connect(): Promise<WebSocket> {
    const socket = new world.WebSocket(`${world.url}/here?now`, ["chat", "other"]);
    await new Promise((resolve) => (socket.onopen = resolve));
    await eventually(() => connections.length).toBeGreaterThan(0);
    return socket;
  }

  const ended = (socket: WebSocket): Promise<CloseEvent> => new Promise((resolve) => (socket.onclose = resolve));

  test("joins its WebSocket and its server", async () => {
    const socket = await connect();
    const [[peer, request]] = connections as [[WsPeer, IncomingMessage]];
    expect([socket.url, socket.protocol]).toEqual([`${world.url}/here?now`, "chat"]);
    expect([request.url, peer.protocol, world.server.clients.has(peer)]).toEqual(["/here?now", "chat", true]);
    expect(socket.extensions).toBe(kind === overPieces ? "permessage-deflate" : "");
  });

  test("can cut its connections off", async () => {
    const socket = await connect();
    const peerEnded = new Promise((resolve) => connections[0]?.[0].on("close", resolve));
    const socketEnded = ended(socket);
    world.breakOff();
    expect(await socketEnded).toMatchObject({ code: 1006, reason: "", wasClean: false });
    expect(await peerEnded).toBe(1006);
    await connect();
  });

  test("can be made unreachable", async () => {
    world.reachable = false;
    expect(await ended(new world.WebSocket(world.url))).toMatchObject({ code: 1006, wasClean: false });
    expect(connections).toHaveLength(0);
    world.reachable = true;
    await connect();
  });
});
