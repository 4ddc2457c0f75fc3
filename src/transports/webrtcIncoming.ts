/** The channels that a peer opens, as transports, one after the other. */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { Arrivals } from "./arrivals.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { listenTo } from "./listeners.ts";
import { onAbort } from "./onAbort.ts";
import { TransportError } from "./transportError.ts";
import { report, warn } from "./warn.ts";
import { channelTable, sizesOf, transportOf, type DataChannelOptions } from "./webrtcChannel.ts";

export interface IncomingChannelsOptions extends Omit<DataChannelOptions, "peerConnection"> {
  /** Which channels are meant. The others are left alone. All of them by default. */
  readonly filter?: (channel: RTCDataChannel) => boolean;
  /** How many channels may wait to be taken, each with what has come on it. Further ones are closed. 16 by default. */
  readonly maxWaiting?: number;
  /** Is told of a channel that was closed because it is not ordered and reliable. */
  readonly onRefused?: (channel: RTCDataChannel, error: TransportError) => void;
  /**
   * Called when `filter` throws, which closes that channel, and when `onRefused` throws. By default the error is reported
   * as a warning.
   */
  readonly onError?: (error: unknown) => void;
  /** Ends the iteration. Transports that have been taken live on. */
  readonly signal?: AbortSignal;
}

const table: OptionTable<IncomingChannelsOptions> = {
  ...channelTable,
  filter: "a function",
  maxWaiting: "a number",
  onRefused: "a function",
  onError: "a function",
  signal: "{ aborted, reason }",
};

/**
 * Yields a transport for each channel that the peer opens from this call on, with everything that came on it since. Ends
 * with the signal, by `return()`, and when the connection's SCTP transport tells that it has closed: Chromium tells that
 * of a connection closed at either end, if a channel had been opened. Throws `RangeError` if a size is invalid.
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
  checkOptions("incomingChannels()", options, table);
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
      // It can't be closed any better.
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
