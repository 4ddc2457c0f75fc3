/** What a run needs from the platform: macrotask turns, and uncaught errors. */

export interface Uncaught {
  /** In a page `reportError` counts as a warning. */
  readonly kind: "rejection" | "exception" | "warning";
  readonly error: unknown;
}

interface Platform {
  readonly setImmediate?: (task: () => void) => unknown;
  readonly process?: {
    listeners(event: string): ((...args: unknown[]) => void)[];
    removeAllListeners(event: string): void;
    on(event: string, listener: (...args: unknown[]) => void): void;
    emitWarning: (warning: unknown) => void;
  };
  reportError?: (error: unknown) => void;
  addEventListener?(type: string, listener: (event: PlatformEvent) => void, capture: boolean): void;
  removeEventListener?(type: string, listener: (event: PlatformEvent) => void, capture: boolean): void;
}

interface PlatformEvent {
  readonly error?: unknown;
  readonly reason?: unknown;
  preventDefault(): void;
  stopImmediatePropagation(): void;
}

const platform = globalThis as Platform;
const { setImmediate } = platform;

/** Fulfilled a macrotask later, when every microtask has run and everything queued as a task before. */
export const turn: () => Promise<void> =
  setImmediate === undefined ? messageTurns() : () => new Promise((resolve) => void setImmediate(resolve));

function messageTurns(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}

/** Leads everything uncaught, and every warning or `reportError`, to `hear`, in place of whoever heard it before. Returns how to undo that. */
export function listen(hear: (uncaught: Uncaught) => void): () => void {
  const { process } = platform;
  // Stacks are most of what an error costs, and nobody looks at them here.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  if (process?.emitWarning !== undefined && setImmediate !== undefined) {
    const names = ["unhandledRejection", "uncaughtException"] as const;
    const before = names.map((name) => process.listeners(name));
    const { emitWarning } = process;
    for (const name of names) {
      process.removeAllListeners(name);
      process.on(name, (error) => hear({ kind: name === "unhandledRejection" ? "rejection" : "exception", error }));
    }
    // One of Node's own, with a name, follows a rejection that has been heard already.
    process.emitWarning = (error) => {
      if ((error as Error).name !== "PromiseRejectionHandledWarning") hear({ kind: "warning", error });
    };
    return () => {
      Error.stackTraceLimit = stackTraceLimit;
      process.emitWarning = emitWarning;
      names.forEach((name, i) => {
        process.removeAllListeners(name);
        for (const listener of before[i]!) process.on(name, listener);
      });
    };
  }
  const rejected = (event: PlatformEvent): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
    hear({ kind: "rejection", error: event.reason });
  };
  const failed = (event: PlatformEvent): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
    hear({ kind: "exception", error: event.error });
  };
  const { reportError } = platform;
  platform.reportError = (error) => hear({ kind: "warning", error });
  platform.addEventListener?.("unhandledrejection", rejected, true);
  platform.addEventListener?.("error", failed, true);
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
    platform.reportError = reportError!;
    platform.removeEventListener?.("unhandledrejection", rejected, true);
    platform.removeEventListener?.("error", failed, true);
  };
}
