/** The stream that ws makes of a peer, for servers that need a stream of bytes, such as brokers and proxies. */
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWebSocketStream, type WebSocket as WsPeer } from "ws";
import type { World } from "./faces.ts";
import { worldsOfBothSides } from "./worlds.ts";

describe.each(worldsOfBothSides)("createWebSocketStream over $name", ({ open }) => {
  let world: World;
  let socket: WebSocket;
  let stream: ReturnType<typeof createWebSocketStream>;
  let peer: WsPeer;

  beforeEach(async () => {
    world = await open();
    const connected = new Promise<void>((resolve) => {
      world.server.on("connection", (accepted) => {
        peer = accepted;
        stream = createWebSocketStream(peer, { highWaterMark: 1000 });
        resolve();
      });
    });
    socket = new world.WebSocket(world.url);
    socket.binaryType = "arraybuffer";
    await Promise.all([connected, new Promise((resolve) => (socket.onopen = resolve))]);
  });

  afterEach(() => world.close());

  const closed = (): Promise<CloseEvent> => new Promise((resolve) => (socket.onclose = resolve));

  test("bytes piped back are echoed, until the stream ends", async () => {
    stream.pipe(stream);
    const received: number[] = [];
    const back = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        received.push(...new Uint8Array(data as ArrayBuffer));
        if (received.length === 5000) resolve();
      };
    });
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 255);
    for (let i = 0; i < 50; i++) socket.send(bytes.subarray(100 * i, 100 * i + 100));
    await back;
    expect(Uint8Array.from(received)).toEqual(bytes);
    const over = new Promise((resolve) => stream.on("close", resolve));
    const ended = closed();
    socket.close(1000);
    expect(await ended).toMatchObject({ code: 1000, wasClean: true });
    await over;
  });

  test("its end closes the connection", async () => {
    const ended = closed();
    const told: unknown[] = [];
    socket.onmessage = ({ data }) => told.push(new TextDecoder().decode(data as ArrayBuffer));
    stream.end("last words");
    stream.resume();
    await finished(stream);
    expect(await ended).toMatchObject({ code: 1005, wasClean: true });
    expect(told).toEqual(["last words"]);
  });

  test("the end of the connection ends it", async () => {
    for (const word of ["one ", "two ", "three"]) socket.send(word);
    socket.close(1000);
    expect(await text(stream)).toBe("one two three");
  });

  test("the server reads no further than the stream is read", async () => {
    let messages = 0;
    peer.on("message", () => messages++);
    for (let i = 0; i < 100; i++) socket.send(new Uint8Array(2000));
    socket.close(1000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peer.isPaused).toBe(true);
    expect(messages).toBeLessThan(50);
    let bytes = 0;
    for await (const chunk of stream) bytes += (chunk as Uint8Array).length;
    expect(bytes).toBe(200_000);
  });

  test("destroying it cuts the connection off", async () => {
    const ended = closed();
    stream.on("error", () => {});
    stream.destroy();
    expect((await ended).code).toBe(1006);
  });
});
