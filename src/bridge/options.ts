/** The options of every bridge. */
import type { OptionTable } from "../core/options.ts";
import { abortableTable } from "../stream/abortable.ts";
import { clockTable, type ClockOption } from "../stream/clock.ts";

/**
 * From the first side to the second, or back.
 *
 * @see {@link bridgeBytes}
 */
export type Direction = "aToB" | "bToA";

/** The options of {@link bridgeBytes}. */
export interface BridgeOptions extends ClockOption {
  /** Aborting this signal ends the bridge and both sides. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Ends the bridge if nothing passes in either direction for this long, in milliseconds. Pings do not count. No limit
   * by default.
   */
  readonly idleMs?: number | undefined;
  /** Ends the bridge when more than this many bytes have passed, both directions together. No limit by default. */
  readonly maxBytes?: number | undefined;
  /** Called whenever something has passed, with its size in bytes. If it throws, the bridge ends with its error. */
  readonly onBytes?: ((direction: Direction, bytes: number) => void) | undefined;
}

export const bridgeTable: OptionTable<BridgeOptions> = {
  ...clockTable,
  ...abortableTable,
  idleMs: "a number",
  maxBytes: "a number",
  onBytes: "a function",
};

/** The limits of checked options. Throws `RangeError` if one is invalid. */
export function limitsOf({ idleMs = Infinity, maxBytes = Infinity }: Pick<BridgeOptions, "idleMs" | "maxBytes">): {
  readonly idleMs: number;
  readonly maxBytes: number;
} {
  if (!(idleMs > 0)) throw new RangeError(`idleMs must be above 0 milliseconds; it is ${String(idleMs)}`);
  if (!(maxBytes >= 0)) throw new RangeError(`maxBytes must be at least 0; it is ${String(maxBytes)}`);
  return { idleMs, maxBytes };
}
