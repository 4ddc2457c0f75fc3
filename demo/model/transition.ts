/** Which signals of the life cycle led from one state to the next, derived from the visible events. */
import { lifeCycle, type ConnectionState, type Signal, type WSEvent } from "../../src/index.ts";

export interface Transition {
  readonly from: ConnectionState;
  readonly to: ConnectionState;
  /** In order of arrival. */
  readonly signals: readonly Signal[];
}

/** The signals of an event, by the state before it; none if it is not a step. */
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

/** The path through the table, or `undefined` if there is none. */
export function follow(from: ConnectionState, signals: readonly Signal[]): Transition | undefined {
  let to: ConnectionState | undefined = from;
  for (const name of signals) to = to && lifeCycle[to][name];
  return to === undefined || signals.length === 0 ? undefined : { from, to, signals };
}
