/** Memory that is used again: one block of at most 1 MiB, for whatever connection of a realm needs one next. */
import { EMPTY, type Bytes } from "../core/bytes.ts";

let spare = EMPTY;

/** The block, if it has so many bytes: it is the taker's until it is kept again. */
export function takeSpare(atLeast = 1): Bytes | undefined {
  if (spare.length < atLeast) return undefined;
  const taken = spare;
  spare = EMPTY;
  return taken;
}

/** Keeps a block that nobody looks at any more, unless there is a larger one. */
export function keepSpare(block: Bytes): void {
  if (block.length > spare.length) spare = block;
}
