/** Where an error goes that the user's own function threw, so that it ends neither the process nor anything else. */

interface Platform {
  console?: { warn(...data: unknown[]): void };
  process?: { emitWarning?: (warning: Error) => void };
}

/** A warning of the process on Node, Deno and Bun, and one on the console elsewhere. */
export function warn(error: unknown): void {
  const { console, process } = globalThis as Platform;
  if (process?.emitWarning === undefined) console?.warn(error);
  else process.emitWarning(error instanceof Error ? error : new Error(String(error)));
}

/** Tells a function of the user's. What that throws in turn is a warning. */
export function tell(onError: (error: unknown) => void, error: unknown): void {
  try {
    onError(error);
  } catch (failure) {
    warn(failure);
  }
}
