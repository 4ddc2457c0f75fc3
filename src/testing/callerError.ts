/** Errors that point at a line of a test, although the test waits there and fails only later. */

/**
 * Takes the stack of the function that calls this, without that function, and returns what makes an error with it. Where
 * a runtime has no stack of that form, the error has its own.
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
