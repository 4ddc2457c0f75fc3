/** Makes an input that fails smaller, as long as it fails. */
import { join, type Bytes } from "../support/wire.ts";

/** How often it may be tried. */
const MOST_TRIES = 2000;

export async function shrink(input: Bytes, fails: (smaller: Bytes) => Promise<boolean>): Promise<Bytes> {
  let best = input;
  let tries = 0;
  const take = async (smaller: Bytes): Promise<boolean> => {
    if (tries++ >= MOST_TRIES || !(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length;) {
      if (!(await take(join(best.subarray(0, at), best.subarray(at + size))))) at += size;
    }
  }
  for (let at = 0; at < best.length; at++) {
    if (best[at] === 0) continue;
    const simpler = best.slice();
    simpler[at] = 0;
    await take(simpler);
  }
  return best;
}
