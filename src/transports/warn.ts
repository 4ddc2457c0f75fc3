/** Reports errors that a user's callback threw, without ending the process. */
import { textOf } from "./textOf.ts";

interface Platform {
  console?: { warn(...data: unknown[]): void };
  process?: { emitWarning?: (warning: Error) => void };
}

/** Emits a process warning on Node, Deno and Bun, and a console warning elsewhere. */
export function warn(error: unknown): void {
  const { console, process } = globalThis as Platform;
  if (process?.emitWarning === undefined) console?.warn(error);
  else process.emitWarning(error instanceof Error ? error : new Error(textOf(error)));
}

/** Calls `onError`. If that throws, its error becomes a warning. */
export function report(onError: (error: unknown) => void, error: unknown): void {
  try {
    onError(error);
  } catch (failure) {
    warn(failure);
  }
}
