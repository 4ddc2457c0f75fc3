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

/**
 * Reads an offer or an answer. Returns `undefined` if a parameter is unknown or repeated, or if a value is missing, out
 * of range or unexpected. §7.1 then requires a server to decline the offer, and a client to fail the connection.
 */
export function readParameters(list: ExtensionParameters, kind: "offer" | "answer"): Parameters | undefined {
  const read: { -readonly [name in keyof Parameters]: Parameters[name] } = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  const seen = new Set<string>();
  for (const [name, value] of list) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    switch (name) {
      case "server_no_context_takeover":
        if (value !== undefined) return undefined;
        read.serverNoContextTakeover = true;
        break;
      case "client_no_context_takeover":
        if (value !== undefined) return undefined;
        read.clientNoContextTakeover = true;
        break;
      case "server_max_window_bits":
        read.serverMaxWindowBits = readWindowBits(value);
        if (read.serverMaxWindowBits === undefined) return undefined;
        break;
      case "client_max_window_bits":
        read.clientMaxWindowBits = value === undefined && kind === "offer" ? true : readWindowBits(value);
        if (read.clientMaxWindowBits === undefined) return undefined;
        break;
      default:
        return undefined;
    }
  }
  return read;
}

export function writeParameters(parameters: Parameters): ExtensionParameters {
  const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
  const list: [name: string, value?: string][] = [];
  if (parameters.serverNoContextTakeover) list.push(["server_no_context_takeover"]);
  if (parameters.clientNoContextTakeover) list.push(["client_no_context_takeover"]);
  if (serverMaxWindowBits !== undefined) list.push(["server_max_window_bits", `${serverMaxWindowBits}`]);
  if (clientMaxWindowBits === true) list.push(["client_max_window_bits"]);
  else if (clientMaxWindowBits !== undefined) list.push(["client_max_window_bits", `${clientMaxWindowBits}`]);
  return list;
}

/** "a decimal integer value without leading zeroes between 8 to 15, inclusive" (§7.1.2.1, §7.1.2.2) */
function readWindowBits(value: string | undefined): number | undefined {
  return value !== undefined && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}
