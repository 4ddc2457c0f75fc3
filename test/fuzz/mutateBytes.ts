/** Changes to bytes of unknown structure. */
import type { Random } from "../support/random.ts";
import { join, type Bytes } from "../support/wire.ts";

const ODD = [0, 1, 2, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x3b, 0x3d, 0x5c, 0x7d, 0x7e, 0x7f, 0x80, 0xc0, 0xfe, 0xff];

type Mutator = (random: Random, input: Bytes, other: Bytes) => Bytes;

const replaceFrom = (input: Bytes, at: number, removed: number, added: Uint8Array): Bytes =>
  join(input.subarray(0, at), added, input.subarray(at + removed));

const mutators: readonly Mutator[] = [
  (random, input) => {
    const changed = input.slice();
    if (changed.length > 0) changed[random.below(changed.length)]! ^= 1 << random.below(8);
    return changed;
  },
  (random, input) => {
    const changed = input.slice();
    if (changed.length > 0) changed[random.below(changed.length)] = random.pick(ODD);
    return changed;
  },
  (random, input) => replaceFrom(input, random.below(input.length + 1), 0, random.bytes(1 + random.size(8))),
  (random, input) => replaceFrom(input, random.below(input.length + 1), 0, Uint8Array.of(random.pick(ODD))),
  (random, input) => replaceFrom(input, random.below(input.length + 1), 1 + random.size(8), new Uint8Array(0)),
  (random, input) => input.slice(0, random.below(input.length + 1)),
  // A stretch of it once more, somewhere.
  (random, input) => {
    const from = random.below(input.length + 1);
    const stretch = input.slice(from, from + random.size(64));
    return replaceFrom(input, random.below(input.length + 1), 0, stretch);
  },
  // The beginning of one and the end of the other.
  (random, input, other) =>
    join(input.subarray(0, random.below(input.length + 1)), other.subarray(random.below(other.length + 1))),
  (random, input, other) => {
    const from = random.below(other.length + 1);
    const stretch = other.slice(from, from + random.size(64));
    return replaceFrom(input, random.below(input.length + 1), random.oneIn(2) ? stretch.length : 0, stretch);
  },
];

export const mutateBytes: Mutator = (random, input, other) => random.pick(mutators)(random, input, other);
