/** Errors that point to the line of a test that started a wait, although they occur later. */

/**
 * Captures the stack of the calling function's caller, and returns a function that makes errors with it. If a runtime's
 * stacks have another form, the error keeps its own.
 */
export function callerError(): (message: string) => Error {
  const error = new Error();
  (Error as { captureStackTrace?: (error: Error, below: unknown) => void }).captureStackTrace?.(error, callerError);
  return (message) => {
    const [, own, rest] = /^Error:? ?(\n +at .*)(\n[^]*)$/.exec(error.stack ?? "") ?? [];
    error.message = message;
    if (own !== undefined) error.stack = `Error: ${message}${rest!}`;
    return error;
  };
}
