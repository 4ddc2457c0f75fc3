/** Tasks as an event loop has them: they run in order, each once every microtask of the one before it has run. */
import { Fifo } from "./fifo.ts";

/** As they were at first: a test's timers that stand still must not stop what comes over the network. */
const { setImmediate, setTimeout } = globalThis as {
  setImmediate?: (task: () => void) => unknown;
  setTimeout: (task: () => void, ms: number) => unknown;
};

/** Queues a task behind those that were queued before. What it throws is reported as an uncaught exception. */
export function queueTask(task: () => void): void {
  // Node, Deno and Bun: a tenth of a microsecond each, and a port would keep their processes from ending.
  if (setImmediate !== undefined) setImmediate(task);
  else if (typeof MessageChannel === "function") (port ??= new TaskPort()).queue(task);
  // workerd with a compatibility date before 2025-08-15.
  else setTimeout(task, 0);
}

let port: TaskPort | undefined;

/** How many tasks one message runs at most. Beyond some dozens the message's own cost no longer counts. */
const TASKS_PER_MESSAGE = 32;

/** From then on a message runs no further task, in milliseconds, so that timers and input get their turn. */
const LONGEST_MS = 4;

/**
 * A message to oneself has as many listeners as it is to run tasks: the platform runs the microtasks after each of them
 * (Web IDL §3.12, "clean up after running script"), just as after a task of its own. In Chromium 156 that takes 1.4 µs
 * a task; a message for each takes 7 µs, as `scheduler.postTask` does.
 */
class TaskPort {
  readonly #port: MessagePort;
  readonly #tasks = new Fifo<() => void>();
  #posted = false;
  #startMs = 0;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port2;
    port1.addEventListener("message", () => (this.#startMs = performance.now()));
    for (let i = 0; i < TASKS_PER_MESSAGE; i++) port1.addEventListener("message", () => this.#run());
    port1.addEventListener("message", () => this.#goOn());
    port1.start();
  }

  queue(task: () => void): void {
    this.#tasks.push(task);
    if (!this.#posted) this.#post();
  }

  #post(): void {
    this.#posted = true;
    this.#port.postMessage(null);
  }

  #run(): void {
    if (this.#tasks.size > 0 && performance.now() - this.#startMs <= LONGEST_MS) this.#tasks.shift()();
  }

  #goOn(): void {
    if (this.#tasks.size > 0) this.#post();
    else this.#posted = false;
  }
}
