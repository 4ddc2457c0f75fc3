/** The library's error for an invalid request of the user, in words. Any other error is a bug and is rethrown. */
import { LocalProtocolError } from "../../src/index.ts";

/** Calls it, and returns the reason if it was refused, otherwise `undefined`. */
export function refusalOf(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof LocalProtocolError) {
      const { name, message, code, section } = error;
      return `${name}: ${message} (${[code, section].filter((part) => part !== undefined).join(", ")})`;
    }
    if (error instanceof RangeError || error instanceof TypeError) return `${error.name}: ${error.message}`;
    throw error;
  }
}
