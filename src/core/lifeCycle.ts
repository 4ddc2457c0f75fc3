/** The life of a connection as one table (RFC 6455 §4, §5.5.1, §7.1): a signal with no cell may not happen. */

export type ConnectionState = "connecting" | "open" | "localClosing" | "remoteClosing" | "rejecting" | "closed";

export type Signal =
  // what the application does
  | "accept"
  | "reject"
  | "sendRejectionData"
  | "sendMessage"
  | "sendPing"
  | "sendPong"
  | "sendClose"
  // what the peer does
  | "establish"
  | "beRejected"
  | "receiveClose"
  // what ends it
  | "finishRejection"
  | "end"
  | "fail";

type Transitions = Readonly<Record<ConnectionState, Readonly<Partial<Record<Signal, ConnectionState>>>>>;

export const lifeCycle: Transitions = {
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
  // §5.5.1: nothing follows our Close; the peer may still finish what it was sending.
  localClosing: { receiveClose: "closed", end: "closed", fail: "closed" },
  // The peer's Close has been read and its echo is being written: the connection leaves this state by itself.
  remoteClosing: { sendClose: "closed" },
  rejecting: { sendRejectionData: "rejecting", finishRejection: "closed", end: "closed", fail: "closed" },
  closed: {},
};

/** What is told of each state that is entered: the deadlines. */
interface StateWatch {
  enter(state: ConnectionState): void;
}

/** The connection's place in the table, shared by its two halves, opening and framing. Each step sets the timers. */
export class LifeCycle {
  state: ConnectionState;
  readonly #deadlines: StateWatch;

  constructor(initial: ConnectionState, deadlines: StateWatch) {
    this.state = initial;
    this.#deadlines = deadlines;
    deadlines.enter(initial);
  }

  allows(signal: Signal): boolean {
    return lifeCycle[this.state][signal] !== undefined;
  }

  /** Follows a signal that the caller knows to be allowed; an empty cell is a defect of this library. */
  follow(signal: Signal): void {
    const next = lifeCycle[this.state][signal];
    if (next === undefined) throw new Error(`no ${signal} in ${this.state}`);
    this.state = next;
    this.#deadlines.enter(next);
  }
}
