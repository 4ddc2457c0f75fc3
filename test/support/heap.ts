/** Measures memory in Node after a garbage collection. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Heap and buffers together, in bytes. */
export async function bytesInUse(): Promise<number> {
  // Finalisers need a turn, and sweeping may finish only with the next collection.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many bytes each turn leaves behind, after `first` turns to warm up. */
export async function bytesLeftEach(turns: number, turn: () => Promise<unknown>, first = 1000): Promise<number> {
  for (let i = 0; i < first; i++) await turn();
  const before = await bytesInUse();
  for (let i = 0; i < turns; i++) await turn();
  return ((await bytesInUse()) - before) / turns;
}
