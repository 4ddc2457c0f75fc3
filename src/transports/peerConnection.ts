/** What every user of a peer connection needs: descriptions, candidates, and its state. */
import type { OptionTable } from "../core/options.ts";
import { ignore } from "./ignore.ts";
import { listenTo } from "./listeners.ts";
import { onAbort } from "./onAbort.ts";
import { firstOf } from "./settlement.ts";
import { startTimer } from "./startTimer.ts";

/** Where peer connections come from. */
export interface PeerConnectionOptions {
  /** STUN and TURN servers, and whatever else the platform's `RTCPeerConnection` takes. */
  readonly rtcConfiguration?: RTCConfiguration | undefined;
  /** Makes the connections where the platform has no `RTCPeerConnection`. It then ignores `rtcConfiguration`. */
  readonly makePeerConnection?: (() => RTCPeerConnection) | undefined;
}

export const peerConnectionTable: OptionTable<PeerConnectionOptions> = {
  rtcConfiguration: "an object",
  makePeerConnection: "a function",
};

/** Returns the function that makes them. Throws `TypeError` if there is none. `where` is the function with the options. */
export function peerConnectionMaker(where: string, options: PeerConnectionOptions): () => RTCPeerConnection {
  const { rtcConfiguration, makePeerConnection } = options;
  if (makePeerConnection !== undefined) return makePeerConnection;
  if (!("RTCPeerConnection" in globalThis)) {
    throw new TypeError(`${where} needs makePeerConnection here: there is no RTCPeerConnection`);
  }
  return () => new RTCPeerConnection(rtcConfiguration);
}

/** Throws `RangeError` if one of these options is not a time in milliseconds. */
export function requireTimes(times: Readonly<Record<string, number | undefined>>): void {
  for (const [name, ms = 0] of Object.entries(times)) {
    if (!(ms >= 0)) throw new RangeError(`${name} is a time of 0 milliseconds or more, not ${String(ms)}`);
  }
}

/** Makes the local description and sets it. Passes it along, because node-datachannel 0.33 requires that. */
export async function describe(
  peerConnection: RTCPeerConnection,
  type: "offer" | "answer",
  options?: RTCOfferOptions,
): Promise<string> {
  const made = type === "offer" ? await peerConnection.createOffer(options) : await peerConnection.createAnswer();
  await peerConnection.setLocalDescription(made);
  return peerConnection.localDescription!.sdp;
}

/**
 * Waits until all candidates are in the local description, but at most `ms` milliseconds, and returns the description.
 * Rejects with the signal's reason.
 */
export async function gathered(peerConnection: RTCPeerConnection, ms: number, signal?: AbortSignal): Promise<string> {
  await firstOf<unknown>((resolve, reject) => {
    const stopTimer = startTimer(ms, () => resolve(undefined));
    const look = (): void => {
      if (peerConnection.iceGatheringState === "complete") resolve(undefined);
    };
    const waits = [stopTimer, listenTo(peerConnection, { icegatheringstatechange: look }), onAbort(signal, reject)];
    look();
    return waits;
  });
  return peerConnection.localDescription!.sdp;
}

/**
 * The state of a connection. `ended` is final: one of the ends has closed it. A connection that is `interrupted` or
 * `failed` may come back.
 */
export type Fare = "connected" | "interrupted" | "failed" | "ended";

/** Calls back when that changes. Returns a function that stops it. */
export function watchFare(peerConnection: RTCPeerConnection, tell: (fare: Fare) => void): () => void {
  let last: Fare | undefined;
  let stopSctp: (() => void) | undefined;
  const look = (): void => {
    // It exists once there is a description. Only here does Chromium report that the other end closed the connection.
    const { sctp } = peerConnection;
    if (sctp) stopSctp ??= listenTo(sctp, { statechange: look });
    const fare = fareOf(peerConnection);
    if (fare === undefined || fare === last) return;
    last = fare;
    tell(fare);
  };
  const stop = listenTo(peerConnection, { connectionstatechange: look, signalingstatechange: look });
  return () => {
    stop();
    stopSctp?.();
  };
}

function fareOf({ connectionState, sctp }: RTCPeerConnection): Fare | undefined {
  if (connectionState === "disconnected") return "interrupted";
  // node-datachannel calls the SCTP transport closed then too (0.33).
  if (connectionState === "failed") return "failed";
  if (connectionState === "closed" || sctp?.state === "closed") return "ended";
  return connectionState === "connected" ? "connected" : undefined;
}

/**
 * Calls back when the network is there again, and when the page is left, if the platform reports it: Chromium closes a
 * page's connections without notice (156). Returns a function that stops it.
 */
export function watchPage(listeners: { readonly online: () => void; readonly pagehide: () => void }): () => void {
  // Node has no such events.
  return "addEventListener" in globalThis ? listenTo(globalThis, { ...listeners }) : ignore;
}
