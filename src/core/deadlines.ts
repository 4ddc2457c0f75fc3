/** Time as data: what is due when, told by a clock that somebody else keeps. */

export interface Keepalive {
  /** Time from opening, or from the last pong, to the next ping, in milliseconds. */
  readonly intervalMs: number;
  /** How long the pong may take, in milliseconds. */
  readonly timeoutMs: number;
}

export interface Timing {
  /** How long the peer may take for its part of the opening handshake, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** How long to wait for the peer's Close before giving the stream up, in milliseconds. */
  readonly closeTimeoutMs: number;
  /** Pings that show whether the peer is still there (RFC 6455 §5.5.2); none by default, since they cost traffic. */
  readonly keepalive: Keepalive | undefined;
}

export const defaultTiming: Timing = {
  // Long enough for a slow phone on a bad network, short enough for a server that is being held open.
  handshakeTimeoutMs: 10_000,
  closeTimeoutMs: 10_000,
  keepalive: undefined,
};

/** What is being waited for, and since when on the caller's clock, in milliseconds. */
export type Wait =
  | { readonly for: "handshake"; readonly sinceMs: number }
  | { readonly for: "close"; readonly sinceMs: number }
  | { readonly for: "nextPing"; readonly sinceMs: number }
  | { readonly for: "pong"; readonly sinceMs: number }
  | { readonly for: "nothing" };

/** When the wait is over, on the same clock; `Infinity` if it never is. */
export function deadlineMs(wait: Wait, timing: Timing): number {
  switch (wait.for) {
    case "handshake":
      return wait.sinceMs + timing.handshakeTimeoutMs;
    case "close":
      return wait.sinceMs + timing.closeTimeoutMs;
    case "nextPing":
      return wait.sinceMs + (timing.keepalive?.intervalMs ?? Infinity);
    case "pong":
      return wait.sinceMs + (timing.keepalive?.timeoutMs ?? Infinity);
    case "nothing":
      return Infinity;
  }
}

/** The defaults, with the given durations in their place. `RangeError` for what is no duration. */
export function resolveTiming(given: Partial<Timing>): Timing {
  const timing = {
    handshakeTimeoutMs: given.handshakeTimeoutMs ?? defaultTiming.handshakeTimeoutMs,
    closeTimeoutMs: given.closeTimeoutMs ?? defaultTiming.closeTimeoutMs,
    keepalive: given.keepalive,
  };
  requireDuration("handshakeTimeoutMs", timing.handshakeTimeoutMs);
  requireDuration("closeTimeoutMs", timing.closeTimeoutMs);
  if (timing.keepalive !== undefined) {
    requireDuration("keepalive.intervalMs", timing.keepalive.intervalMs);
    requireDuration("keepalive.timeoutMs", timing.keepalive.timeoutMs);
  }
  return timing;
}

function requireDuration(name: string, value: number): void {
  if (!(typeof value === "number" && value > 0)) {
    throw new RangeError(`${name} must be above 0 milliseconds; it is ${String(value)}`);
  }
}
