/** Reusable memory: one block of at most 1 MiB, shared by all connections of a realm. */
import { EMPTY, type Bytes } from "../core/bytes.ts";

let spare = EMPTY;

/** Takes the spare block if it is large enough. The caller owns it until `keepSpare()`. */
export function takeSpare(atLeast = 1): Bytes | undefined {
  if (spare.length < atLeast) return undefined;
  const taken = spare;
  spare = EMPTY;
  return taken;
}

/** Keeps an unused block, unless a larger one is kept. */
export function keepSpare(block: Bytes): void {
  if (block.length > spare.length) spare = block;
}
