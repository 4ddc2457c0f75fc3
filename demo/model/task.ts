/** Tasks of the event loop: between two of them the page takes input and draws. */

/** Fulfilled in a new task. Unlike `setTimeout`, it adds no delay. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = () => {
      port1.close();
      resolve();
    };
    port1.postMessage(0);
  });
}

/** Divides long work into slices. */
export class Slices {
  readonly #sliceMs: number;
  #beganMs = performance.now();

  /** `sliceMs`: the longest time without a pause, in milliseconds. */
  constructor(sliceMs = 8) {
    this.#sliceMs = sliceMs;
  }

  /** Call it before each piece of the work. Waits for a new task if the slice is over. */
  async next(): Promise<void> {
    if (performance.now() - this.#beganMs < this.#sliceMs) return;
    await nextTask();
    this.#beganMs = performance.now();
  }
}
