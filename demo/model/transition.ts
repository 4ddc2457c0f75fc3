/** Which signals of the life cycle's table led from one state to the next, told from what was seen at the border. */
import { lifeCycle, type ConnectionState, type Signal, type WSEvent } from "../../src/index.ts";

export interface Transition {
  readonly from: ConnectionState;
  readonly to: ConnectionState;
  /** In the order in which they came. */
  readonly signals: readonly Signal[];
}

/** What an event says of signals, by the state before it; nothing for those that are no step. */
export function signalsOf(event: WSEvent, before: ConnectionState, autoPong = true): readonly Signal[] {
  switch (event.type) {
    case "connectionEstablished":
      // The server's `accept` is a command or automatic: see `lifeCycle`.
      return before === "connecting" ? ["establish"] : [];
    case "connectionRejected":
      return ["beRejected"];
    case "pingReceived":
      return before === "open" && autoPong ? ["sendPong"] : [];
    case "connectionClosed":
      if (event.error !== undefined) return ["fail"];
      if (before === "rejecting") return ["finishRejection"];
      if (event.received === undefined) return ["end"];
      return before === "localClosing" ? ["receiveClose"] : ["receiveClose", "sendClose"];
    default:
      return [];
  }
}

/** The way that the table leads, or `undefined` where it does not lead there. */
export function follow(from: ConnectionState, signals: readonly Signal[]): Transition | undefined {
  let to: ConnectionState | undefined = from;
  for (const name of signals) to = to && lifeCycle[to][name];
  return to === undefined || signals.length === 0 ? undefined : { from, to, signals };
}
