/** Yields the channels that a peer opens as transports. */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { Arrivals } from "./arrivals.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { listenTo } from "./listeners.ts";
import { onAbort } from "./onAbort.ts";
import { TransportError } from "./transportError.ts";
import { report, warn } from "./warn.ts";
import { channelTable, sizesOf, transportOf, type DataChannelOptions } from "./webrtcChannel.ts";

/** The options of {@link incomingChannels}. */
export interface IncomingChannelsOptions extends Omit<DataChannelOptions, "peerConnection"> {
  /** Which channels to take; all by default. Others are left alone. */
  readonly filter?: ((channel: RTCDataChannel) => boolean) | undefined;
  /**
   * How many channels may wait to be taken, each with what has arrived on it. Further ones are closed. 16 by default.
   */
  readonly maxWaiting?: number | undefined;
  /** Called with a channel that was closed because it is not ordered and reliable. */
  readonly onRefused?: ((channel: RTCDataChannel, error: TransportError) => void) | undefined;
  /**
   * Called when `filter` throws, which closes that channel, and when `onRefused` throws. By default the error is
   * reported as a warning.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Aborting this signal ends the iteration. Transports already taken continue. */
  readonly signal?: AbortSignal | undefined;
}

/** For `answerWebRTC`, which passes them on. */
export const channelsTable: OptionTable<IncomingChannelsOptions> = {
  ...channelTable,
  filter: "a function",
  maxWaiting: "a number",
  onRefused: "a function",
  onError: "a function",
  signal: "{ aborted, reason }",
};

/**
 * Yields a transport for each channel that the peer opens from this call on, with everything that has arrived on it.
 * Ends with the signal, by `return()`, or when the connection's SCTP transport reports that it has closed. Chromium
 * reports that for a connection closed at either end, if a channel had been opened. Throws `RangeError` if a size is
 * invalid.
 *
 * @example In a page
 * ```ts
 * import { WebSocketServer } from "websocket-over/server";
 * import { connect } from "websocket-over/stream";
 * import { dataChannelProtocol, dataChannelTransport, incomingChannels } from "websocket-over/webrtc";
 *
 * const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()]; // there: the page that serves
 * here.onicecandidate = ({ candidate }) => void there.addIceCandidate(candidate); // through your signalling
 * there.onicecandidate = ({ candidate }) => void here.addIceCandidate(candidate);
 * const server = new WebSocketServer();
 * server.on("connection", (peer, request) => peer.send(`welcome to ${request.url}`));
 * void server.serve(incomingChannels(there));
 * const channel = here.createDataChannel("chat", { protocol: dataChannelProtocol });
 * const opening = connect(dataChannelTransport(channel), { url: "ws://peer/lobby" });
 * await here.setLocalDescription();
 * await there.setRemoteDescription(here.localDescription!);
 * await there.setLocalDescription();
 * await here.setRemoteDescription(there.localDescription!);
 * const session = await opening;
 * console.log(await session.receive()); // → welcome to /lobby
 * await session.close();
 * here.close();
 * there.close();
 * ```
 */
export function incomingChannels(
  peerConnection: RTCPeerConnection,
  options: IncomingChannelsOptions = {},
): AsyncIterableIterator<ByteTransport, undefined> {
  requireKind(
    "incomingChannels() takes a peer connection,",
    peerConnection,
    "{ signalingState, addEventListener }",
    advice({
      label: "use dataChannelTransport()",
    }),
  );
  checkOptions("incomingChannels()", options, channelsTable);
  const { filter = () => true, maxWaiting = 16, onRefused, onError = warn, signal } = options;
  for (const ours of [true, false]) sizesOf(options, ours);
  let stopListening = (): void => {};
  let stopWatching: (() => void) | undefined;
  let forget = (): void => {};
  const arrivals = new Arrivals<ByteTransport>(
    maxWaiting,
    () => {
      stopListening();
      stopWatching?.();
      forget();
    },
    (transport) => transport.close?.(),
  );

  /** The SCTP transport exists once the first channel has arrived. */
  const watch = (sctp: RTCSctpTransport | null | undefined): void => {
    if (!sctp) return;
    stopWatching ??= listenTo(sctp, {
      statechange() {
        if (sctp.state === "closed") arrivals.end();
      },
    });
  };
  const take = (channel: RTCDataChannel): void => {
    try {
      if (filter(channel)) arrivals.add(transportOf(channel, { ...options, peerConnection }));
    } catch (error) {
      refuse(channel, error);
    }
  };
  const refuse = (channel: RTCDataChannel, error: unknown): void => {
    try {
      channel.close();
    } catch {
      // Nothing more can be done about it.
    }
    if (!(error instanceof TransportError)) report(onError, error);
    else if (onRefused !== undefined) {
      try {
        onRefused(channel, error);
      } catch (failure) {
        report(onError, failure);
      }
    }
  };
  stopListening = listenTo(peerConnection, {
    datachannel({ channel }: RTCDataChannelEvent) {
      watch(peerConnection.sctp);
      take(channel);
    },
  });
  forget = onAbort(signal, () => arrivals.end());
  return arrivals;
}
