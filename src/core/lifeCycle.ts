/** The life cycle of a connection as one table (RFC 6455 §4, §5.5.1, §7.1). A signal without a cell is not allowed. */

/**
 * The states of a connection.
 *
 * - `connecting`: the opening handshake is not over
 * - `open`: messages pass in both directions
 * - `localClosing`: this side has sent its Close, and the peer may finish what it was sending
 * - `remoteClosing`: the peer's Close has been read
 * - `rejecting`: the server has refused, and the rest of its answer follows
 * - `closed`: nothing more happens
 *
 * @see {@link lifeCycle}
 */
export type ConnectionState = "connecting" | "open" | "localClosing" | "remoteClosing" | "rejecting" | "closed";

/**
 * What moves a connection from one state to the next.
 *
 * @see {@link lifeCycle}
 */
export type Signal =
  // sent by the application
  | "accept"
  | "reject"
  | "sendRejectionData"
  | "sendMessage"
  | "sendPing"
  | "sendPong"
  | "sendClose"
  // received from the peer
  | "establish"
  | "beRejected"
  | "receiveClose"
  // the end
  | "finishRejection"
  | "end"
  | "fail";

/** The state that each signal leads to. A signal without a cell changes nothing, or is not allowed. */
export type Transitions<State extends string, Of extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Of, State>>>>
>;

/**
 * Which signals are allowed in which state of a connection, and the state that each leads to (RFC 6455 §4, §5.5.1, §7.1).
 * A signal without an entry is not allowed.
 *
 * @example
 * ```ts
 * import { lifeCycle, WSConnection } from "websocket-over";
 *
 * const { state } = new WSConnection("server", { handshake: "none" });
 * console.log(Object.keys(lifeCycle[state]).join(" ")); // → sendMessage sendPing sendPong sendClose receiveClose end fail
 * console.log(lifeCycle.open.sendClose); // → localClosing
 * ```
 */
export const lifeCycle: Transitions<ConnectionState, Signal> = {
  connecting: {
    accept: "open",
    establish: "open",
    reject: "rejecting",
    beRejected: "rejecting",
    end: "closed",
    fail: "closed",
  },
  open: {
    sendMessage: "open",
    sendPing: "open",
    sendPong: "open",
    sendClose: "localClosing",
    receiveClose: "remoteClosing",
    end: "closed",
    fail: "closed",
  },
  // §5.5.1: we send nothing after our Close; the peer may finish what it was sending.
  localClosing: { receiveClose: "closed", end: "closed", fail: "closed" },
  // The peer's Close has been read. Our own, usually its echo, written next, ends this state (§5.5.1).
  remoteClosing: {
    sendMessage: "remoteClosing",
    sendPing: "remoteClosing",
    sendPong: "remoteClosing",
    sendClose: "closed",
    fail: "closed",
  },
  rejecting: { sendRejectionData: "rejecting", finishRejection: "closed", end: "closed", fail: "closed" },
  closed: {},
};

/** Notified of each state that the connection enters. Implemented by the deadlines. */
interface StateWatch {
  /** `byPeer` if the peer's bytes caused it, not a call. */
  enter(state: ConnectionState, byPeer: boolean): void;
}

/** The connection's current state, shared by the opening and the established connection. Each step sets the timers. */
export class LifeCycle {
  state: ConnectionState;
  readonly #deadlines: StateWatch;

  constructor(initial: ConnectionState, deadlines: StateWatch) {
    this.state = initial;
    this.#deadlines = deadlines;
    deadlines.enter(initial, false);
  }

  allows(signal: Signal): boolean {
    return lifeCycle[this.state][signal] !== undefined;
  }

  /** Takes a step that the caller knows to be allowed. An empty cell is a bug in this library. */
  follow(signal: Signal): void {
    const next = lifeCycle[this.state][signal];
    if (next === undefined) throw new Error(`no ${signal} in ${this.state}`);
    this.state = next;
    this.#deadlines.enter(next, signal === "establish");
  }
}
