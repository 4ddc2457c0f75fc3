/** How much a peer can make a connection store or count, with the defaults. `Infinity` turns a limit off. */
import { requireCount, type OptionTable } from "./options.ts";

/**
 * What the peer may make a connection keep. Above a limit the connection fails with Close 1009, or during the opening
 * handshake with an answer of 431 or 400.
 *
 * @see {@link defaultLimits}
 */
export interface Limits {
  /** Largest message, in bytes, after extensions have decoded it: the wire size of a decompression bomb is small. */
  readonly maxMessageBytes: number;
  /** Largest payload of one frame on the wire, in bytes. Checked when the header arrives, before the payload. */
  readonly maxFrameBytes: number;
  /** Maximum number of frames in a message, empty ones included. */
  readonly maxFragments: number;
  /** Largest HTTP head from start line to blank line, in bytes. Also limits the trailers of a rejection. */
  readonly maxHeadBytes: number;
  /** Maximum number of lines in an HTTP head, start line included. */
  readonly maxHeadLines: number;
  /** Maximum number of bytes kept that a client sends before the server has answered its request. */
  readonly maxEarlyBytes: number;
  /**
   * Maximum number of automatic pongs queued for `bytesToSend()`. Above it, only the latest ping is answered, the next
   * time that bytes are taken (§5.5.3). So 0 answers one ping each time.
   */
  readonly maxQueuedReplies: number;
}

/**
 * Some of the limits; the defaults replace the others.
 *
 * @see {@link defaultLimits}
 */
export type LimitOptions = { readonly [Name in keyof Limits]?: number | undefined };

export const limitTable: OptionTable<LimitOptions> = {
  maxMessageBytes: "a number",
  maxFrameBytes: "a number",
  maxFragments: "a number",
  maxHeadBytes: "a number",
  maxHeadLines: "a number",
  maxEarlyBytes: "a number",
  maxQueuedReplies: "a number",
};

/**
 * The limits of a connection that sets none itself.
 *
 * @example
 * ```ts
 * import { defaultLimits, WSConnection } from "websocket-over";
 *
 * const maxMessageBytes = defaultLimits.maxMessageBytes / 64;
 * console.log(maxMessageBytes); // → 1048576
 * new WSConnection("server", { limits: { maxMessageBytes, maxFragments: Infinity } }); // Infinity: no limit
 * ```
 */
export const defaultLimits: Limits = {
  // Large enough for what browsers usually send. Applications that expect less should set it.
  maxMessageBytes: 64 * 1024 * 1024,
  maxFrameBytes: 64 * 1024 * 1024,
  // A 4 MiB message in fragments of 64 bytes.
  maxFragments: 65_536,
  // Common HTTP servers use the same limit.
  maxHeadBytes: 16 * 1024,
  maxHeadLines: 128,
  // §4.1 requires clients to wait for the answer, so only a few early frames are worth keeping.
  maxEarlyBytes: 64 * 1024,
  // Each is at most 127 bytes.
  maxQueuedReplies: 1024,
};

/** The defaults, overridden by the given limits. Throws `RangeError` for anything but a count or `Infinity`. */
export function resolveLimits(given: LimitOptions | undefined): Limits {
  if (given === undefined) return defaultLimits; // shared by all connections
  const limits = { ...defaultLimits };
  for (const name of Object.keys(defaultLimits) as (keyof Limits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    requireCount(`limits.${name}`, value);
    limits[name] = value;
  }
  return limits;
}
