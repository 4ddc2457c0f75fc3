/** A queue, against a plain list. */
import { expect, test } from "vitest";
import { Fifo } from "../../src/stream/fifo.ts";
import fc from "../support/properties.ts";

test("Fifo gives what was pushed, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ push: fc.nat(100), shift: fc.nat(100) }), { maxLength: 20 }), (steps) => {
      const queue = new Fifo<number>();
      const list: number[] = [];
      let next = 0;
      for (const { push, shift } of steps) {
        for (let i = 0; i < push; i++) {
          queue.push(next);
          list.push(next++);
        }
        for (let i = 0; i < shift && list.length > 0; i++) expect(queue.shift()).toBe(list.shift());
        expect(queue.size).toBe(list.length);
      }
    }),
  );
});
