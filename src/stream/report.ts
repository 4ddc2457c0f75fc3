/** Where errors go that nobody listens for: they are seen, and never end the process because of what a peer sent. */
import { textOf } from "../transports/textOf.ts";

interface Platform {
  reportError?: (error: unknown) => void;
  process?: { emitWarning?: (warning: Error) => void };
}

/** A warning on Node, Deno and Bun that names the error; an `error` event of the page or the worker in browsers. */
export function report(error: unknown): void {
  const { process, reportError } = globalThis as Platform;
  try {
    if (process?.emitWarning !== undefined) process.emitWarning(warningOf(error));
    else reportError?.(error);
  } catch {
    // An application's own `reportError` may throw, too: there is nobody left to tell.
  }
}

/** Calls what the application gave to be told of errors, or reports them. What that throws or rejects with is reported. */
export function tellError(onError: ((error: unknown) => unknown) | undefined, error: unknown): void {
  if (onError === undefined) report(error);
  else attempt(() => onError(error));
}

/** Calls what the application gave. What it throws or rejects with is reported. */
export function attempt(call: () => unknown): void {
  try {
    reportRejection(call());
  } catch (error) {
    report(error);
  }
}

/** If this is a promise, what it rejects with is reported. */
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
  return new Error(`something was thrown that is no Error: ${textOf(thrown)}`);
}
