/** How the command ends: at the first SIGINT or SIGTERM in order, at the second at once. */
import type { Terminal } from "./terminal.ts";

export class Lifetime {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;

  constructor(terminal: Terminal) {
    const controller = new AbortController();
    this.signal = controller.signal;
    // Shells tell by such a status which signal it was.
    for (const [name, status] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(status);
        terminal.note(`${name}: closing …`);
        controller.abort(new DOMException(name, "AbortError"));
      });
    }
  }
}
