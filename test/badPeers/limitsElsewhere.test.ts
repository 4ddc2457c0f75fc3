/** The limits outside `limits`: of transports, listeners and sessions, each at its value and one beyond. */
import { EventEmitter } from "node:events";
import { Duplex } from "node:stream";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { accept, connect, type WebSocketError, type WebSocketSession } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { listen } from "../../src/transports/node.ts";
import { dataChannelTransport, incomingChannels } from "../../src/transports/webrtc.ts";
import { webSocketOver } from "../../src/websocket/index.ts";
import { ascii, hex, join, type Bytes } from "../support/wire.ts";

const KiB = 1024;

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve));
};

describe("connections that wait to be accepted: listen's maxWaiting", () => {
  class Socket extends Duplex {
    override _read(): void {}
  }
  test.each([0, 1, 5])("of %i", async (maxWaiting) => {
    for (const [limit, more] of [
      [maxWaiting, 1],
      [Infinity, 0],
    ] as const) {
      const server = new EventEmitter();
      const arrivals = listen(server, { maxWaiting: limit });
      const sockets = Array.from({ length: maxWaiting + 1 }, () => new Socket());
      for (const socket of sockets) server.emit("connection", socket);
      expect(sockets.map(({ destroyed }) => destroyed)).toEqual(sockets.map((_, i) => more === 1 && i === maxWaiting));
      // An accepted connection makes room.
      if (maxWaiting > 0) {
        await arrivals.next();
        const late = new Socket();
        server.emit("connection", late);
        expect(late.destroyed).toBe(false);
      }
      await arrivals.return?.();
    }
  });
});

test("by default listen keeps 128 waiting connections, and incomingChannels 16", () => {
  const server = new EventEmitter();
  listen(server);
  const sockets = Array.from({ length: 129 }, () => new Duplex({ read: () => undefined }));
  for (const socket of sockets) server.emit("connection", socket);
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([sockets[128]]);

  const peerConnection = Object.assign(new EventTarget(), { signalingState: "stable" });
  incomingChannels(peerConnection as never);
  const channels = Array.from({ length: 17 }, () => new PlainChannel());
  for (const channel of channels) peerConnection.dispatchEvent(Object.assign(new Event("datachannel"), { channel }));
  expect(channels.filter(({ readyState }) => readyState === "closed")).toEqual([channels[16]]);
});

/** The members of a plain peer's data channel that a transport uses. */
class PlainChannel extends EventTarget {
  readonly ordered = true;
  readonly protocol = "";
  readonly label = "";
  readyState = "open";
  binaryType = "arraybuffer";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  send(): void {}
  close(): void {
    this.readyState = "closed";
    setTimeout(() => this.dispatchEvent(new Event("close")));
  }
  receive(bytes: Bytes): void {
    const event = new Event("message");
    this.dispatchEvent(Object.assign(event, { data: bytes.buffer }));
  }
}

/** Each message counts 256 bytes beyond its data, so this one counts 1 KiB. */
const message = (): Bytes => new Uint8Array(768);

async function drain(readable: ReadableStream<unknown>): Promise<void> {
  for (const reader = readable.getReader(); !(await reader.read()).done;);
}

describe("unread data: 768 bytes, and 256 more for each message", () => {
  test.each([64, 100])("of a plain peer's data channel: maxUnreadBytes of %i KiB", async (limit) => {
    for (const [count, overflows] of [
      [limit - 1, false],
      [limit, false],
      [limit + 1, true],
    ] as const) {
      const channel = new PlainChannel();
      const { readable } = dataChannelTransport(channel as never, { maxUnreadBytes: limit * KiB });
      for (let i = 0; i < count; i++) channel.receive(message());
      expect(channel.readyState).toBe(overflows ? "closed" : "open");
      if (overflows) await expect(drain(readable)).rejects.toMatchObject({ code: "overflow" });
    }
  });

  test.each([64, 100])("of a port whose other end sends without credit: windowBytes of %i KiB", async (limit) => {
    for (const [count, overflows] of [
      [limit - 1, false],
      [limit, false],
      [limit + 1, true],
    ] as const) {
      const { port1, port2 } = new MessageChannel();
      const { readable } = messagePortTransport(port1, { windowBytes: limit * KiB });
      const told: unknown[] = [];
      port2.on("message", (data) => told.push(data));
      for (let i = 0; i < count; i++) port2.postMessage([message().buffer]);
      await turns(20);
      expect(told.some((each) => (each as { type?: unknown }).type === "stop")).toBe(overflows);
      if (overflows) await expect(drain(readable)).rejects.toMatchObject({ code: "overflow" });
      port2.close();
    }
  });
});

/** A transport that yields a frame for each read, counts the reads, and never accepts a write. */
function endless(frame: Bytes): {
  transport: { readable: ReadableStream; writable: WritableStream };
  asked: () => number;
} {
  let asked = 0;
  const readable = new ReadableStream<Bytes>(
    {
      pull(controller) {
        asked++;
        controller.enqueue(frame.slice());
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream({ write: () => new Promise(() => undefined) });
  return { transport: { readable, writable }, asked: () => asked };
}

/** How many chunks of one frame are read ahead: 64 KiB, where each counts 128 bytes beyond its data. */
const readAhead = (frame: Bytes): number => Math.ceil((64 * KiB) / (frame.length + 128));

const openSession = async (transport: object): Promise<WebSocketSession> =>
  await connect(transport as never, { handshake: "none", closeTimeoutMs: 10 });

describe("unread messages of a session: 64 KiB, each counting 64 bytes beyond its data", () => {
  test.each([
    ["of 960 bytes", join(hex("82 7e 03 c0"), new Uint8Array(960)), 64],
    ["that are empty", hex("82 00"), 1024],
    ["of text", join(hex("81 7e 03 c0"), new Uint8Array(960).fill(97)), 64],
  ])("%s", async (_, frame, most) => {
    const { transport, asked } = endless(frame);
    const session = await openSession(transport);
    await turns(3);
    const ahead = readAhead(frame);
    // One frame for the event that asks how to read messages, and the chunks read ahead.
    expect(asked()).toBe(1 + ahead);
    await session.receive();
    await turns(3);
    // The received message, the waiting ones, and the chunks read ahead.
    expect(asked()).toBeGreaterThan(1 + most);
    expect(asked()).toBeLessThanOrEqual(1 + most + ahead);
    await session.receive();
    await turns(3);
    expect(asked()).toBeLessThanOrEqual(2 + most + ahead);
    await session.close({ signal: AbortSignal.abort() }).catch(() => undefined);
  });
});

describe("messages of a WebSocket that are not dispatched yet: 64, or 256 KiB", () => {
  test.each([
    ["that are empty", hex("82 00"), 64],
    ["of 32 KiB", join(hex("82 7e 80 00"), new Uint8Array(32 * KiB)), 8],
    ["of text", join(hex("81 7e 80 00"), new Uint8Array(32 * KiB).fill(97)), 8],
  ])("%s", async (_, frame, most) => {
    const { transport, asked } = endless(frame);
    const socket = webSocketOver(transport, { handshake: "none", masking: false, closeTimeoutMs: 10 });
    const askedAtFirst = await new Promise<number>((resolve) =>
      socket.addEventListener("message", () => resolve(asked()), { once: true }),
    );
    // The waiting messages, and the chunks read ahead.
    expect(askedAtFirst).toBeLessThanOrEqual(most + readAhead(frame) + 1);
    const ended = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.close();
    await ended;
  });
});

test("the body of a rejection in a WebSocketError: 64 KiB, and the rest is dropped", async () => {
  for (const length of [64 * KiB - 1, 64 * KiB, 64 * KiB + 1, 100 * KiB]) {
    const answer = join(ascii(`HTTP/1.1 403 No\r\nContent-Length: ${length}\r\n\r\n`), new Uint8Array(length));
    const transport = {
      readable: new ReadableStream<Bytes>({
        start(controller) {
          for (let at = 0; at < answer.length; at += 1000) controller.enqueue(answer.slice(at, at + 1000));
          controller.close();
        },
      }),
      writable: new WritableStream(),
    };
    const error = await connect(transport, { url: "ws://a/" }).catch((reason: unknown) => reason as WebSocketError);
    expect((error as WebSocketError).rejection?.body).toHaveLength(Math.min(length, 64 * KiB));
  }
});

describe("unsent bytes of a session: 256 KiB, framing included", () => {
  const HIGH_WATER_BYTES = 256 * KiB;
  test.each([
    ["one byte less", HIGH_WATER_BYTES - 1, true],
    ["as many", HIGH_WATER_BYTES, false],
    ["one byte more", HIGH_WATER_BYTES + 1, false],
  ])("%s", async (_, bytes, hasRoom) => {
    const transport = {
      readable: new ReadableStream(),
      writable: new WritableStream({ write: () => new Promise(() => undefined) }),
    };
    const session = await accept(transport, { handshake: "none", masking: false }).then((request) => request.accept());
    await session.send(new Uint8Array(bytes - 10));
    let admitted = false;
    session.send("behind").then(
      () => (admitted = true),
      () => undefined,
    );
    await turns(3);
    expect(admitted).toBe(hasRoom);
    await session.close({ signal: AbortSignal.abort() }).catch(() => undefined);
  });
});
