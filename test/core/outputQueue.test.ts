/** The queue of bytes to send, against a plain list of them. */
import fc from "../support/properties.ts";
import { expect, test } from "vitest";
import { OutputQueue } from "../../src/core/outputQueue.ts";

const step = fc.oneof(
  fc.record({ reserve: fc.constantFrom(0, 1, 6, 100, 300, 5000), unused: fc.nat(3) }),
  fc.record({ push: fc.constantFrom(0, 1, 50, 3000) }),
  fc.record({ take: fc.oneof(fc.nat(400), fc.constant(Infinity)) }),
  fc.constant({ chunks: true }),
);

test("OutputQueue gives what was written, in order, in memory that is never written again", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const queue = new OutputQueue();
      const taken: Uint8Array[] = [];
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
          taken.push(bytes);
        } else {
          taken.push(...queue.takeChunks());
        }
        expect(queue.size).toBe(written - taken.reduce((sum, bytes) => sum + bytes.length, 0));
      }
      taken.push(queue.take());
      expect(queue.size).toBe(0);
      expect(taken.flatMap((bytes) => [...bytes])).toEqual(Array.from({ length: written }, (_, i) => i & 255));
      const owned = taken.filter((bytes) => bytes.length > 0).map((bytes) => bytes.buffer);
      expect(new Set(owned).size, "no two of them share memory").toBe(owned.length);
    }),
    { numRuns: 300 },
  );
});
