/** The server's side of a WebRTC connection that starts with an offer in hand. */
import { checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { onAbort } from "./onAbort.ts";
import { describe, gathered, watchFare } from "./peerConnection.ts";
import { faultOf, fragmentOf, iceOf, withIce } from "./sessionDescription.ts";
import { startTimer } from "./startTimer.ts";
import { textOf } from "./textOf.ts";
import { TransportError } from "./transportError.ts";
import { channelsTable, incomingChannels, type IncomingChannelsOptions } from "./webrtcIncoming.ts";

/** The options of {@link answerWebRTC}. */
export interface AnswerOptions extends IncomingChannelsOptions {
  /** Makes the connection: `() => new RTCPeerConnection()`, the platform's or that of node-datachannel. */
  readonly makePeerConnection: () => RTCPeerConnection;
  /** How long the client may take to connect, in milliseconds: 15,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** How long to gather candidates, in milliseconds: 1,000 by default. The answer has to contain all of them. */
  readonly gatherMs?: number | undefined;
  /** How long a failed connection may take to come back, in milliseconds: 30,000 by default. */
  readonly lostMs?: number | undefined;
}

/** For `webRTCEndpoint`, which passes them on. */
export const answerTable: OptionTable<AnswerOptions> = {
  ...channelsTable,
  makePeerConnection: "a function",
  timeoutMs: "a number",
  gatherMs: "a number",
  lostMs: "a number",
};

/** What {@link answerWebRTC} resolves with. */
export interface WebRTCAnswer {
  /** The answer to send to the client, with all candidates. */
  readonly answer: string;
  /** A transport for each channel that the client opens, as from `incomingChannels`. */
  readonly incoming: AsyncIterableIterator<ByteTransport, undefined>;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  /**
   * Restarts ICE: takes the client's fragment of a description and returns the server's (RFC 8840). Rejects with a
   * `TransportError` (`badMessage`) if the fragment has no ICE, and (`unreliable`) if this connection can't restart,
   * such as one of node-datachannel. The connection stays as it was then.
   */
  restart(fragment: string): Promise<string>;
  close(): void;
}

/**
 * Answers an offer of data channels. Wherever the offer came from, send `answer` back. The connection is closed if the
 * client does not connect within `timeoutMs`, or does not come back `lostMs` after a failure. Aborting the signal
 * closes it too.
 *
 * Rejects with a `TransportError` (`badMessage`) if the offer is not one, or has anything but data channels.
 *
 * @example In a page
 * ```ts
 * import { connect, serve } from "websocket-over/stream";
 * import { answerWebRTC, dataChannelProtocol, dataChannelTransport } from "websocket-over/webrtc";
 *
 * const peerConnection = new RTCPeerConnection(); // at the client
 * const transport = dataChannelTransport(peerConnection.createDataChannel("chat", { protocol: dataChannelProtocol }));
 * await peerConnection.setLocalDescription();
 * await new Promise<void>((resolve) => (peerConnection.onicecandidate = (event) => event.candidate ?? resolve()));
 * const offer = peerConnection.localDescription!.sdp;
 *
 * const answered = await answerWebRTC(offer, { makePeerConnection: () => new RTCPeerConnection() }); // at the server
 * void serve(answered.incoming, async (request) => (await request.accept()).send("answered"));
 *
 * await peerConnection.setRemoteDescription({ type: "answer", sdp: answered.answer });
 * const session = await connect(transport);
 * console.log(await session.receive()); // → answered
 * await session.close();
 * peerConnection.close();
 * answered.close();
 * ```
 */
export async function answerWebRTC(offer: string, options: AnswerOptions): Promise<WebRTCAnswer> {
  requireKind("answerWebRTC() takes an offer,", offer, "a string");
  const checked = checkOptions("answerWebRTC()", options, answerTable);
  requireKind("answerWebRTC(): makePeerConnection must be", checked.makePeerConnection, "a function");
  const { makePeerConnection, timeoutMs = 15_000, gatherMs = 1000, lostMs = 30_000, signal, ...channels } = checked;
  signal?.throwIfAborted();
  const fault = faultOf(offer);
  if (fault !== undefined) throw new TransportError("badMessage", `this is no offer to answer: ${fault}`);
  const connection = makePeerConnection();
  const gone = new AbortController();
  let settle!: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));
  let stopExpiry = startTimer(timeoutMs, () => close());
  const close = (): void => {
    if (gone.signal.aborted) return;
    gone.abort();
    stopExpiry();
    stopWatching();
    forget();
    connection.close();
    settle();
  };
  let wasConnected = false;
  const stopWatching = watchFare(connection, (fare) => {
    if (fare === "ended" || (fare === "failed" && !wasConnected)) {
      close();
      return;
    }
    if (fare === "interrupted") return;
    wasConnected = true;
    stopExpiry();
    if (fare === "failed") stopExpiry = startTimer(lostMs, close);
  });
  const forget = onAbort(signal, close);
  try {
    const incoming = incomingChannels(connection, { ...channels, signal: gone.signal });
    const answer = await reply(connection, offer, gatherMs, gone.signal);
    const restart = (fragment: string): Promise<string> => restartWith(connection, fragment, gatherMs, gone.signal);
    return { answer, incoming, closed, restart, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function reply(
  connection: RTCPeerConnection,
  offer: string,
  gatherMs: number,
  signal: AbortSignal,
): Promise<string> {
  try {
    await connection.setRemoteDescription({ type: "offer", sdp: offer });
  } catch (error) {
    throw new TransportError("badMessage", `the offer can't be used: ${textOf(error)}`, { cause: error });
  }
  await describe(connection, "answer");
  return await gathered(connection, gatherMs, signal);
}

async function restartWith(
  connection: RTCPeerConnection,
  fragment: string,
  gatherMs: number,
  signal: AbortSignal,
): Promise<string> {
  const ice = iceOf(fragment);
  if (ice === undefined) throw new TransportError("badMessage", "the fragment has no ice-ufrag and ice-pwd");
  const offer = connection.remoteDescription!.sdp;
  const before = iceOf(connection.localDescription!.sdp);
  let after: string;
  try {
    after = await reply(connection, withIce(offer, ice), gatherMs, signal);
  } catch (error) {
    throw new TransportError("unreliable", "this connection can't restart ICE", { cause: error });
  }
  // Both ends of a restart take new ones (RFC 8839 §4.4.3.1.1). libdatachannel keeps its own (0.33).
  if (iceOf(after)?.ufrag === before?.ufrag) {
    throw new TransportError("unreliable", "this connection can't restart ICE");
  }
  return fragmentOf(after);
}
