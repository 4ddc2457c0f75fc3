/** Time as data: what is due when, by a clock that somebody else keeps. */
import type { Bytes } from "./bytes.ts";

export interface Keepalive {
  /** Time from opening, or from the last pong, to the next ping, in milliseconds. */
  readonly intervalMs: number;
  /** How long the pong may take, in milliseconds. */
  readonly timeoutMs: number;
}

export interface Timing {
  /** How long the peer may take for its part of the opening handshake, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /**
   * How long the peer may take over a message, or over each 16 KiB of one that is longer, from its first byte on, in
   * milliseconds. So a message that trickles in ends, and one of any size over a slow link does not.
   */
  readonly messageTimeoutMs: number;
  /** How long to wait for the peer's Close before giving the stream up, in milliseconds. */
  readonly closeTimeoutMs: number;
  /** Pings that show whether the peer is still there (RFC 6455 §5.5.2); none by default, since they cost traffic. */
  readonly keepalive: Keepalive | undefined;
}

const defaultTiming: Timing = {
  // Long enough for a slow phone on a bad network, short enough for a server that is being held open.
  handshakeTimeoutMs: 10_000,
  // 273 bytes a second, a tenth of what the slowest phones send, and time enough to come out of a tunnel.
  messageTimeoutMs: 60_000,
  closeTimeoutMs: 10_000,
  keepalive: undefined,
};

/** The defaults, with the given durations in their place. `RangeError` for what is no duration. */
export function resolveTiming(given: Partial<Timing>): Timing {
  const { keepalive } = given;
  let timing = defaultTiming; // one object for all connections
  for (const name of ["handshakeTimeoutMs", "messageTimeoutMs", "closeTimeoutMs"] as const) {
    const ms = given[name];
    if (ms === undefined) continue;
    requireDuration(name, ms);
    timing = { ...timing, [name]: ms };
  }
  if (keepalive !== undefined) {
    requireDuration("keepalive.intervalMs", keepalive.intervalMs);
    requireDuration("keepalive.timeoutMs", keepalive.timeoutMs);
    timing = { ...timing, keepalive };
  }
  return timing;
}

function requireDuration(name: string, value: number): void {
  if (!(typeof value === "number" && value > 0)) {
    throw new RangeError(`${name} must be above 0 milliseconds; it is ${String(value)}`);
  }
}

/** What a connection is at, as far as time is concerned. */
export type Phase = "handshake" | "open" | "close" | "untimed";

/** What can be waited for. */
type Wait = "handshake" | "close" | "nextPing" | "pong" | "nothing";

/** How long a wait may last, in milliseconds; `Infinity` if it may last for ever. */
function longest(wait: Wait, timing: Timing): number {
  switch (wait) {
    case "handshake":
      return timing.handshakeTimeoutMs;
    case "close":
      return timing.closeTimeoutMs;
    case "nextPing":
      return timing.keepalive?.intervalMs ?? Infinity;
    case "pong":
      return timing.keepalive?.timeoutMs ?? Infinity;
    case "nothing":
      return Infinity;
  }
}

/**
 * What one connection waits for, and since when. A wait begins when it is first asked about, at the time that was told
 * last, or else when the time is next told: an application that acts long after the last time is not late at once.
 */
export class Deadlines {
  readonly timing: Timing;
  /** How long the last keepalive ping took to be answered, in milliseconds. */
  roundTripMs: number | undefined;
  #nowMs: number | undefined;
  #wait: Wait = "nothing";
  #sinceMs = 0;
  /** When the keepalive ping was sent. */
  #pingedMs = 0;
  #pings = 0;
  /** Whether the application has sent a ping of its own since the keepalive ping. */
  #overtaken = false;
  /** How far the message that is under way had come, and since when. */
  #progress: number | undefined;
  #progressMs = 0;
  /** Whether something waited to be pulled since the time was told. */
  #withheld = false;

  constructor(timing: Timing) {
    this.timing = timing;
  }

  /**
   * Takes the time, and returns what has been waited for too long, if anything has. While there are `unread` bytes
   * nothing of the peer's is: what is waited for may be among them. `progress` is `undefined` unless a message is under
   * way, and another number whenever that one has come further, or is another.
   */
  advance(nowMs: number, phase: Phase, unread: boolean, progress: number | undefined): Wait | "message" {
    if (!Number.isFinite(nowMs) || nowMs < (this.#nowMs ?? nowMs)) {
      throw new RangeError(`time must not go back: ${String(nowMs)} ms`);
    }
    this.#nowMs = nowMs;
    // The rest could not come while nobody took what there was: the peer has the whole time again.
    if (this.#withheld) {
      this.#progress = undefined;
      if (this.#wait === "pong") this.#sinceMs = nowMs;
    }
    this.#withheld = unread;
    if (nowMs >= this.#messageDueMs(nowMs, unread, progress)) return "message";
    return nowMs >= this.#dueMs(nowMs, phase, unread) ? this.#wait : "nothing";
  }

  /** When the present wait is over; `undefined` if it never is, or the time has never been told. */
  nextMs(phase: Phase, unread: boolean, progress: number | undefined): number | undefined {
    const nowMs = this.#nowMs;
    if (nowMs === undefined) return undefined;
    this.#withheld ||= unread;
    const dueMs = Math.min(this.#messageDueMs(nowMs, unread, progress), this.#dueMs(nowMs, phase, unread));
    return dueMs === Infinity ? undefined : dueMs;
  }

  /** Begins to wait for the pong of a keepalive ping, and returns the payload of both. */
  sendPing(): Bytes {
    this.#pings++;
    this.#wait = "pong";
    this.#overtaken = false;
    this.#sinceMs = this.#pingedMs = this.#nowMs ?? 0;
    return this.#pingPayload();
  }

  /** The application sends a ping. A peer may answer the latest one alone (§5.5.3), so any pong will do from now on. */
  notePing(): void {
    this.#overtaken = true;
  }

  /** Takes a pong, and returns the round trip if it answers the keepalive ping, in milliseconds. */
  receivePong(payload: Uint8Array): number | undefined {
    if (this.#wait !== "pong") return undefined;
    const expected = this.#pingPayload();
    if (payload.length !== expected.length || !payload.every((byte, i) => byte === expected[i])) {
      if (this.#overtaken) this.#wait = "nothing";
      return undefined;
    }
    this.roundTripMs = (this.#nowMs ?? this.#pingedMs) - this.#pingedMs;
    this.#wait = "nothing";
    return this.roundTripMs;
  }

  #dueMs(nowMs: number, phase: Phase, unread: boolean): number {
    const wait = this.#waitIn(phase);
    if (wait !== this.#wait) {
      this.#wait = wait;
      this.#sinceMs = nowMs;
    }
    return unread && wait !== "nextPing" ? Infinity : this.#sinceMs + longest(wait, this.timing);
  }

  #messageDueMs(nowMs: number, unread: boolean, progress: number | undefined): number {
    if (progress !== this.#progress) {
      this.#progress = progress;
      this.#progressMs = nowMs;
    }
    return unread || progress === undefined ? Infinity : this.#progressMs + this.timing.messageTimeoutMs;
  }

  #waitIn(phase: Phase): Wait {
    switch (phase) {
      case "handshake":
      case "close":
        return phase;
      case "open":
        return this.timing.keepalive === undefined ? "nothing" : this.#wait === "pong" ? "pong" : "nextPing";
      case "untimed":
        return "nothing";
    }
  }

  /** The number of the ping, in four bytes, so that an old pong is not taken for a new one. */
  #pingPayload(): Bytes {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#pings);
    return payload;
  }
}
