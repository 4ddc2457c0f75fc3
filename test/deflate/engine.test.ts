/** The engine's interface: when engines are created, lent, reset and released, and pako's memory and output. */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import {
  pakoEngine,
  permessageDeflate,
  type Deflater,
  type DeflateEngine,
  type DeflaterOptions,
  type DeflateOptions,
  type Inflater,
} from "../../src/deflate/index.ts";
import type { WSConnection } from "../../src/index.ts";
import { messagesOf } from "../support/deflate.ts";
import { plainInflate } from "../support/plainInflate.ts";
import { feed, hex, join, pairOf, pull, type Bytes } from "../support/wire.ts";

/** An engine that compresses nothing: stored blocks, which is DEFLATE all the same. Tells what is done with it. */
function storing(log: string[] = []): DeflateEngine {
  let deflaters = 0;
  let inflaters = 0;
  return {
    createDeflater({ windowBits, level, memLevel }: DeflaterOptions): Deflater {
      const name = `deflater ${++deflaters}`;
      log.push(`${name} of ${windowBits} bits, ${level}, ${memLevel}`);
      return {
        deflate(input) {
          log.push(`${name} deflates ${input.length}`);
          const { length } = input;
          expect(length).toBeGreaterThan(0);
          const header = Uint8Array.of(0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255);
          return join(header, input, hex("00 00 00 ff ff"));
        },
        reset: () => void log.push(`${name} forgets`),
        release: () => void log.push(`${name} is released`),
      };
    },
    createInflater({ windowBits }): Inflater {
      const name = `inflater ${++inflaters}`;
      log.push(`${name} of ${windowBits} bits`);
      let gathered: Bytes = new Uint8Array(0);
      return {
        inflate(input, last) {
          log.push(`${name} inflates ${input.length}${last ? ", the last" : ""}`);
          gathered = join(gathered, input);
          if (!last) return [];
          const { bytes } = plainInflate(join(gathered, hex("00 00 ff ff")));
          gathered = new Uint8Array(0);
          return [bytes];
        },
        reset: () => void log.push(`${name} forgets`),
        release: () => void log.push(`${name} is released`),
      };
    },
  };
}

function pair(options: DeflateOptions): { client: WSConnection; server: WSConnection } {
  const extension = permessageDeflate(options);
  return pairOf([extension], [extension]);
}

function say(from: WSConnection, to: WSConnection, ...messages: string[]): void {
  for (const message of messages) from.sendData(message);
  expect(messagesOf(feed(to, from.bytesToSend()))).toEqual(messages);
}

describe("with context takeover", () => {
  test("a connection has separate engines, created on first use and released at the end", () => {
    const log: string[] = [];
    const { client, server } = pair({ engine: storing(log), serverMaxWindowBits: 12, level: 3, memLevel: 5 });
    expect(log).toEqual([]);
    say(client, server, "abc");
    expect(log.splice(0)).toEqual([
      "deflater 1 of 15 bits, 3, 5",
      "deflater 1 deflates 3",
      "inflater 1 of 15 bits",
      "inflater 1 inflates 9, the last",
    ]);
    say(client, server, "de", "f");
    expect(log.splice(0).filter((line) => line.includes("bits"))).toEqual([]);
    say(server, client, "g");
    expect(log.splice(0).filter((line) => line.includes("bits"))).toEqual([
      "deflater 2 of 12 bits, 3, 5",
      "inflater 2 of 12 bits",
    ]);
    client.close(1000);
    feed(server, client.bytesToSend());
    expect(log.splice(0)).toEqual(["deflater 2 is released", "inflater 1 is released"]);
    feed(client, server.bytesToSend());
    client.receiveBytes(null);
    pull(client);
    expect(log.splice(0)).toEqual(["deflater 1 is released", "inflater 2 is released"]);
  });
  test("a connection that sends and receives nothing compressed creates none", () => {
    const log: string[] = [];
    const { client, server } = pair({ engine: storing(log), threshold: 100 });
    say(client, server, "short");
    say(server, client, "");
    client.sendData("", true, { compress: true });
    feed(server, client.bytesToSend());
    client.receiveBytes(null);
    pull(client);
    expect(log.filter((line) => line.startsWith("deflater"))).toEqual([]);
  });
});

describe("without context takeover", () => {
  const forgetting = { serverNoContextTakeover: true, clientNoContextTakeover: true };
  test("all connections take turns with one engine, which is reset after each message", () => {
    const log: string[] = [];
    const extension = permessageDeflate({ ...forgetting, engine: storing(log) });
    const pairs = Array.from({ length: 5 }, () => pairOf([extension], [extension]));
    for (const { client, server } of pairs) {
      say(client, server, "to the server", "and once more");
      say(server, client, "to the client");
    }
    expect(log.filter((line) => line.includes("bits"))).toEqual([
      "deflater 1 of 15 bits, 6, 8",
      "inflater 1 of 15 bits",
    ]);
    expect(log.filter((line) => line === "deflater 1 forgets")).toHaveLength(15);
    expect(log.filter((line) => line === "inflater 1 forgets")).toHaveLength(15);
    for (const end of pairs.flatMap(({ client, server }) => [client, server])) {
      end.receiveBytes(null);
      pull(end);
    }
    expect(log.filter((line) => line.includes("released"))).toEqual([]);
  });
  test("simultaneous messages in fragments use an engine each", () => {
    const log: string[] = [];
    const extension = permessageDeflate({ ...forgetting, engine: storing(log) });
    const [one, two] = [pairOf([extension], [extension]), pairOf([extension], [extension])] as const;
    say(one.client, one.server, "so that there is one to be lent");
    one.client.sendData("one, ", false);
    two.client.sendData("two, ", false);
    one.client.sendData("and the end of one");
    two.client.sendData("and the end of two");
    expect(messagesOf(feed(one.server, one.client.bytesToSend()))).toEqual(["one, and the end of one"]);
    expect(messagesOf(feed(two.server, two.client.bytesToSend()))).toEqual(["two, and the end of two"]);
    expect(log.filter((line) => line.includes("deflater") && line.includes("bits"))).toHaveLength(2);
  });
  test("an engine in the middle of a message when the connection ends is released, and not lent again", () => {
    const log: string[] = [];
    const extension = permessageDeflate({ ...forgetting, engine: storing(log) });
    const first = pairOf([extension], [extension]);
    first.client.sendData("never finished", false);
    feed(first.server, first.client.bytesToSend());
    for (const end of [first.client, first.server]) {
      end.receiveBytes(null);
      pull(end);
    }
    expect(log.filter((line) => line.includes("released"))).toEqual([
      "deflater 1 is released",
      "inflater 1 is released",
    ]);
    const second = pairOf([extension], [extension]);
    say(second.client, second.server, "another");
    expect(log).toContain("deflater 2 deflates 7");
  });
  test("no data of another connection's messages can be recovered", () => {
    const extension = permessageDeflate(forgetting);
    const [one, two] = [pairOf([extension], [extension]), pairOf([extension], [extension])] as const;
    say(one.client, one.server, "a secret of the first");
    // A message that is nothing but a distance back: masked by zeros.
    const [closed] = feed(two.server, hex("c1 85 00 00 00 00 f2 00 11 00 00")).slice(-1);
    expect(closed).toMatchObject({ type: "connectionClosed", error: { code: "compressedDataInvalid" } });
  });
  test("window sizes do not mix", () => {
    const log: string[] = [];
    const server = permessageDeflate({ ...forgetting, engine: storing(log) });
    for (const serverMaxWindowBits of [9, 12, 9]) {
      const connections = pairOf([permessageDeflate({ serverMaxWindowBits })], [server]);
      say(connections.server, connections.client, "hello");
    }
    expect(log.filter((line) => line.includes("bits"))).toEqual([
      "deflater 1 of 9 bits, 6, 8",
      "deflater 2 of 12 bits, 6, 8",
    ]);
  });
});

const inflated = (compressed: Uint8Array): Bytes => plainInflate(compressed).bytes;
const someText = (length: number, seed: number): Bytes =>
  Uint8Array.from({ length }, (_, i) => 97 + ((Math.imul((i >> 2) % 977, seed) >>> 7) % 20));

describe("pako's engine", () => {
  test("reset makes it like new: equal messages give equal bytes", () => {
    const messages = fc.array(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 400 }), textOf(3000)), {
      maxLength: 6,
    });
    const options = fc.record({
      windowBits: fc.integer({ min: 8, max: 15 }),
      level: fc.integer({ min: 0, max: 9 }),
      memLevel: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(options, messages, messages, (how, before, after) => {
        const used = pakoEngine.createDeflater(how);
        for (const message of before) used.deflate(message);
        used.reset();
        const fresh = pakoEngine.createDeflater(how);
        for (const message of after) expect(used.deflate(message).slice()).toEqual(fresh.deflate(message).slice());
      }),
      { numRuns: 500 },
    );
  });
  test("bytes after a message's end before the reset have no effect", () => {
    for (const [seed, byte, level] of [
      [27, 97, 6],
      [81, 97, 1],
      [140, 100, 6],
    ] as const) {
      const how = { windowBits: 10, level, memLevel: 8 };
      const used = pakoEngine.createDeflater(how);
      used.deflate(new Uint8Array(384).fill(byte));
      used.reset();
      const message = someText(383, seed);
      expect(used.deflate(message).slice()).toEqual(pakoEngine.createDeflater(how).deflate(message).slice());
    }
  });
  test.each([12, 13, 14, 15])(
    "long after its window of %i bits has slid, messages and repetitions are correct",
    (bits) => {
      for (const level of [1, 4, 6, 9]) {
        const deflater = pakoEngine.createDeflater({ windowBits: bits, level, memLevel: 8 });
        const inflater = pakoEngine.createInflater({ windowBits: bits });
        let size = 0;
        let repeated = 0;
        for (let i = 1; i < 60; i++) {
          const message = someText([200, 3000, 50, 9000, 2 ** bits - 100, 70_000, 2 ** bits * 2 - 263][i % 7]!, i % 5);
          const compressed = deflater.deflate(message).slice();
          expect(join(...inflater.inflate(compressed, false))).toEqual(message);
          size += message.length;
          const again = deflater.deflate(message.slice(-500)).slice();
          expect(join(...inflater.inflate(again, false))).toEqual(message.slice(-500));
          repeated += again.length;
        }
        expect(size).toBeGreaterThan(2 ** bits * 8);
        // What has just been is still in the window, wherever that has slid to.
        expect(repeated / 59).toBeLessThan(40);
      }
    },
  );
  test("a distance beyond the window is never produced, nor one of 8 bits above 250", () => {
    const deflater = pakoEngine.createDeflater({ windowBits: 8, level: 9, memLevel: 8 });
    const pattern = someText(249, 7);
    const { farthest, bytes } = plainInflate(deflater.deflate(join(pattern, pattern, someText(300, 11), pattern)));
    expect(bytes.length).toBe(249 * 3 + 300);
    expect(farthest).toBe(249);
  });
  test("connections whose messages are pulled in turns do not mix", () => {
    const messages = [1, 2, 3].map((seed) => new Uint8Array(200_000).fill(seed));
    const pulled = messages.map((message) => {
      const deflater = pakoEngine.createDeflater({ windowBits: 15, level: 6, memLevel: 8 });
      const compressed = Uint8Array.from(deflater.deflate(message).subarray(0, -4));
      expect(compressed.length, "short enough to be staged").toBeLessThan(1024);
      const pieces = pakoEngine.createInflater({ windowBits: 15 }).inflate(compressed, true)[Symbol.iterator]();
      return { pieces, got: [pieces.next().value as Bytes] };
    });
    for (let i = 1; i < 7; i++) for (const { pieces, got } of pulled) got.push(pieces.next().value as Bytes);
    for (const [i, { pieces, got }] of pulled.entries()) {
      expect(pieces.next().done).toBe(true);
      expect(join(...got)).toEqual(messages[i]);
    }
  });
  test("output larger than its buffer is one piece", () => {
    const noise = Uint8Array.from({ length: 300_000 }, (_, i) => (Math.imul(i + 1, 0x9e37_79b1) >>> 11) & 255);
    const deflater = pakoEngine.createDeflater({ windowBits: 15, level: 6, memLevel: 8 });
    expect(inflated(deflater.deflate(noise))).toEqual(noise);
  });
});

function textOf(maxLength: number): fc.Arbitrary<Bytes> {
  return fc
    .tuple(fc.integer({ min: 1, max: maxLength }), fc.integer({ min: 1, max: 999 }))
    .map(([length, seed]) => someText(length, seed));
}
