/** What sessions need of a byte transport: WebSocket from end to end, and a sender that is paused. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { accept, connect, type ConnectOptions, type WebSocketSession } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { checksumOf, pattern, standstill, type Traits } from "./contract.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Registers the tests. `makePair` connects two fresh transports, and sees to their end with `onTestFinished`. */
export function sessions(
  name: string,
  makePair: () => Promise<[near: ByteTransport, far: ByteTransport]>,
  { heldBytes, timeoutMs = 20_000 }: Traits,
): void {
  async function open(
    options: ConnectOptions = {},
  ): Promise<[client: WebSocketSession, server: WebSocketSession, near: ByteTransport, far: ByteTransport]> {
    const [near, far] = await makePair();
    const { extensions } = options;
    const accepting = accept(far, extensions === undefined ? {} : { extensions: [permessageDeflate()] });
    const opened = await Promise.all([connect(near, options), accepting.then((request) => request.accept())]);
    return [...opened, near, far];
  }

  describe(`sessions over ${name}`, { timeout: timeoutMs }, () => {
    test("carry text and bytes, in order, in both directions", async () => {
      const [client, server] = await open();
      const messages = ["héllo", "", pattern(0, 3), pattern(0, 0), "☃".repeat(100_000), pattern(7, 300_000)];
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        const sending = (async () => {
          for (const message of messages) await from.send(message);
        })();
        for (const message of messages) expect(await to.receive()).toEqual(message);
        await sending;
      }
    });
    test("carry a message of 64 MiB", async () => {
      const [client, server] = await open();
      const message = pattern(0, 64 * MIB);
      const checksum = checksumOf(message);
      const [received] = await Promise.all([server.receive() as Promise<Uint8Array>, client.send(message)]);
      expect(received.length).toBe(64 * MIB);
      expect(checksumOf(received)).toBe(checksum);
    });
    test("carry many messages that are handed over, one after the other", async () => {
      const [client, server] = await open();
      const sizes = Array.from({ length: 60 }, (_, i) => (i % 7 === 0 ? 100 : 9_000 + 4_001 * i));
      const sending = (async () => {
        for (const [i, size] of sizes.entries()) await client.send(pattern(i, size), { handOver: true });
      })();
      for (const [i, size] of sizes.entries()) {
        const message = (await server.receive()) as Uint8Array;
        expect(message.length).toBe(size);
        expect(checksumOf(message)).toBe(checksumOf(pattern(i, size)));
      }
      await sending;
    });
    test("agree on permessage-deflate", async () => {
      const [client, server] = await open({ extensions: [permessageDeflate()] });
      expect(client.extensions).toMatch(/^permessage-deflate/);
      const text = "the same again and again, ".repeat(10_000);
      for (let i = 0; i < 3; i++) {
        await client.send(text);
        expect(await server.receive()).toBe(text);
        await server.send(pattern(i, 100_000));
        expect(await client.receive()).toEqual(pattern(i, 100_000));
      }
    });
    test("ping in both directions", async () => {
      const [client, server] = await open();
      const roundTrips = await Promise.all([client.ping(), server.ping()]);
      for (const ms of roundTrips) expect(ms).toBeGreaterThanOrEqual(0);
    });
    test("close with a code and a reason, and the transports end", async () => {
      const [client, server, near, far] = await open();
      await client.send("last words");
      const closing = client.close({ closeCode: 4001, reason: "that's all" });
      expect(await server.receive()).toBe("last words");
      expect(await server.receive()).toBeUndefined();
      expect(await server.closed).toMatchObject({ closeCode: 4001, reason: "that's all" });
      expect(await closing).toMatchObject({ closeCode: 4001, reason: "that's all" });
      await Promise.all([near.closed, far.closed]);
    });
    test("end with 1006 at the other end when one aborts its transport", async () => {
      const [client, server, near, far] = await open();
      const giveUp = new AbortController();
      giveUp.abort(new Error("enough"));
      await expect(client.close({ signal: giveUp.signal })).rejects.toMatchObject({ closeCode: 1006 });
      await expect(server.receive()).rejects.toMatchObject({ name: "WebSocketError", closeCode: 1006 });
      await Promise.all([near.closed, far.closed]);
    });
    test.each<[string, number]>([
      ["1000 B", 1000],
      ["64 KiB", 64 * KIB],
      ["1 MiB", MIB],
    ])("pause a sender of 1 GiB if the reader has stopped: messages of %s", async (_, size) => {
      const [client, server] = await open();
      const message = pattern(0, size);
      const total = Math.ceil((1024 * MIB) / size);
      let sent = 0;
      const sending = (async () => {
        for (; sent < total; sent++) await client.send(message);
      })().catch(() => undefined);
      const held = await standstill(() => sent);
      // What the sender and the receiver may queue, and a message more in each place.
      expect(held * size).toBeLessThanOrEqual(heldBytes + 768 * KIB + 4 * size);
      for (let i = 0; i <= held; i++) expect(((await server.receive()) as Uint8Array).length).toBe(size);
      await expect.poll(() => sent).toBeGreaterThan(held);
      const giveUp = new AbortController();
      giveUp.abort();
      await client.close({ signal: giveUp.signal }).catch(() => undefined);
      await sending;
    });
  });
}
