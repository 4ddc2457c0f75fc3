/** The options of permessage-deflate: what each means on either side, its default and the reason for it. */
import { checkOptions, type OptionTable } from "../core/options.ts";
import type { DeflateEngine } from "./engine.ts";

/** The options of {@link permessageDeflate}. */
export interface DeflateOptions {
  /**
   * The server clears its window after each message (RFC 7692 §7.1.1.1). Client: requests it, and accepts no other
   * answer. Server: does so even if the client does not request it. `false` by default: a kept window compresses
   * repeated messages best, but takes memory.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * The client clears its window after each message (§7.1.1.2). Client: does so, and offers it. Server: requests it,
   * which every client accepts. `false` by default.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * The server's window is at most 2^n bytes; n is 8 to 15 (§7.1.2.1). Client: requests it, and accepts no other
   * answer. Server: never uses a larger window, even if the client allows one. 15 by default, which is no limit.
   */
  readonly serverMaxWindowBits?: number | undefined;
  /**
   * The client's window is at most 2^n bytes; n is 8 to 15 (§7.1.2.2). Client: never uses a larger window, and offers
   * this limit. Server: requests it, and declines an offer that does not allow it. `true`, the default, sets no limit:
   * a client lets the server set one, as browsers do, and a server accepts the one that a client offers. With `false`
   * the parameter is neither offered nor answered.
   */
  readonly clientMaxWindowBits?: number | boolean | undefined;
  /**
   * Messages shorter than this many bytes are sent uncompressed, unless `sendData` sets `compress: true`. Fragmented
   * messages count as long. 0 by default: with a kept window even the shortest messages shrink if they resemble each
   * other.
   */
  readonly threshold?: number | undefined;
  /**
   * Compression effort, 0 to 9. 6 by default, as in zlib. 1 is more than twice as fast on messages of a few KiB, and
   * makes them 20 % longer.
   */
  readonly level?: number | undefined;
  /** 1 to 9. The compressor uses 2^(windowBits + 2) + 2^(memLevel + 9) bytes. 8 by default, as in zlib. */
  readonly memLevel?: number | undefined;
  /**
   * The DEFLATE implementation; pako by default, which runs everywhere. To leave pako out of a bundle, pass another
   * engine to `permessageDeflateWith`.
   */
  readonly engine?: DeflateEngine | undefined;
}

/** The options of {@link permessageDeflateWith}. */
export type DeflateSettings = Omit<DeflateOptions, "engine">;

export const settingsTable: OptionTable<DeflateSettings> = {
  serverNoContextTakeover: "a boolean",
  clientNoContextTakeover: "a boolean",
  serverMaxWindowBits: "a number",
  clientMaxWindowBits: "a number or a boolean",
  threshold: "a number",
  level: "a number",
  memLevel: "a number",
};

/** The members that an engine must have. */
export const engineKind = "{ createDeflater, createInflater }";

export type ResolvedOptions = {
  readonly [Name in keyof DeflateSettings]-?: Name extends "serverMaxWindowBits"
    ? number | undefined
    : Exclude<DeflateSettings[Name], undefined>;
};

/** The largest window, as a power of two (RFC 7692 §7.1.2); used if nothing limits it. */
export const LARGEST_WINDOW_BITS = 15;
const windowBits: Range = [8, LARGEST_WINDOW_BITS];

type Range = readonly [lowest: number, highest: number];

const ranges: { readonly [Name in keyof DeflateSettings]?: Range } = {
  serverMaxWindowBits: windowBits,
  clientMaxWindowBits: windowBits,
  threshold: [0, Infinity],
  level: [0, 9],
  memLevel: [1, 9],
};

/** The options with defaults filled in. Throws `TypeError` or `RangeError` if one is invalid. */
export function resolveOptions(where: string, given: DeflateSettings): ResolvedOptions {
  const checked = checkOptions(where, given, settingsTable);
  for (const [name, [lowest, highest]] of Object.entries(ranges)) {
    const value = checked[name as keyof DeflateSettings] ?? highest;
    if (typeof value === "boolean" || value === highest) continue;
    if (Number.isInteger(value) && value >= lowest && value <= highest) continue;
    throw new RangeError(`${name} must be a whole number from ${lowest} to ${highest}; it is ${value}`);
  }
  return {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: true,
    threshold: 0,
    level: 6,
    memLevel: 8,
    ...checked,
  } as ResolvedOptions;
}
