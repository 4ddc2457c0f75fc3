/** The channels that a peer opens, as transports, one after the other. */
import { Arrivals } from "./arrivals.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { TransportError } from "./transportError.ts";
import { dataChannelTransport, type DataChannelOptions } from "./webrtcChannel.ts";

export interface IncomingChannelsOptions extends Omit<DataChannelOptions, "peerConnection"> {
  /** Which channels are meant. The others are left alone. All of them by default. */
  readonly filter?: (channel: RTCDataChannel) => boolean;
  /** How many channels may wait to be taken, each with what has come on it. Further ones are closed. 16 by default. */
  readonly maxWaiting?: number;
  /** Is told of a channel that was closed because it is not ordered and reliable. */
  readonly onRefused?: (channel: RTCDataChannel, error: TransportError) => void;
  /** Ends the iteration. Transports that have been taken live on. */
  readonly signal?: AbortSignal;
}

/**
 * Yields a transport for each channel that the peer opens from this call on, with everything that came on it since. Ends
 * with the signal, by `return()`, and when the connection's SCTP transport tells that it has closed: Chromium tells that
 * of a connection closed at either end, if a channel had been opened.
 */
export function incomingChannels(
  peerConnection: RTCPeerConnection,
  options: IncomingChannelsOptions = {},
): AsyncIterableIterator<ByteTransport, undefined> {
  const { filter = () => true, maxWaiting = 16, onRefused, signal } = options;
  const listening = new AbortController();
  const listen = { signal: listening.signal };
  const arrivals = new Arrivals<ByteTransport>(
    maxWaiting,
    () => listening.abort(),
    (transport) => transport.close?.(),
  );

  const endIfClosed = ({ target }: Event): void => {
    if ((target as RTCSctpTransport).state === "closed") arrivals.end();
  };
  const arrive = ({ channel }: RTCDataChannelEvent): void => {
    peerConnection.sctp?.addEventListener("statechange", endIfClosed, listen);
    if (!filter(channel)) return;
    try {
      arrivals.add(dataChannelTransport(channel, { ...options, peerConnection }));
    } catch (error) {
      channel.close();
      if (!(error instanceof TransportError)) throw error;
      onRefused?.(channel, error);
    }
  };
  peerConnection.addEventListener("datachannel", arrive, listen);
  signal?.addEventListener("abort", () => arrivals.end(), listen);
  if (signal?.aborted === true) arrivals.end();
  return arrivals;
}
