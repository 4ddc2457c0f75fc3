/** What a peer may make a connection hold or count, with the defaults. Each limit is switched off by `Infinity`. */
import type { OptionTable } from "./options.ts";

export interface Limits {
  /** Largest message after extensions have decoded it, in bytes. Counts what is delivered, since the wire size of a bomb is small. */
  readonly maxMessageBytes: number;
  /** Largest payload of one frame as it is on the wire, in bytes. Tested on the frame's header, before its payload. */
  readonly maxFrameBytes: number;
  /** Most frames of one message, empty ones included. */
  readonly maxFragments: number;
  /** Largest HTTP head, start line to blank line, in bytes; also of a rejection's trailers. */
  readonly maxHeadBytes: number;
  /** Most lines of an HTTP head, the start line included. */
  readonly maxHeadLines: number;
  /** Most bytes kept that a client sends before the server has answered its request. */
  readonly maxEarlyBytes: number;
  /**
   * Most automatic pongs that wait for `bytesToSend()`. Of the pings beyond it only the latest is answered, when bytes are
   * next taken (§5.5.3). So 0 answers one ping each time.
   */
  readonly maxQueuedReplies: number;
}

export const limitTable: OptionTable<Limits> = {
  maxMessageBytes: "a number",
  maxFrameBytes: "a number",
  maxFragments: "a number",
  maxHeadBytes: "a number",
  maxHeadLines: "a number",
  maxEarlyBytes: "a number",
  maxQueuedReplies: "a number",
};

export const defaultLimits: Limits = {
  // Large enough for what browsers are used to send; an application that expects less should say so.
  maxMessageBytes: 64 * 1024 * 1024,
  maxFrameBytes: 64 * 1024 * 1024,
  // A 4 MiB message in fragments of 64 bytes.
  maxFragments: 65_536,
  // What common HTTP servers allow.
  maxHeadBytes: 16 * 1024,
  maxHeadLines: 128,
  // §4.1 has clients wait for the answer: only a few eager frames are worth keeping.
  maxEarlyBytes: 64 * 1024,
  // At most 127 bytes each.
  maxQueuedReplies: 1024,
};

/** The defaults, with the given limits in their place. `RangeError` for what is not a count or `Infinity`. */
export function resolveLimits(given: Partial<Limits> | undefined): Limits {
  if (given === undefined) return defaultLimits; // one object for all connections
  const limits = { ...defaultLimits };
  for (const name of Object.keys(defaultLimits) as (keyof Limits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    if (value !== Infinity && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new RangeError(`limits.${name} must be a whole number of at least 0, or Infinity; it is ${String(value)}`);
    }
    limits[name] = value;
  }
  return limits;
}
