/** Reports errors that have no listener. They stay visible, but a peer can never end the process with one. */
import { textOf } from "../transports/textOf.ts";

interface Platform {
  reportError?: (error: unknown) => void;
  process?: { emitWarning?: (warning: Error) => void };
}

/** Reports the error: as a warning on Node, Deno and Bun, as an `error` event of the page or worker in browsers. */
export function report(error: unknown): void {
  const { process, reportError } = globalThis as Platform;
  try {
    if (process?.emitWarning !== undefined) process.emitWarning(warningOf(error));
    else reportError?.(error);
  } catch {
    // The application's own `reportError` may throw too. Nothing is left to report it to.
  }
}

/**
 * Calls the application's `onError`, or reports the error if there is none. If `onError` throws or rejects, reports
 * that.
 */
export function tellError(onError: ((error: unknown) => unknown) | undefined, error: unknown): void {
  if (onError === undefined) report(error);
  else attempt(() => onError(error));
}

/** Calls a function of the application. If it throws or rejects, reports that. */
export function attempt(call: () => unknown): void {
  try {
    reportRejection(call());
  } catch (error) {
    report(error);
  }
}

/** If the result is a promise, reports its rejection. */
export function reportRejection(result: unknown): void {
  if (isPromise(result)) result.then(undefined, report);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Node writes the parts of a warning out later, where whatever they throw would end the process. */
function warningOf(thrown: unknown): Error {
  try {
    if (thrown instanceof Error) {
      const { name, message, stack = "" } = thrown;
      if ([name, message, stack].every((part) => typeof part === "string")) return thrown;
    }
  } catch {
    // What it throws is no better.
  }
  return new Error(`a value other than an Error was thrown: ${textOf(thrown)}`);
}
