/** noVNC's channel, without the screen, which needs a page: the start of RFB over a socket that is passed in. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebSocket as WsPeer } from "ws";
import Websock from "../../node_modules/@novnc/novnc/core/websock.js";
import { eventually } from "./eventually.ts";
import type { World } from "./faces.ts";
import { worldsOfObjects } from "./worlds.ts";

// Its log looks for a console there.
vi.hoisted(() => Object.assign(globalThis, { window: globalThis }));

describe.each(worldsOfObjects)("noVNC's channel over $name", ({ open }) => {
  let world: World;
  let channel: Websock;
  let connected: Promise<WsPeer>;
  let received: Buffer;

  beforeEach(async () => {
    world = await open();
    channel = new Websock();
    received = Buffer.alloc(0);
    connected = new Promise((resolve) => {
      world.server.on("connection", (peer) => {
        peer.on("message", (data: Buffer) => (received = Buffer.concat([received, data])));
        peer.send(Buffer.from("RFB 003.008\n"));
        resolve(peer);
      });
    });
  });

  afterEach(() => world.close());

  const connect = (): WebSocket => new world.WebSocket(`${world.url}/websockify`, ["binary"]);
  const told = (name: "open" | "message" | "close"): Promise<Event | undefined> =>
    new Promise((resolve) => channel.on(name, resolve));

  test("with a socket that is still connecting", async () => {
    const opened = told("open");
    channel.attach(connect());
    expect(channel.readyState).toBe("connecting");
    await opened;
    expect(channel.readyState).toBe("open");
    await eventually(() => channel.rQlen()).toBe(12);
    expect(channel.rQshiftStr(12)).toBe("RFB 003.008\n");
    channel.sQpushString("RFB 003.008\n");
    channel.flush();
    await eventually(() => received.toString()).toBe("RFB 003.008\n");
  });

  test("with a socket that is open", async () => {
    const socket = connect();
    await new Promise((resolve) => (socket.onopen = resolve));
    channel.attach(socket);
    expect(channel.readyState).toBe("open");
    const peer = await connected;
    peer.send(Buffer.of(1, 2, 3, 4, 5, 6));
    await eventually(() => channel.rQlen()).toBeGreaterThanOrEqual(6);
    // The greeting may have come before there was somebody to hear it.
    if (channel.rQlen() > 6) channel.rQshiftStr(channel.rQlen() - 6);
    expect([channel.rQshift16(), channel.rQshift32()]).toEqual([0x0102, 0x03040506]);
  });

  test("sends from the same buffer again and again", async () => {
    const opened = told("open");
    channel.attach(connect());
    await opened;
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
    channel.sQpushBytes(bytes);
    channel.flush();
    for (let i = 0; i < 1000; i++) {
      channel.sQpush32(i);
      channel.flush();
    }
    await eventually(() => received.length).toBe(104_000);
    expect(new Uint8Array(received.subarray(0, 100_000))).toEqual(bytes);
    for (let i = 0; i < 1000; i++) expect(received.readUInt32BE(100_000 + 4 * i)).toBe(i);
  });

  test("reads a framebuffer in many messages", async () => {
    channel.attach(connect());
    const peer = await connected;
    const row = Uint8Array.from({ length: 4 * 640 }, (_, i) => i & 255);
    for (let i = 0; i < 480; i++) peer.send(row);
    await eventually(() => channel.rQlen()).toBe(12 + 480 * row.length);
    channel.rQshiftBytes(12);
    for (let i = 0; i < 480; i++) expect(channel.rQshiftBytes(row.length)).toEqual(row);
  });

  test("reports the end, with its code", async () => {
    channel.attach(connect());
    const closed = told("close");
    (await connected).close(1011, "the screen is gone");
    expect(await closed).toMatchObject({ code: 1011, reason: "the screen is gone", wasClean: true });
    expect(channel.readyState).toBe("closed");
  });
});
