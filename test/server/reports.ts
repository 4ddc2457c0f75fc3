/** Captures the unhandled errors that the platform reports. */
import { onTestFinished } from "vitest";

interface Platform {
  reportError?: ((error: unknown) => void) | undefined;
  process?: { emitWarning?: (warning: Error) => void };
}

/** What is reported until the end of the test: as warnings, or in a page as its `error` events. */
export function collectReports(): { reports: unknown[] } {
  const platform = globalThis as Platform;
  const { reportError, process } = platform;
  const emitWarning = process?.emitWarning;
  const reports: unknown[] = [];
  const collect = (error: unknown): void => void reports.push(error);
  if (process !== undefined && emitWarning !== undefined) process.emitWarning = collect;
  else platform.reportError = collect;
  onTestFinished(() => {
    platform.reportError = reportError;
    if (reportError === undefined) delete platform.reportError;
    if (process !== undefined && emitWarning !== undefined) process.emitWarning = emitWarning;
  });
  return { reports };
}
