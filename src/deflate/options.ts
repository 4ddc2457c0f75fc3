/** The options of permessage-deflate: what each means at either end, with its default and the reason for it. */
import type { OptionTable } from "../core/options.ts";
import type { DeflateEngine } from "./engine.ts";

export interface DeflateOptions {
  /**
   * The server forgets its window after each message (RFC 7692 §7.1.1.1). Client: asks for it, and takes no other answer.
   * Server: does so even if it is not asked to. `false` by default: repeated messages shrink best with a window that is
   * kept, at the price of its memory.
   */
  readonly serverNoContextTakeover?: boolean;
  /**
   * The client forgets its window after each message (§7.1.1.2). Client: does so, and says so. Server: asks for it, which
   * every client grants. `false` by default.
   */
  readonly clientNoContextTakeover?: boolean;
  /**
   * The server's window is at most 2^n bytes, n being 8 to 15 (§7.1.2.1). Client: asks for it, and takes no other answer.
   * Server: uses no more, even if it may. Not limited by default, which is 15.
   */
  readonly serverMaxWindowBits?: number;
  /**
   * The client's window is at most 2^n bytes, n being 8 to 15 (§7.1.2.2). Client: uses no more, and says so. Server: asks
   * for it, and declines an offer that does not allow to. `true`, the default, limits nothing, but lets the server ask a
   * client to, and take its word, as browsers do; with `false` the parameter is neither offered nor answered.
   */
  readonly clientMaxWindowBits?: number | boolean;
  /**
   * A shorter message is sent as it is, in bytes, unless `sendData` says `compress: true`. One in fragments is taken for
   * a long one. 0 by default: with a window that is kept, even the shortest messages shrink, if they resemble each other.
   */
  readonly threshold?: number;
  /**
   * How much work to spend, 0 to 9. 6 by default, as everywhere; 1 is more than twice as fast on messages of some KiB, and
   * makes them a fifth longer.
   */
  readonly level?: number;
  /** 1 to 9: the compressor takes 2^(windowBits + 2) + 2^(memLevel + 9) bytes. 8 by default, as everywhere. */
  readonly memLevel?: number;
  /**
   * What compresses and inflates: pako by default, which runs everywhere. To leave pako out of a bundle, give another one
   * to `permessageDeflateWith`.
   */
  readonly engine?: DeflateEngine;
}

/** The options beside the engine. */
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

/** What an engine has to have. */
export const engineKind = "{ createDeflater, createInflater }";

export interface ResolvedOptions extends Omit<Required<DeflateSettings>, "serverMaxWindowBits"> {
  readonly serverMaxWindowBits: number | undefined;
}

/** The sizes that a window may have, as powers of two (RFC 7692 §7.1.2): the largest where nothing limits it. */
export const LARGEST_WINDOW_BITS = 15;
const SMALLEST_WINDOW_BITS = 8;

/** The options with defaults. `TypeError` and `RangeError` for those that can't be. */
export function resolveOptions(given: DeflateSettings): ResolvedOptions {
  const { serverMaxWindowBits, clientMaxWindowBits = true } = given;
  const { threshold = 0, level = 6, memLevel = 8 } = given;
  if (serverMaxWindowBits !== undefined) requireWindowBits("serverMaxWindowBits", serverMaxWindowBits);
  if (typeof clientMaxWindowBits !== "boolean") requireWindowBits("clientMaxWindowBits", clientMaxWindowBits);
  return {
    serverNoContextTakeover: given.serverNoContextTakeover ?? false,
    clientNoContextTakeover: given.clientNoContextTakeover ?? false,
    serverMaxWindowBits,
    clientMaxWindowBits,
    threshold: count("threshold", threshold, 0, Infinity),
    level: count("level", level, 0, 9),
    memLevel: count("memLevel", memLevel, 1, 9),
  };
}

function requireWindowBits(name: string, value: number): void {
  count(name, value, SMALLEST_WINDOW_BITS, LARGEST_WINDOW_BITS);
}

function count(name: string, value: number, lowest: number, highest: number): number {
  if ((Number.isInteger(value) || value === highest) && value >= lowest && value <= highest) return value;
  throw new RangeError(`${name} must be a whole number from ${lowest} to ${highest}; it is ${value}`);
}
