/** Timers as data: which ones run, since when, and what is due, by a clock that the caller keeps. */
import type { Bytes } from "./bytes.ts";
import type { ConnectionState } from "./lifeCycle.ts";
import type { OptionTable } from "./options.ts";

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

export const timingTable: OptionTable<Timing> = {
  handshakeTimeoutMs: "a number",
  messageTimeoutMs: "a number",
  closeTimeoutMs: "a number",
  keepalive: { intervalMs: "a number", timeoutMs: "a number" },
};

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

/** What can be waited for. */
export type Timer = "handshake" | "close" | "nextPing" | "pong" | "message";

/** The state of the connection arms one of these at a time. The message's timer runs beside it. */
type StateTimer = Exclude<Timer, "message">;

/** What each state waits for. In `rejecting` the client's timer goes on: it is for the whole answer, its body included. */
const armedIn: Readonly<Record<Exclude<ConnectionState, "rejecting">, StateTimer | undefined>> = {
  connecting: "handshake",
  open: "nextPing",
  localClosing: "close",
  remoteClosing: undefined,
  closed: undefined,
};

/**
 * The timers of one connection. They are armed and stopped at transitions, and reading them changes nothing.
 *
 * The caller pulls events at the time of the last {@link advance}. Timers that the peer's bytes arm start there. A call of
 * the application may come much later. So the timers that it arms start with the next {@link advance}, or when the caller
 * has next pulled the events to the end.
 */
export class Deadlines {
  readonly #timing: Timing;
  /** How long the last keepalive ping took to be answered, in milliseconds. */
  roundTripMs: number | undefined;
  /** The time of the last {@link advance}. Before the first one nothing is timed. */
  nowMs: number | undefined;
  /** When the bytes arrived that are pulled next; `undefined` if they had to wait. */
  #cameMs: number | undefined;
  /** Whether the caller has pulled the events to the end since bytes arrived. */
  #drained = true;
  /** The timer that is armed, besides that of the message. */
  #timer: StateTimer | undefined;
  /** When it started; `undefined` if it has not yet. */
  #sinceMs: number | undefined;
  /** How far the message had come when its timer was armed; `undefined` if no message is under way. */
  #progress: number | undefined;
  /** As `#sinceMs`, for the message. */
  #messageSinceMs: number | undefined;
  /** When each of the keepalive pings was sent that carry the present number and have not been answered. */
  #pingedMs: number[] = NONE;
  #pings = 0;
  /** Whether the application has sent a ping of its own since the keepalive ping. */
  #overtaken = false;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** The connection enters a state. */
  enter(state: ConnectionState): void {
    if (state === "rejecting") return;
    this.#progress = undefined;
    this.#arm(armedIn[state], undefined);
  }

  /** Server: the request has arrived. The application may take any time to answer it. */
  receiveRequest(): void {
    this.#arm(undefined, undefined);
  }

  /** Bytes have arrived. If earlier ones have not been pulled to the end, they had to wait. */
  receive(): void {
    if (!this.#drained) this.#withhold();
    this.#drained = false;
  }

  /**
   * No bytes wait to be pulled. `progress` is `undefined` unless a message is under way, and another number whenever that
   * one has come further, or is another.
   */
  follow(progress: number | undefined): void {
    if (progress === this.#progress) return;
    this.#progress = progress;
    this.#messageSinceMs = this.#cameMs;
  }

  /** The events have been pulled to the end. `progress` is as in {@link follow}. */
  drain(progress: number | undefined): void {
    this.#drained = true;
    this.follow(progress);
    if (this.#timer !== "pong") this.#sinceMs ??= this.nowMs;
  }

  /**
   * Takes the time, and returns what is due. A time before the last one counts as the last one. While there are `unread`
   * bytes nothing of the peer's is due: what is waited for may be among them. `progress` is as in {@link follow}.
   * `RangeError` for a time that is not finite.
   */
  advance(nowMs: number, unread: boolean, progress: number | undefined): Timer | undefined {
    if (!Number.isFinite(nowMs)) {
      throw new RangeError(`the time must be finite, not ${String(nowMs)}`);
    }
    const now = Math.max(nowMs, this.nowMs ?? nowMs);
    this.nowMs = now;
    this.#cameMs = now;
    this.follow(progress);
    if (unread) this.#withhold();
    else this.#messageSinceMs ??= now;
    if (!(unread && this.#timer === "pong")) this.#sinceMs ??= now;
    if (now >= this.#messageDueMs(now, unread)) return "message";
    return now >= this.#timerDueMs(now, unread) ? this.#timer : undefined;
  }

  /** When something will be due; `undefined` if nothing will be, or before the first {@link advance}. */
  nextMs(unread: boolean): number | undefined {
    const nowMs = this.nowMs;
    if (nowMs === undefined) return undefined;
    const dueMs = Math.min(this.#messageDueMs(nowMs, unread), this.#timerDueMs(nowMs, unread));
    return dueMs === Infinity ? undefined : dueMs;
  }

  /** How long a timer runs, in milliseconds; `Infinity` if it never ends. */
  lengthOf(timer: Timer): number {
    const { handshakeTimeoutMs, closeTimeoutMs, messageTimeoutMs, keepalive } = this.#timing;
    switch (timer) {
      case "handshake":
        return handshakeTimeoutMs;
      case "close":
        return closeTimeoutMs;
      case "message":
        return messageTimeoutMs;
      case "nextPing":
        return keepalive?.intervalMs ?? Infinity;
      case "pong":
        return keepalive?.timeoutMs ?? Infinity;
    }
  }

  /** A keepalive ping is sent: waits for its pong from now on, and returns the payload of both. */
  sendPing(): Bytes {
    this.#pings++;
    this.#overtaken = false;
    this.#pingedMs = [this.nowMs ?? 0];
    this.#arm("pong", this.#cameMs);
    return this.#pingPayload();
  }

  /**
   * A keepalive ping is sent again, because nothing has been heard of the peer: returns its payload, or `undefined` if
   * one has just been sent.
   */
  repeatPing(): Bytes | undefined {
    if (this.#timer !== "pong") return this.sendPing();
    if (this.#pingedMs.at(-1) === this.nowMs) return undefined;
    this.#pingedMs.push(this.nowMs ?? 0);
    return this.#pingPayload();
  }

  /** The application sends a ping. A peer may answer the latest one alone (§5.5.3), so any pong will do from now on. */
  notePing(): void {
    this.#overtaken = true;
  }

  /** Takes a pong, and returns the round trip if it answers the keepalive ping, in milliseconds. */
  receivePong(payload: Uint8Array): number | undefined {
    if (this.#pingedMs.length === 0) return undefined;
    const expected = this.#pingPayload();
    const answers = payload.length === expected.length && payload.every((byte, i) => byte === expected[i]);
    if (this.#timer === "pong" && (answers || this.#overtaken)) this.#arm("nextPing", this.nowMs);
    if (!answers) return undefined;
    const pingedMs = this.#pingedMs.shift()!;
    this.roundTripMs = (this.nowMs ?? pingedMs) - pingedMs;
    return this.roundTripMs;
  }

  /** Bytes had to wait, so those behind them could not arrive: their timers start again with the next {@link advance}. */
  #withhold(): void {
    this.#cameMs = undefined;
    this.#messageSinceMs = undefined;
    if (this.#timer === "pong") this.#sinceMs = undefined;
  }

  #arm(timer: StateTimer | undefined, sinceMs: number | undefined): void {
    this.#timer = timer;
    this.#sinceMs = sinceMs;
  }

  #timerDueMs(nowMs: number, unread: boolean): number {
    const timer = this.#timer;
    if (timer === undefined || (unread && timer !== "nextPing")) return Infinity;
    return (this.#sinceMs ?? nowMs) + this.lengthOf(timer);
  }

  #messageDueMs(nowMs: number, unread: boolean): number {
    if (this.#progress === undefined || unread) return Infinity;
    return (this.#messageSinceMs ?? nowMs) + this.lengthOf("message");
  }

  /** The number of the ping, in four bytes, so that an old pong is not taken for a new one. */
  #pingPayload(): Bytes {
    const pings = this.#pings;
    return Uint8Array.of(pings >> 24, pings >> 16, pings >> 8, pings);
  }
}

/** Shared by all connections that have sent no keepalive ping. */
const NONE: number[] = [];
