/** The options of `./resume`, and their defaults. */
import { randomBytes } from "../connection/randomBytes.ts";
import type { Bytes } from "../core/bytes.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import { systemClock, type Clock, type ClockOption } from "../stream/clock.ts";

/** The options of {@link resumable}. */
export interface ResumeOptions extends ClockOption {
  /**
   * The most bytes to keep until the reader at the other end has taken them, in each direction. When as many wait,
   * writes wait. The smaller limit of the two ends applies. 1 MiB by default, at least 1 KiB.
   */
  readonly bufferBytes?: number | undefined;
  /**
   * How long a session lives without a carrier, in milliseconds. Also how long the first dial is repeated, and how long a
   * closed transport waits for the other end to take more of what was written. 30 s by default: long enough for a tunnel or another network.
   */
  readonly keepMs?: number | undefined;
  /**
   * A carrier that is silent for this long, although something has not been answered, is probed. If it stays silent for
   * as long again, it is replaced. An attempt to dial may take twice as long. In milliseconds; 5 s by default. While
   * there is nothing to say, nothing is sent.
   */
  readonly probeMs?: number | undefined;
  /** Aborting this signal ends the session at once: both ends fail, this one with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Fills an array with random bytes, for tokens. Others must not be able to guess them. By default the platform's. */
  readonly random?: ((bytes: Bytes) => void) | undefined;
}

export const resumeTable: OptionTable<ResumeOptions> = {
  bufferBytes: "a number",
  keepMs: "a number",
  probeMs: "a number",
  signal: "{ aborted, reason }",
  random: "a function",
  clock: "{ now, setTimeout, clearTimeout }",
};

export interface ResolvedOptions {
  readonly bufferBytes: number;
  readonly keepMs: number;
  readonly probeMs: number;
  readonly signal: AbortSignal | undefined;
  readonly random: (bytes: Bytes) => void;
  readonly clock: Clock;
}

/** Checks the options and fills in the defaults. Throws `TypeError` or `RangeError`. `where` names the function. */
export function resolveOptions(where: string, given: ResumeOptions, table: object): ResolvedOptions {
  const { bufferBytes = 2 ** 20, ...options } = checkOptions(where, given, table);
  const { keepMs = 30_000, probeMs = 5000, signal, random = randomBytes, clock = systemClock } = options;
  requireAtLeast("bufferBytes", bufferBytes, 1024);
  requireAtLeast("keepMs", keepMs, 0);
  requireAtLeast("probeMs", probeMs, 1);
  return { bufferBytes: Math.min(Math.floor(bufferBytes), 2 ** 40), keepMs, probeMs, signal, random, clock };
}

export function requireAtLeast(name: string, value: number, least: number): void {
  if (!(value >= least)) throw new RangeError(`${name} is at least ${least}, not ${value}`);
}
