/** Where errors go that nobody listens for: neither lost, nor thrown into the middle of a connection. */

interface Platform {
  reportError?: (error: unknown) => void;
  process?: { emitWarning?: (warning: Error) => void };
}

/**
 * A listener or a callback of the application has thrown: its defect. The platform's own way for such, an `error` event
 * of the page or worker, or an uncaught exception on Node.
 */
export function reportDefect(error: unknown): void {
  const { reportError } = globalThis as Platform;
  if (reportError !== undefined) {
    reportError(error);
    return;
  }
  queueMicrotask(() => {
    throw error;
  });
}

/**
 * An `error` event has no listener. Where Node's emitter would throw, and so end the process for what some client did,
 * it is a warning on Node, Deno and Bun, and in a page or a worker an `error` event of it.
 */
export function reportUnheard(error: Error): void {
  const { process } = globalThis as Platform;
  if (process?.emitWarning === undefined) reportDefect(error);
  else process.emitWarning(error);
}
