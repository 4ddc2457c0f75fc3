/** Detects an input that never ends, from another thread: writes it to the corpus and ends the process. */
import { writeSync } from "node:fs";
import { Worker, isMainThread, workerData } from "node:worker_threads";
import { relative } from "node:path";
import { writeFinding } from "./corpus.ts";

/** How long one input may take, in milliseconds: a thousand times the usual, for a busy machine. */
const LONGEST_MS = 20_000;

const MOST_BYTES = 65_536;

/** The number of the current input, its length, and its bytes. */
interface Shared {
  readonly target: string;
  readonly state: Int32Array;
  readonly input: Uint8Array;
}

export class Watchdog {
  readonly #shared: Shared;
  readonly #worker: Worker;

  constructor(target: string) {
    const buffer = new SharedArrayBuffer(8 + MOST_BYTES);
    this.#shared = { target, state: new Int32Array(buffer, 0, 2), input: new Uint8Array(buffer, 8) };
    this.#worker = new Worker(new URL(import.meta.url), { workerData: this.#shared });
    this.#worker.unref();
  }

  begin(input: Uint8Array): void {
    const { state } = this.#shared;
    this.#shared.input.set(input.subarray(0, MOST_BYTES));
    state[1] = Math.min(input.length, MOST_BYTES);
    Atomics.add(state, 0, 1);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

if (!isMainThread && workerData !== null) watch(workerData as Shared);

function watch({ target, state, input }: Shared): void {
  let last = 0;
  setInterval(() => {
    const now = Atomics.load(state, 0);
    if (now === last && now > 0) {
      const file = relative(process.cwd(), writeFinding(target, input.slice(0, state[1]), "takes for ever"));
      writeSync(2, `takes for ever: npm run fuzz -- --target ${target} --replay ${file}\n`);
      process.kill(process.pid, "SIGKILL");
    }
    last = now;
  }, LONGEST_MS);
}
