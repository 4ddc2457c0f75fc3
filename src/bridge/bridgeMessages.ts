/** Joins two WebSockets, message by message. */
import { CloseCode, isCloseCodeOnWire } from "../core/closeCodes.ts";
import { shortenedReason } from "../core/closeFrame.ts";
import { ProtocolError } from "../core/errors.ts";
import { checkOptions, passOn, refuse, type OptionTable } from "../core/options.ts";
import { systemClock, type Clock } from "../stream/clock.ts";
import { WebSocketError } from "../stream/webSocketError.ts";
import { withResolvers } from "../stream/withResolvers.ts";
import { answerCloseLater, WebSocketSession, type CloseOptions } from "../stream/session.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { BridgeError } from "./bridgeError.ts";
import { MessagePump } from "./messagePump.ts";
import type { MessageSession } from "./messageSession.ts";
import { Meter } from "./meter.ts";
import { bridgeTable, type BridgeOptions, type Direction } from "./options.ts";
import { QuietTimer } from "./quietTimer.ts";
import { webSocketSession, type WebSocketLike } from "./webSocketSession.ts";

/** The options of {@link bridgeMessages}. */
export interface BridgeMessagesOptions extends BridgeOptions {
  /**
   * When one side has ended, how long the other may go without taking any of the messages that are left, in
   * milliseconds. Then the rest is dropped. 10,000 by default.
   */
  readonly closeTimeoutMs?: number | undefined;
}

const table: OptionTable<BridgeMessagesOptions> = { ...bridgeTable, closeTimeoutMs: "a number" };

/**
 * How a bridge between two WebSockets ended.
 *
 * @see {@link bridgeMessages}
 */
export interface BridgeEnd {
  /** The code of the Close frame that ended it; 1005 if it had none. */
  readonly closeCode: number;
  readonly reason: string;
  /** The side that closed first; `"bridge"` if a limit was reached. */
  readonly closedBy: "a" | "b" | "bridge";
}

/**
 * Passes the messages of each WebSocket on to the other, until both have closed. Takes ownership of both and closes
 * them. Pass the client's side first and the server's second.
 *
 * A side that takes nothing holds the other one. Between two sessions a message longer than one chunk passes in pieces,
 * as it arrives; through a `WebSocket` object it passes whole. The close code and the reason are passed on, also a Close
 * without a code, after all messages before it. The side that closed first gets the other side's answer, after all
 * messages before that (RFC 6455 §5.5.1 lets a Close wait for its answer); only a `WebSocket` object that is closed by
 * its peer has answered already, with the same code. If a side is lost or breaks the protocol, the other one gets a Close
 * with 1014 if the server's side failed, or with 1011 if the client's did; if the message of either is over a limit,
 * with 1009. Pings stay on their side.
 *
 * Resolves when both have ended, with the first Close. Rejects with the `WebSocketError` of the side that failed, or with
 * the signal's reason. If the signal is aborted, both sides get 1001. Above `maxBytes` they get 1009, after `idleMs`
 * 1001. Rejects with `TypeError` or `RangeError`, and closes both with 1011, if an option is invalid.
 *
 * @example
 * ```ts
 * import { bridgeMessages } from "websocket-over/bridge";
 * import { accept, connect } from "websocket-over/stream";
 * import { pipe } from "websocket-over/pipe";
 *
 * const open = async () => {
 *   const [near, far] = pipe();
 *   return Promise.all([connect(near), accept(far).then((request) => request.accept())]);
 * };
 * const [client, near] = await open();
 * const [far, server] = await open();
 * const bridged = bridgeMessages(near, far);
 * await client.send("hello");
 * console.log(await server.receive()); // → hello
 * void server.close({ closeCode: 4000, reason: "bye" });
 * console.log(await bridged); // → { closeCode: 4000, reason: 'bye', closedBy: 'b' }
 * ```
 */
export async function bridgeMessages(
  a: MessageSession | WebSocketLike,
  b: MessageSession | WebSocketLike,
  options: BridgeMessagesOptions = {},
): Promise<BridgeEnd> {
  let bridge: MessageBridge;
  try {
    const checked = checkOptions("bridgeMessages()", options, table);
    const { closeTimeoutMs = 10_000, clock = systemClock } = checked;
    if (!(closeTimeoutMs > 0)) {
      throw new RangeError(`closeTimeoutMs must be above 0 milliseconds; it is ${String(closeTimeoutMs)}`);
    }
    requireSession(a);
    requireSession(b);
    if (a === b) throw new TypeError("bridgeMessages() joins two WebSockets, not one with itself");
    const inner = passOn({ clock, closeTimeoutMs });
    const [near, far] = [a, b].map((side) => (isSocket(side) ? webSocketSession(side, inner) : side));
    bridge = new MessageBridge({ a: near!, b: far! }, { ...checked, ...inner });
  } catch (error) {
    for (const side of [a, b]) refuseSide(side);
    throw error;
  }
  return await bridge.done;
}

function requireSession(side: MessageSession | WebSocketLike): void {
  const members: Partial<MessageSession> = Object(side) as object;
  if (isSocket(side) || ("receive" in members && "send" in members && "closed" in members)) return;
  refuse("bridgeMessages() takes sessions and WebSockets, { send, close }", side);
}

function isSocket(side: MessageSession | WebSocketLike): side is WebSocketLike {
  return "readyState" in Object(side);
}

function refuseSide(side: MessageSession | WebSocketLike): void {
  try {
    const session = isSocket(side) ? webSocketSession(side) : side;
    session.close({ closeCode: CloseCode.INTERNAL_ERROR }).catch(ignore);
  } catch {
    // It is neither, or it has ended.
  }
}

type Side = "a" | "b";

const other = { a: "b", b: "a" } as const;
const directionFrom: Readonly<Record<Side, Direction>> = { a: "aToB", b: "bToA" };

/** The Close for the other side if this one fails. */
const failureCodes: Readonly<Record<Side, CloseOptions>> = {
  a: { closeCode: CloseCode.INTERNAL_ERROR, reason: "the client was lost" },
  b: { closeCode: CloseCode.BAD_GATEWAY, reason: "the server was lost" },
};

const TOO_BIG: CloseOptions = { closeCode: CloseCode.MESSAGE_TOO_BIG, reason: "a message was over the limit" };
const DEFECT: CloseOptions = { closeCode: CloseCode.INTERNAL_ERROR };

/** How one side ended. */
type SideEnd = { readonly closeCode: number; readonly reason: string } | { readonly error: unknown };

class MessageBridge {
  readonly done: Promise<BridgeEnd>;
  readonly #sessions: Readonly<Record<Side, MessageSession>>;
  readonly #pumps: Readonly<Record<Side, MessagePump>>;
  readonly #closes: Readonly<Record<Side, Promise<SideEnd>>>;
  readonly #clock: Clock;
  readonly #closeTimeoutMs: number;
  /** One for each side that has ended, while the rest of its messages is passed on. */
  readonly #draining: Partial<Record<Side, QuietTimer>> = {};
  /** The first end. */
  #end: BridgeEnd | { readonly error: unknown } | undefined;

  constructor(
    sessions: Readonly<Record<Side, MessageSession>>,
    options: BridgeMessagesOptions & { readonly clock: Clock; readonly closeTimeoutMs: number },
  ) {
    this.#sessions = sessions;
    this.#closes = { a: closeOf(sessions.a), b: closeOf(sessions.b) };
    this.#clock = options.clock;
    this.#closeTimeoutMs = options.closeTimeoutMs;
    const meter = new Meter(options, (error) => this.#stop(error));
    const pumpFrom = (side: Side): MessagePump =>
      new MessagePump(sessions[side], sessions[other[side]], (bytes) => {
        this.#draining[side]?.touch();
        meter.count(directionFrom[side], bytes);
      });
    this.#pumps = { a: pumpFrom("a"), b: pumpFrom("b") };
    const stopListening = onAbort(options.signal, (reason) => {
      this.#closeBoth({ error: reason }, { closeCode: CloseCode.GOING_AWAY });
    });
    this.done = this.#run().finally(() => {
      stopListening();
      meter.stop();
    });
  }

  async #run(): Promise<BridgeEnd> {
    for (const pump of Object.values(this.#pumps)) pump.done.catch((error: unknown) => this.#stop(error));
    await Promise.all([this.#follow("a"), this.#follow("b")]);
    const end = this.#end!;
    if ("error" in end) throw end.error;
    return end;
  }

  /** Waits until one side closes or ends, and passes that on: as a Close, or as the answer to the other side's. */
  async #follow(side: Side): Promise<void> {
    const ended = endOf(this.#sessions[side]);
    const end = await Promise.race([this.#closes[side], ended]);
    this.#end ??= "error" in end ? end : { ...end, closedBy: side };
    const isDelivered = await this.#drain(side);
    const isLost = !isDelivered || this.#pumps[side].lost;
    this.#close(other[side], isLost ? (tooBig(end) ?? failureCodes[side]) : closeFor(end, side));
    await ended;
    // Nobody is there to take more.
    this.#pumps[other[side]].stop();
  }

  /** Returns whether the other side has taken all that is left. */
  async #drain(side: Side): Promise<boolean> {
    const timedOut = withResolvers<boolean>();
    try {
      this.#draining[side] = new QuietTimer(this.#clock, this.#closeTimeoutMs, () => timedOut.resolve(false));
    } catch (error) {
      // Of the clock.
      this.#end = { error };
      this.#stop(error);
    }
    const delivered = this.#pumps[side].done.then(
      () => true,
      () => false,
    );
    const isDelivered = await Promise.race([delivered, timedOut.promise]);
    this.#draining[side]?.stop();
    return isDelivered;
  }

  /** Ends both sides because of an error of the bridge. */
  #stop(error: unknown): void {
    if (!(error instanceof BridgeError)) {
      this.#closeBoth({ error }, DEFECT);
      return;
    }
    const closeCode = error.code === "idle" ? CloseCode.GOING_AWAY : CloseCode.MESSAGE_TOO_BIG;
    const reason = error.code === "idle" ? "idle" : "too many bytes";
    this.#closeBoth({ closeCode, reason, closedBy: "bridge" }, { closeCode, reason });
  }

  #closeBoth(end: BridgeEnd | { readonly error: unknown }, close: CloseOptions): void {
    this.#end ??= end;
    this.#shut("a", close);
    this.#shut("b", close);
  }

  /** Closes a side, and drops what it still brings. */
  #shut(side: Side, close: CloseOptions): void {
    this.#close(side, close);
    this.#pumps[side].stop();
  }

  /** Closes a side, unless it is closing. */
  #close(side: Side, close: CloseOptions): void {
    this.#sessions[side].close(close).catch(ignore);
  }
}

/** Resolves with the peer's Close, if the bridge answers it. */
function closeOf(session: MessageSession): Promise<SideEnd> {
  return new Promise((resolve) => {
    if (!(session instanceof WebSocketSession)) return;
    answerCloseLater(session, ({ code: closeCode, reason }) => resolve({ closeCode, reason }));
  });
}

function endOf(session: MessageSession): Promise<SideEnd> {
  return session.closed.then(
    ({ closeCode, reason }) => ({ closeCode, reason }),
    (error: unknown) => ({ error }),
  );
}

/** The Close for the other side. */
function closeFor(end: SideEnd, side: Side): CloseOptions {
  const { closeCode = CloseCode.ABNORMAL_CLOSURE, reason } =
    "error" in end ? (end.error instanceof WebSocketError ? end.error : { reason: "" }) : end;
  if (closeCode === CloseCode.NO_STATUS_RECEIVED) return {};
  if (isCloseCodeOnWire(closeCode)) return { closeCode, reason: shortenedReason(reason) };
  return tooBig(end) ?? failureCodes[side];
}

/** If the side ended because a message was over the bridge's own limit. */
function tooBig(end: SideEnd): CloseOptions | undefined {
  const cause: unknown = "error" in end ? (Object(end.error) as { cause?: unknown }).cause : undefined;
  return cause instanceof ProtocolError && cause.closeCode === CloseCode.MESSAGE_TOO_BIG ? TOO_BIG : undefined;
}
