/** What is in use in Node, after what is garbage is gone. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Heap and buffers together, in bytes. */
export async function bytesInUse(): Promise<number> {
  // What is to be finalised takes a turn, and what one collection leaves to be swept the next one waits for.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many bytes each turn leaves, once the first have run. */
export async function bytesLeftEach(turns: number, turn: () => Promise<unknown>, first = 1000): Promise<number> {
  for (let i = 0; i < first; i++) await turn();
  const before = await bytesInUse();
  for (let i = 0; i < turns; i++) await turn();
  return ((await bytesInUse()) - before) / turns;
}
