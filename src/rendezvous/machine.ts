/** The inputs and the commands of the machines in this folder. */
import type { Fare } from "../transports/peerConnection.ts";

/** What has happened. `session` names the pair, and so its peer connection. */
export type Input =
  | { readonly type: "start" | "tick" | "online" | "signalsEnded" | "stop" }
  /** A text came through the signals. */
  | { readonly type: "text"; readonly text: unknown }
  /** The shell has made a description, of this round. */
  | { readonly type: "described"; readonly session: string; readonly round: number; readonly sdp: string }
  /** The shell could not do what was asked. */
  | { readonly type: "refused"; readonly session: string; readonly round: number; readonly why: string }
  | { readonly type: "candidate"; readonly session: string; readonly candidate: string }
  | { readonly type: "fare"; readonly session: string; readonly fare: Fare }
  /** The control channel opened, brought a text, or closed. */
  | { readonly type: "opened"; readonly session: string }
  | { readonly type: "heard"; readonly session: string; readonly text: unknown }
  | { readonly type: "silenced"; readonly session: string }
  /** The application closes the meeting. */
  | { readonly type: "leave"; readonly session: string };

/**
 * Why a pair is over. `closed`: this end closed it. `left`: the other end did. `lost`: the network failed. `busy`: the
 * other end has enough peers. `failed`: it was never connected.
 */
export type Reason = "closed" | "left" | "lost" | "busy" | "failed";

/**
 * What the shell does, in this order. It makes a peer connection for each session, when the session is first named.
 */
export type Command =
  | { readonly type: "send"; readonly text: string }
  /** Make an offer and set it; with ICE restarted after the first round, or if `renews`, on a new connection. */
  | { readonly type: "offer"; readonly session: string; readonly round: number; readonly renews: boolean }
  /** Take this offer, make an answer and set it; on a new connection if `renews`. */
  | {
      readonly type: "answer";
      readonly session: string;
      readonly round: number;
      readonly sdp: string;
      readonly renews: boolean;
    }
  /** Take this answer. */
  | { readonly type: "accept"; readonly session: string; readonly round: number; readonly sdp: string }
  | { readonly type: "candidates"; readonly session: string; readonly candidates: readonly string[] }
  /** Send this over the control channel. */
  | { readonly type: "say"; readonly session: string; readonly text: string }
  /** The two are connected. Comes once for a session. */
  | { readonly type: "met"; readonly session: string; readonly fingerprint: string }
  /** Close the connection. Comes once for each session, as its last command. */
  | { readonly type: "over"; readonly session: string; readonly reason: Reason; readonly why: string }
  | { readonly type: "report"; readonly problem: string };

export interface Machine {
  /** Takes an input and says what to do. `nowMs` never goes back. */
  handle(input: Input, nowMs: number): Command[];
  /** When to call with a `tick`; `Infinity` for never. */
  readonly deadlineMs: number;
}
