/** The timers of a connection as data: which ones run, since when, and which are due. The caller provides the time. */
import type { Bytes } from "./bytes.ts";
import type { ConnectionState } from "./lifeCycle.ts";
import type { OptionTable } from "./options.ts";
import { CLOSE_TIMEOUT, HANDSHAKE_TIMEOUT, MESSAGE_TIMEOUT, PONG_TIMEOUT } from "./rules.ts";
import type { Rule } from "./violation.ts";

/**
 * The `keepalive` option of a {@link WSConnection} and of all that use one.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 *
 * const keepalive = { intervalMs: 30_000, timeoutMs: 10_000 };
 * const server = new WSConnection("server", { handshake: "none", keepalive });
 * server.advanceTime(0);
 * server.advanceTime(30_000); // a ping is due
 * server.bytesToSend();
 * server.advanceTime(40_000); // no pong has come
 * for (const event of server.events()) if (event.type === "connectionClosed") console.log(event.error?.code); // → keepaliveTimeout
 * ```
 */
export interface Keepalive {
  /** Time from opening, or from the last pong, to the next ping, in milliseconds. */
  readonly intervalMs: number;
  /** How long to wait for the pong, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * How long a {@link WSConnection} waits. The connection reads no clock: it counts the time that you pass to
 * `advanceTime()`.
 */
export interface Timing {
  /** How long the peer may take for its part of the opening handshake, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /**
   * How long the peer may take for a message, or for each 16 KiB of a longer one, in milliseconds, counted from its
   * first byte. This ends messages that trickle in, but not large messages over a slow link.
   */
  readonly messageTimeoutMs: number;
  /** How long to wait for the peer's Close, in milliseconds, before the connection ends without it. */
  readonly closeTimeoutMs: number;
  /** Pings that check whether the peer is still there (RFC 6455 §5.5.2). Off by default, because they cost traffic. */
  readonly keepalive: Keepalive | undefined;
}

/** Some of the times; the defaults replace the others. */
export type TimingOptions = { readonly [Name in keyof Timing]?: Timing[Name] | undefined };

export const timingTable: OptionTable<TimingOptions> = {
  handshakeTimeoutMs: "a number",
  messageTimeoutMs: "a number",
  closeTimeoutMs: "a number",
  keepalive: { intervalMs: "a number", timeoutMs: "a number" },
};

const defaultTiming: Timing = {
  // Long enough for a slow phone on a bad network, short enough for a server that is being held open.
  handshakeTimeoutMs: 10_000,
  // 273 bytes a second: a tenth of what the slowest phones send, with enough time to leave a tunnel.
  messageTimeoutMs: 60_000,
  closeTimeoutMs: 10_000,
  keepalive: undefined,
};

/** The options of {@link Timing} that are durations, in milliseconds. */
export type Duration = Exclude<keyof Timing, "keepalive">;

export const durations: readonly Duration[] = Object.keys(defaultTiming).filter(
  (name): name is Duration => name !== "keepalive",
);

/** The defaults, overridden by the given durations. Throws `RangeError` if a duration is invalid. */
export function resolveTiming(given: TimingOptions): Timing {
  const { keepalive } = given;
  let timing = defaultTiming; // shared by all connections
  for (const name of durations) {
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
    throw new RangeError(`${name} must be more than 0 ms, not ${String(value)}`);
  }
}

export type Timer = "handshake" | "close" | "nextPing" | "pong" | "message";

/** What the peer has broken when a timer is due. */
export const overdue: Readonly<Record<Exclude<Timer, "nextPing">, Rule>> = {
  handshake: HANDSHAKE_TIMEOUT,
  close: CLOSE_TIMEOUT,
  pong: PONG_TIMEOUT,
  message: MESSAGE_TIMEOUT,
};

/** The connection's state arms at most one of these. The message's timer runs beside it. */
type StateTimer = Exclude<Timer, "message">;

/** The timer that each state arms. `rejecting` keeps the client's timer, which covers the whole answer and its body. */
const armedIn: Readonly<Record<Exclude<ConnectionState, "rejecting">, StateTimer | undefined>> = {
  connecting: "handshake",
  open: "nextPing",
  localClosing: "close",
  remoteClosing: undefined,
  closed: undefined,
};

/**
 * The timers of one connection. Transitions arm and stop them; reading them changes nothing.
 *
 * The caller pulls events at the time of the last {@link advance}, so timers that the peer's bytes arm start there. The
 * application may make its calls much later, so the timers that they arm start at the next {@link advance}, or when the
 * caller has next pulled all events.
 */
export class Deadlines {
  readonly #timing: Timing;
  /** The round trip of the last answered keepalive ping, in milliseconds. */
  roundTripMs: number | undefined;
  /** The time of the last {@link advance}. Before the first one no timer runs. */
  nowMs: number | undefined;
  /** When the bytes to be pulled next arrived; `undefined` if they had to wait. */
  #cameMs: number | undefined;
  /** Whether the caller has pulled all events since bytes last arrived. */
  #drained = true;
  /** The armed timer, apart from the message's. */
  #timer: StateTimer | undefined;
  /** When it started; `undefined` if it has not started yet. */
  #sinceMs: number | undefined;
  /** The message's progress when its timer was armed; `undefined` if there is no unfinished message. */
  #progress: number | undefined;
  /** When the message's timer started; `undefined` if it has not started yet. */
  #messageSinceMs: number | undefined;
  /** When the unanswered keepalive pings with the current number were sent. */
  #pingedMs: number[] = NONE;
  #pings = 0;
  /** Whether the application has sent a ping since the keepalive ping. */
  #overtaken = false;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** The connection enters a state, because of a call or, if `byPeer`, of the peer's bytes. */
  enter(state: ConnectionState, byPeer: boolean): void {
    if (state === "rejecting") return;
    this.#progress = undefined;
    this.#arm(armedIn[state], byPeer ? this.#cameMs : undefined);
  }

  /** Server: the request has arrived. The application can take any time to answer it. */
  receiveRequest(): void {
    this.#arm(undefined, undefined);
  }

  /** Bytes have arrived. If earlier ones have not all been pulled, those had to wait. */
  receive(): void {
    if (!this.#drained) this.#withhold();
    this.#drained = false;
  }

  /**
   * All received bytes have been pulled. `progress` is `undefined` between messages. It changes whenever a message
   * progresses, and with each message.
   */
  follow(progress: number | undefined): void {
    if (progress === this.#progress) return;
    this.#progress = progress;
    this.#messageSinceMs = this.#cameMs;
  }

  /** All events have been pulled. For `progress` see {@link follow}. */
  drain(progress: number | undefined): void {
    this.#drained = true;
    this.follow(progress);
    if (this.#timer !== "pong") this.#sinceMs ??= this.nowMs;
  }

  /**
   * Sets the time and returns the timer that is due, if any. A time before the last one counts as the last one. While
   * `unread` is true no deadline of the peer is due, because the unread bytes may meet it. For `progress` see
   * {@link follow}. Throws `RangeError` if the time is not finite.
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

  /** When the next timer is due; `undefined` if none is running, or before the first {@link advance}. */
  nextMs(unread: boolean): number | undefined {
    const nowMs = this.nowMs;
    if (nowMs === undefined) return undefined;
    const dueMs = Math.min(this.#messageDueMs(nowMs, unread), this.#timerDueMs(nowMs, unread));
    return dueMs === Infinity ? undefined : dueMs;
  }

  /** How long a timer runs, in milliseconds; `Infinity` if it never expires. */
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

  /** Starts the wait for a pong. Returns the payload of the keepalive ping to send. */
  sendPing(): Bytes {
    this.#pings++;
    this.#overtaken = false;
    this.#pingedMs = [this.nowMs ?? 0];
    this.#arm("pong", this.#cameMs);
    return this.#pingPayload();
  }

  /**
   * Returns the payload of a repeated keepalive ping, for a peer that is silent; `undefined` if one has just been sent.
   */
  repeatPing(): Bytes | undefined {
    if (this.#timer !== "pong") return this.sendPing();
    if (this.#pingedMs.at(-1) === this.nowMs) return undefined;
    this.#pingedMs.push(this.nowMs ?? 0);
    return this.#pingPayload();
  }

  /** The application sends a ping. A peer may answer only the latest one (§5.5.3), so any pong now stops the timer. */
  notePing(): void {
    this.#overtaken = true;
  }

  /** Takes a pong. Returns the round trip in milliseconds if it answers the keepalive ping. */
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

  /**
   * Received bytes had to wait, so later ones could not arrive. Their timers start again at the next {@link advance}.
   */
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

  /** The number of the ping, in four bytes. It distinguishes the pong from late answers to earlier pings. */
  #pingPayload(): Bytes {
    const pings = this.#pings;
    return Uint8Array.of(pings >> 24, pings >> 16, pings >> 8, pings);
  }
}

/** Shared by all connections that have sent no keepalive ping. */
const NONE: number[] = [];
