/** What the library threw at a person who asked for too much, in words; anything else is a defect and goes on. */
import { LocalProtocolError } from "../../src/index.ts";

/** Does it, and returns why it was refused, or `undefined` if it was not. */
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
