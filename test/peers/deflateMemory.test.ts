/** Memory used by compression, measured in Node: the README's figures, and a bomb that stays small. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { pakoEngine, permessageDeflate } from "../../src/deflate/index.ts";
import { frame } from "../support/deflate.ts";
import { feed, join, open, pairOf, type Pair } from "../support/wire.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of buffers that are in use. */
function buffersInUse(): number {
  // What one leaves to be swept at leisure, the next one waits for.
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().arrayBuffers;
}

/** What each of the things takes that are made, in bytes. */
function bytesEach(count: number, make: () => unknown): number {
  const before = buffersInUse();
  const things = Array.from({ length: count }, make);
  const each = (buffersInUse() - before) / count;
  expect(things).toHaveLength(count);
  return each;
}

test.each([
  [15, 8, 256],
  [15, 9, 384],
  [12, 8, 144],
  [9, 8, 130],
  [12, 5, 32],
  [9, 1, 3],
])(
  "a deflater of %i bits and memLevel %i takes 2^(windowBits + 2) + 2^(memLevel + 9) bytes: %i KiB",
  (windowBits, memLevel, size) => {
    expect(2 ** (windowBits + 2) + 2 ** (memLevel + 9)).toBe(size * KiB);
    const message = new Uint8Array(100_000);
    const each = bytesEach(20, () => {
      const deflater = pakoEngine.createDeflater({ windowBits, memLevel, level: 6 });
      deflater.deflate(message);
      return deflater;
    });
    expect(each).toBeGreaterThan(size * KiB * 0.99);
    // Its tables come on top.
    expect(each).toBeLessThan(size * KiB + 8 * KiB);
  },
);

test.each([
  [15, 32],
  [12, 4],
  [8, 0.25],
])("an inflater of %i bits takes its window, 2^windowBits bytes: %f KiB", (windowBits, size) => {
  expect(2 ** windowBits).toBe(size * KiB);
  const compressed = pakoEngine.createDeflater({ windowBits, memLevel: 8, level: 6 }).deflate(new Uint8Array(100_000));
  const input = Uint8Array.from(compressed);
  const each = bytesEach(20, () => {
    const inflater = pakoEngine.createInflater({ windowBits });
    expect([...inflater.inflate(input, false)].length).toBeGreaterThan(0);
    return inflater;
  });
  expect(each).toBeGreaterThan(size * KiB * 0.99);
  expect(each).toBeLessThan(size * KiB + 8 * KiB);
});

/** Both ends of a connection that has sent a message each way. */
function usedPair(extension: ReturnType<typeof permessageDeflate>): Pair {
  const pair = pairOf([extension], [extension]);
  for (const [from, to] of [
    [pair.client, pair.server],
    [pair.server, pair.client],
  ] as const) {
    from.sendData("a message of some length, with a length of some message");
    expect(feed(to, from.bytesToSend())).toHaveLength(1);
  }
  return pair;
}

test("a connection uses an engine for each direction with context takeover, none without, and none after its end", () => {
  // Two ends: each deflates and inflates.
  const kept = permessageDeflate();
  expect(bytesEach(20, () => usedPair(kept)) / 2).toBeGreaterThan(288 * KiB);
  expect(bytesEach(20, () => usedPair(kept)) / 2).toBeLessThan(310 * KiB);
  const shared = permessageDeflate({ serverNoContextTakeover: true, clientNoContextTakeover: true });
  usedPair(shared);
  expect(bytesEach(20, () => usedPair(shared)) / 2).toBeLessThan(4 * KiB);
  const closed = (): Pair => {
    const pair = usedPair(kept);
    for (const end of [pair.client, pair.server]) {
      end.receiveBytes(null);
      expect([...end.events()].map(({ type }) => type)).toEqual(["connectionClosed"]);
    }
    return pair;
  };
  expect(bytesEach(20, closed) / 2).toBeLessThan(4 * KiB);
});

test("a frame of 1 MiB that inflates to 1 GiB costs no more than the piece being delivered (undici CVE-2026-1526)", () => {
  const deflater = pakoEngine.createDeflater({ windowBits: 15, memLevel: 9, level: 9 });
  const parts = [0, 1, 2].map(() => deflater.deflate(new Uint8Array(MiB)).slice());
  const bomb = join(...Array.from({ length: 1024 }, (_, i) => parts[Math.min(i, 2)]!)).slice(0, -4);
  const client = open("client", { extensions: [permessageDeflate()] });
  const before = buffersInUse();
  client.receiveBytes(frame("c2", bomb));
  let received = 0;
  let most = 0;
  let pulled = 0;
  let last: string | undefined;
  for (const event of client.events()) {
    last = event.type;
    if (event.type === "bytesReceived") received += event.data.length;
    if (++pulled % 100 === 0) most = Math.max(most, buffersInUse() - before);
  }
  expect(last).toBe("connectionClosed");
  expect(received).toBe(64 * MiB);
  // The frame itself, a piece or two, and the engine.
  expect(most).toBeLessThan(4 * MiB);
});
