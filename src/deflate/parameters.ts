/**
 * Reads and writes the four parameters in a header (RFC 7692 §7.1). Reads strictly: unknown, invalid or repeated
 * parameters yield `undefined`.
 */
import type { ExtensionParameters } from "../core/extension.ts";

export interface Parameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number | undefined;
  /** `true` is the parameter without a value, which is only valid in an offer. */
  readonly clientMaxWindowBits: number | true | undefined;
}

const none: Parameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined,
};
const names = Object.keys(none) as (keyof Parameters)[];

/** The name of a parameter in a header, such as `server_max_window_bits`. */
function spell(name: keyof Parameters): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Reads an offer or an answer. Returns `undefined` if a parameter is unknown or repeated, or if a value is missing, out
 * of range or unexpected. §7.1 then requires a server to decline the offer, and a client to fail the connection.
 */
export function readParameters(list: ExtensionParameters, kind: "offer" | "answer"): Parameters | undefined {
  const read: Record<string, unknown> = { ...none };
  const unread = new Map(names.map((name) => [spell(name), name]));
  for (const [spelled, value] of list) {
    const name = unread.get(spelled);
    if (name === undefined) return undefined;
    unread.delete(spelled);
    const takesNone = none[name] === false || (name === "clientMaxWindowBits" && kind === "offer");
    if (value === undefined ? !takesNone : none[name] === false || !isWindowBits(value)) return undefined;
    read[name] = value === undefined || Number(value);
  }
  return read as unknown as Parameters;
}

export function writeParameters(parameters: Parameters): ExtensionParameters {
  return names.flatMap((name) => {
    const value = parameters[name] ?? false;
    return value === false ? [] : [value === true ? [spell(name)] : [spell(name), `${value}`]];
  });
}

/** "a decimal integer value without leading zeroes between 8 to 15, inclusive" (§7.1.2.1, §7.1.2.2) */
function isWindowBits(value: string): boolean {
  return /^(?:[89]|1[0-5])$/.test(value);
}
