/** Bytes that wait for their reader: in order, and with little memory beyond their own. */
import { describe, expect, test } from "vitest";
import { Unread } from "../../src/resume/unread.ts";
import { Random } from "../support/random.ts";

/** Removes everything. */
function drain(unread: Unread): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  while (!unread.isEmpty) chunks.push(unread.shift());
  return chunks;
}

/** The memory that arrays keep alive, in bytes. */
const memoryOf = (chunks: readonly Uint8Array[]): number =>
  [...new Set(chunks.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0);

describe("Unread", () => {
  test("gives the bytes back in order, whatever their sizes", () => {
    const random = new Random(27);
    for (let run = 0; run < 10; run++) {
      const unread = new Unread();
      const pushed: number[] = [];
      const got: number[] = [];
      for (let step = 0; step < 60; step++) {
        if (!unread.isEmpty && random.oneIn(3)) got.push(...unread.shift());
        const bytes = random.bytes(1 + random.below(random.oneIn(2) ? 20 : 3000));
        pushed.push(...bytes);
        unread.push(bytes);
      }
      got.push(...drain(unread).flatMap((chunk) => [...chunk]));
      expect(got.join()).toBe(pushed.join());
    }
  });

  test("passes a chunk on that fills at least half of its buffer", () => {
    const unread = new Unread();
    const chunk = new Uint8Array(4000).subarray(17);
    unread.push(chunk);
    expect(unread.shift()).toBe(chunk);
  });

  test.each([
    ["single bytes of large chunks", () => new Uint8Array(65_536).subarray(7, 8), 4000],
    ["parts of large chunks", () => new Uint8Array(65_536).subarray(0, 1500), 100],
    ["single bytes and chunks in turn", (i: number) => new Uint8Array(i % 2 === 0 ? 1 : 1024), 400],
  ])("keeps at most three times the memory of %s", (_, make, count) => {
    const unread = new Unread();
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const piece = make(i);
      bytes += piece.length;
      unread.push(piece);
    }
    const chunks = drain(unread);
    expect(memoryOf(chunks)).toBeLessThanOrEqual(3 * bytes + 1024);
    expect(chunks.length).toBeLessThanOrEqual(Math.max(count, bytes / 512));
  });
});
