/** End-to-end backpressure: a reader that stops pauses the sender, and both keep little. */
import { describe, expect, test } from "vitest";
import { accept, connect, type WebSocketSession } from "../../src/stream/index.ts";
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import { settled } from "../support/wireTransport.ts";

const KIB = 1024;

/** Two sessions, and the number of bytes on the wire from the client to the server. */
async function counted(): Promise<[client: WebSocketSession, server: WebSocketSession, bytes: () => number]> {
  const [near, far] = pipe();
  let bytes = 0;
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>(
    {
      transform(chunk, controller) {
        bytes += chunk.length;
        controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
    { highWaterMark: 0 },
  );
  void counting.readable.pipeTo(near.writable).catch(() => undefined);
  const through: ByteTransport = { readable: near.readable, writable: counting.writable };
  const sessions = await Promise.all([connect(through), accept(far).then((request) => request.accept())]);
  bytes = 0;
  return [...sessions, () => bytes];
}

describe("a reader that has stopped", () => {
  test.each<[string, number]>([
    ["messages of 125 B", 125],
    ["messages of 64 KiB", 64 * KIB],
    ["messages of 1 MiB", 1024 * KIB],
  ])("pauses a sender of 1 GiB: %s", async (_, size) => {
    const [client, server, bytes] = await counted();
    const message = new Uint8Array(size);
    const total = Math.ceil((1024 * KIB * KIB) / size);
    let sent = 0;
    const sending = (async () => {
      for (; sent < total; sent++) await client.send(message);
    })().catch(() => undefined);
    await settled(30);
    const held = sent;
    await settled(30);
    expect(sent).toBe(held);
    // The sender's queue, the capacity of the wire and the receiver, and one more message in each place.
    expect(held * size).toBeLessThanOrEqual(512 * KIB + 4 * size);
    expect(bytes()).toBeLessThanOrEqual(256 * KIB + 3 * size);
    // It continues as soon as messages are read, and none is lost or changed.
    for (let i = 0; i <= held; i++) expect(((await server.receive()) as Uint8Array).length).toBe(size);
    await settled(10);
    expect(sent).toBeGreaterThan(held);
    const giveUp = new AbortController();
    giveUp.abort();
    await client.close({ signal: giveUp.signal }).catch(() => undefined);
    await sending;
  });
  test("also pauses a sender of empty messages", async () => {
    const [client, , bytes] = await counted();
    const empty = new Uint8Array(0);
    let sent = 0;
    let stop = false;
    void (async () => {
      while (!stop) {
        await client.send(empty);
        if (++sent % 1000 === 0) await settled(1);
      }
    })().catch(() => undefined);
    await settled(200);
    const wire = bytes();
    await settled(50);
    stop = true;
    expect(bytes()).toBe(wire);
    expect(wire).toBeLessThan(256 * KIB);
  });
  test("pauses a sender of one endless message stream", async () => {
    const [client, server, bytes] = await counted();
    const writer = client.createMessageStream("binary").getWriter();
    const piece = new Uint8Array(32 * KIB);
    let written = 0;
    void (async () => {
      for (;;) {
        await writer.write(piece);
        written += piece.length;
      }
    })().catch(() => undefined);
    const { value } = await server.incomingMessageStreams.getReader().read();
    await settled(30);
    const held = written;
    await settled(30);
    expect(written).toBe(held);
    expect(bytes()).toBeLessThan(512 * KIB);
    const reader = (value!.readable as ReadableStream<Uint8Array>).getReader();
    for (let read = 0; read < 2 * held;) read += (await reader.read()).value!.length;
    expect(written).toBeGreaterThan(held);
    const giveUp = new AbortController();
    giveUp.abort();
    await client.close({ signal: giveUp.signal }).catch(() => undefined);
  });
  test("an echo whose client sends much before it reads does not deadlock", async () => {
    const [client, server] = await counted();
    void (async () => {
      for await (const message of server) await server.send(message);
    })().catch(() => undefined);
    const message = new Uint8Array(64 * KIB);
    const sending = (async () => {
      for (let i = 0; i < 100; i++) await client.send(message);
    })();
    for (let i = 0; i < 100; i++) expect(((await client.receive()) as Uint8Array).length).toBe(message.length);
    await sending;
    await client.close();
  });
});
