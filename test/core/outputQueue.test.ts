/** The queue of bytes to send, against a plain list of them. */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import type { Bytes } from "../../src/core/bytes.ts";
import { OutputQueue } from "../../src/core/outputQueue.ts";

const step = fc.oneof(
  fc.record({ reserve: fc.constantFrom(0, 1, 6, 100, 300, 5000), unused: fc.nat(3) }),
  fc.record({ push: fc.constantFrom(0, 1, 50, 3000) }),
  fc.record({ take: fc.oneof(fc.nat(400), fc.constant(Infinity)) }),
  fc.constant({ chunks: true }),
  fc.constant({ recycle: true }),
);

test("OutputQueue returns what was written, in order, in memory that is reused only after recycle()", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const queue = new OutputQueue();
      const taken: Bytes[] = [];
      let written = 0;
      for (const each of steps) {
        if ("reserve" in each) {
          const start = queue.reserve(each.reserve + each.unused);
          for (let i = 0; i < each.reserve; i++) queue.slab[start + i] = written++;
          queue.giveBack(start + each.reserve);
        } else if ("push" in each) {
          queue.push(Uint8Array.from({ length: each.push }, () => written++));
        } else if ("take" in each) {
          const bytes = queue.take(each.take);
          expect(bytes.length).toBeLessThanOrEqual(each.take);
          const isAlone = bytes.length === 0 || taken.every(({ buffer }) => buffer !== bytes.buffer);
          expect(isAlone, "no two of them share memory").toBe(true);
          taken.push(bytes);
        } else if ("recycle" in each) {
          const last = taken.at(-1);
          taken.forEach((bytes, i) => (taken[i] = bytes.slice()));
          if (last !== undefined) queue.recycle(last);
        } else {
          taken.push(...queue.takeChunks());
        }
        expect(queue.size).toBe(written - taken.reduce((sum, bytes) => sum + bytes.length, 0));
      }
      taken.push(queue.take());
      expect(queue.size).toBe(0);
      expect(taken.flatMap((bytes) => [...bytes])).toEqual(Array.from({ length: written }, (_, i) => i & 255));
    }),
    { numRuns: 300 },
  );
});

describe("OutputQueue reuses recycled memory for the next write", () => {
  /** A queue that has been given back the memory of its last slab, and that memory. */
  function recycled(used: number): { queue: OutputQueue; buffer: ArrayBuffer } {
    const queue = new OutputQueue();
    queue.reserve(used);
    const taken = queue.take();
    queue.recycle(taken);
    return { queue, buffer: taken.buffer };
  }

  test.each([1, 1000])("if %i bytes fit in it", (length) => {
    const { queue, buffer } = recycled(1000);
    expect(queue.fits(length)).toBe(true);
    queue.reserve(length);
    expect(queue.slab.buffer).toBe(buffer);
    expect(queue.fits(buffer.byteLength - length)).toBe(true);
    expect(queue.fits(buffer.byteLength - length + 1)).toBe(false);
  });
  test("and not if they do not fit", () => {
    const { queue, buffer } = recycled(1000);
    expect(queue.fits(buffer.byteLength + 1)).toBe(false);
    queue.reserve(buffer.byteLength + 1);
    expect(queue.slab.buffer).not.toBe(buffer);
  });
  test("again and again, even if so little was written in between that it was copied", () => {
    const { queue, buffer } = recycled(1000);
    queue.reserve(1);
    expect(queue.take().buffer.byteLength).toBe(1);
    queue.reserve(1);
    expect(queue.slab.buffer).toBe(buffer);
  });
  test("only once: it is not written into while somebody uses it", () => {
    const { queue, buffer } = recycled(1000);
    queue.reserve(1000);
    expect(queue.take().buffer).toBe(buffer);
    queue.reserve(1000);
    expect(queue.slab.buffer).not.toBe(buffer);
  });
  test("but keeps at most 288 KiB, nothing smaller than its spare memory, and nothing that was transferred", () => {
    const { queue, buffer } = recycled(1000);
    queue.recycle(new Uint8Array(294_913));
    queue.recycle(new Uint8Array(10));
    const gone = new Uint8Array(2000);
    structuredClone(gone, { transfer: [gone.buffer] });
    queue.recycle(gone);
    queue.reserve(1);
    expect(queue.slab.buffer).toBe(buffer);
    queue.recycle(new Uint8Array(294_912));
    queue.take();
    queue.reserve(1);
    expect(queue.slab.length).toBe(294_912);
  });
});

describe("OutputQueue copies no more than necessary", () => {
  /** A queue whose last slab was so long and full. */
  function after(used: number): OutputQueue {
    const queue = new OutputQueue();
    queue.reserve(used);
    queue.take();
    return queue;
  }

  test("a given chunk is passed on without a copy", () => {
    const queue = new OutputQueue();
    const chunk = new Uint8Array(3);
    queue.push(chunk);
    expect(queue.take()).toBe(chunk);
    queue.push(chunk);
    expect(queue.take(3)).toBe(chunk);
  });
  test("what is written between chunks shares one slab, which does not change after it is taken", () => {
    const queue = new OutputQueue();
    for (let i = 0; i < 3; i++) {
      queue.reserve(50);
      queue.slab.fill(i, i * 50, (i + 1) * 50);
      queue.push(new Uint8Array([9]));
    }
    const chunks = queue.takeChunks();
    expect(chunks.map(([first, ...more]) => [first, more.length + 1])).toEqual([[0, 50], [9, 1], [1, 50], [9, 1], [2, 50], [9, 1]]); // prettier-ignore
    expect(chunks[2]!.buffer).toBe(chunks[4]!.buffer);
    queue.reserve(1);
    expect(queue.slab.buffer).not.toBe(chunks[4]!.buffer);
  });
  test("a chunk's header goes into the slab if it has room, or if four chunks wait", () => {
    const queue = new OutputQueue();
    for (const isGathered of [false, false, false, false, true]) {
      expect(queue.gathersHeader(4)).toBe(isGathered);
      queue.push(new Uint8Array(1));
    }
    queue.takeChunks();
    queue.reserve(1);
    queue.reserve(queue.slab.length - 5);
    expect(queue.gathersHeader(4)).toBe(true);
    expect(queue.gathersHeader(10)).toBe(false);
    queue.recycle(queue.take());
    expect(queue.gathersHeader(10)).toBe(true);
  });
  test("an empty chunk is ignored", () => {
    const queue = new OutputQueue();
    queue.push(new Uint8Array(0));
    expect(queue.takeChunks()).toEqual([]);
  });
  test("a slab has room for an eighth more than was last written, at least 288 bytes, at most 288 KiB", () => {
    for (const [last, next] of [
      [1, 288],
      [4000, 4504],
      [1_000_000, 294_912],
    ] as const) {
      const queue = after(last);
      queue.reserve(1);
      expect(queue.slab.length, `after ${last}`).toBe(next);
    }
  });
  test("a full slab of 256 KiB or more is queued without a copy, and another one is started", () => {
    const queue = after(1_000_000);
    expect(queue.reserve(200_000)).toBe(0);
    const { slab } = queue;
    slab.fill(1);
    expect(queue.reserve(94_912)).toBe(200_000);
    expect(queue.slab).toBe(slab);
    expect(queue.reserve(200_000)).toBe(0);
    queue.slab.fill(2);
    expect(queue.size).toBe(494_912);
    const chunks = queue.takeChunks();
    expect(chunks.map(({ length }) => length)).toEqual([294_912, 200_000]);
    expect(chunks[0]!.buffer).toBe(slab.buffer);
    expect(chunks.map((chunk) => chunk.every((byte) => byte === chunk[0]))).toEqual([true, true]);
  });
  test("a smaller slab is filled completely, then replaced by one of twice the size with its content", () => {
    const queue = new OutputQueue();
    queue.reserve(8);
    const { slab } = queue;
    slab.fill(7);
    queue.reserve(slab.length - 8);
    expect(queue.slab).toBe(slab);
    queue.reserve(1);
    expect(queue.slab.length).toBe(2 * slab.length);
    expect(queue.take(slab.length)).toEqual(slab);
  });
  test.each([
    [143, false],
    [144, true],
    [288, true],
  ])("of a slab of 288 bytes in which %i are used the memory is handed on: %s", (used, isHandedOn) => {
    const queue = new OutputQueue();
    queue.reserve(used);
    const { buffer } = queue.slab;
    const taken = queue.take();
    expect(taken.length).toBe(used);
    expect(taken.buffer === buffer).toBe(isHandedOn);
    if (!isHandedOn) expect(taken.buffer.byteLength).toBe(used);
  });
});
