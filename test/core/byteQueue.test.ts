/** The queue of unread bytes, against a plain list of them: order, size and place in the stream. */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import { ByteQueue } from "../../src/core/byteQueue.ts";
import { hex } from "../support/wire.ts";

/** Chunks around the border between those that are gathered and those that are kept, and reads of any length. */
const step = fc.oneof(
  fc.record({ push: fc.constantFrom(0, 1, 2, 5, 30, 63, 64, 65, 100, 900, 1024, 2000) }),
  fc.record({ read: fc.constantFrom(0, 1, 2, 7, 63, 64, 200, 1000, 5000) }),
  fc.constant({ release: true }),
);

describe("ByteQueue", () => {
  test("returns all pushed bytes in order, whatever the chunks and the reads", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue();
        let pushed = 0;
        let read = 0;
        for (const each of steps) {
          if ("push" in each) {
            queue.push(Uint8Array.from({ length: each.push }, () => pushed++));
          } else if ("read" in each) {
            for (let left = Math.min(each.read, pushed - read); left > 0;) {
              const piece = queue.take(left);
              expect(piece.length).toBeGreaterThan(0);
              expect([...piece]).toEqual(Array.from(piece, (_, i) => (read + i) & 255));
              read += piece.length;
              left -= piece.length;
            }
          } else {
            queue.release();
          }
          expect(queue.size).toBe(pushed - read);
          expect(queue.offset).toBe(read);
          expect(queue.available() > 0).toBe(pushed > read);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("ignores an empty chunk, also after others", () => {
    const queue = new ByteQueue();
    for (const length of [100, 0, 2]) queue.push(new Uint8Array(length));
    queue.take(100);
    expect(queue.available()).toBe(2);
  });

  test("stores many tiny chunks in about as much memory as their bytes", () => {
    const queue = new ByteQueue();
    queue.push(hex("00*100"));
    for (let i = 0; i < 10_000; i++) queue.push(hex("01"));
    for (let pieces = 0; pieces < 20; pieces++) queue.take(queue.available());
    expect(queue.size).toBe(0);
  });

  test("copies small chunks when they are pushed, so the caller may reuse them", () => {
    const queue = new ByteQueue();
    const chunk = hex("01 02");
    queue.push(chunk);
    chunk.fill(0xff);
    expect([...queue.take(2)]).toEqual([1, 2]);
  });

  test("releases a large chunk that has been read, and no other", () => {
    const queue = new ByteQueue();
    const chunk = hex("00*100");
    queue.push(chunk);
    queue.take(99);
    queue.release();
    expect(queue.buffer).toBe(chunk.buffer);
    queue.take(1);
    queue.release();
    expect(queue.buffer).not.toBe(chunk.buffer);
  });
});
