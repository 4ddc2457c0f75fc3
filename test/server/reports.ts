/** What the platform is told of errors that nobody takes. */
import { onTestFinished } from "vitest";

interface Platform {
  reportError?: ((error: unknown) => void) | undefined;
  process?: { emitWarning?: (warning: Error) => void };
}

/** From now to the end of the test: `defects` of the application, and errors that were `unheard`. */
export function collectReports(): { defects: unknown[]; unheard: unknown[] } {
  const platform = globalThis as Platform;
  const { reportError, process } = platform;
  const emitWarning = process?.emitWarning;
  const defects: unknown[] = [];
  const unheard = emitWarning === undefined ? defects : [];
  platform.reportError = (error) => void defects.push(error);
  if (process !== undefined && emitWarning !== undefined) process.emitWarning = (error) => void unheard.push(error);
  onTestFinished(() => {
    platform.reportError = reportError;
    if (reportError === undefined) delete platform.reportError;
    if (process !== undefined && emitWarning !== undefined) process.emitWarning = emitWarning;
  });
  return { defects, unheard };
}
