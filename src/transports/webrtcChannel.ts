/** A byte transport over a WebRTC data channel, which knows messages but no window and no half-close. */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { CarrierLink, type EndingCarrier } from "./carrierLink.ts";
import { controlProtocol, receiveMessage, textOf } from "./controlText.ts";
import { listenTo } from "./listeners.ts";
import { windowOf } from "./messageStreams.ts";
import { TransportError } from "./transportError.ts";

/**
 * The `protocol` of a channel whose both ends are transports of this library: what they tell each other goes in text
 * messages, beside the bytes in binary ones. A channel of any other protocol has a plain peer, which is sent bytes alone.
 */
export const dataChannelProtocol: string = controlProtocol;

export interface DataChannelOptions {
  /**
   * How much may wait unread, in bytes, each message counting 256 beside its own; at most one message lies beyond. The
   * other end is held at it. 2 MiB by default, at least 64 KiB: it bounds the speed to a window a round trip.
   */
  readonly windowBytes?: number;
  /**
   * The same where the peer is a plain one, which can't be held: beyond it the channel fails with `overflow`. 16 MiB by
   * default.
   */
  readonly maxUnreadBytes?: number;
  /**
   * The largest message to send, in bytes; more than 256 KiB is as much. By default 64 KiB where both ends are ours and
   * 16 KiB to a plain peer, which any takes whole. Where the peer's maximum turns out to be less, messages are halved
   * until it takes them.
   */
  readonly maxMessageBytes?: number;
  /**
   * The channel's connection, if it is at hand: then its being closed at this end is told from a plain peer's closing of
   * the channel, which is the end of the stream.
   */
  readonly peerConnection?: Pick<RTCPeerConnection, "signalingState">;
}

/** For that of `incomingChannels`, which has the channel's connection. */
export const channelTable: OptionTable<Omit<DataChannelOptions, "peerConnection">> = {
  windowBytes: "a number",
  maxUnreadBytes: "a number",
  maxMessageBytes: "a number",
};

const table: OptionTable<DataChannelOptions> = { ...channelTable, peerConnection: "{ signalingState }" };

/** What the channel may hold unsent, in bytes. Beyond it Chromium's own queue would fail, and Firefox's grow for ever. */
const HIGH_WATER_BYTES = 2 * 1024 * 1024;

/** Where it asks for more, in bytes: soon enough that the network never waits. */
const LOW_WATER_BYTES = 512 * 1024;

/** How long a channel that is over stays open for its last words to be heard, in milliseconds. */
const LAST_WORDS_MS = 2000;

/**
 * How long a channel that is open when it is given waits for a first message before it is sent anything, in milliseconds.
 * It may just have been announced, and then Chromium calls it open before its network thread does, which drops what is
 * sent until then (156: 4 of 3,840 first messages, and a few in the `open` event). What has come is the proof that it is.
 */
const ANNOUNCED_MS = 100;

/** In bytes. No peer takes less. */
const SMALLEST_MESSAGE = 1024;

/** In bytes. Chromium takes no more, and what Firefox says it takes, a gigabyte, never arrives (Firefox 153). */
const LARGEST_MESSAGE = 256 * 1024;

/**
 * Makes a byte transport of an ordered and reliable channel, in whatever state it is. The channel is the transport's own
 * from now on, and is closed when both directions have ended and all has been sent. Call it in the task in which the
 * channel was made, announced (`datachannel`) or received by a worker, since a channel keeps nothing for later listeners.
 *
 * With `dataChannelProtocol` at both ends a write waits while the other end has a window of unread bytes, and each
 * direction ends by itself: `close()` of the writer is the end at the other end, `abort(reason)` fails its reader with a
 * `TransportError` (`reset`), `cancel(reason)` its writer (`stopped`), which tell the reason if it is a string. A channel
 * that closes without such a word, as by `close()` of either peer connection, fails both streams with `lost`. A plain
 * peer's closing of the channel is the end of both directions, and `close()` and `abort()` of the writer close it. That
 * its connection was closed is `lost` as far as the browser tells: Chromium does, Firefox 153 does not.
 *
 * A chunk that is written is copied before its write is fulfilled; read chunks are the reader's own. Fails with
 * `neverOpened` if the channel closes before it opens, with `badMessage` for text that is no control message of ours.
 * Throws a `TransportError` (`unreliable`) for a channel that is unordered or partially reliable, `RangeError` for a size
 * that is none.
 *
 * The control messages: `grant N`, so many more bytes of cost, where each message costs 256 beside its bytes and may be
 * sent while any of the credit is left, which begins with 65,536; `end`; `reset REASON`; `stop REASON`. These last three
 * are answered at once by `heard`, before which their sender does not close the channel, unless that takes two seconds.
 */
export function dataChannelTransport(channel: RTCDataChannel, options: DataChannelOptions = {}): ByteTransport {
  requireKind(
    "dataChannelTransport() takes a channel,",
    channel,
    "{ ordered, readyState, send }",
    advice({
      createDataChannel: "make one by createDataChannel(), or use incomingChannels()",
    }),
  );
  checkOptions("dataChannelTransport()", options, table);
  return transportOf(channel, options);
}

/** The same with arguments that have been checked. */
export function transportOf(channel: RTCDataChannel, options: DataChannelOptions): ByteTransport {
  const ours = channel.protocol === dataChannelProtocol;
  const { peerConnection } = options;
  const { window, maxMessageBytes } = sizesOf(options, ours);
  if (!channel.ordered || (channel.maxRetransmits ?? channel.maxPacketLifeTime ?? null) !== null) {
    throw new TransportError("unreliable", `the channel "${channel.label}" is not ordered and reliable`);
  }

  const wasOpen = channel.readyState === "open";
  /** The length of the messages that are sent. */
  let unitBytes = maxMessageBytes;
  /** Whether anything can be sent. */
  let maySend = false;
  /** How many of our last words the other end has not answered yet. */
  let unheard = 0;
  /** The types of the peer's last words that were answered. Repeated ones are not. */
  const answered = new Set<string>();
  let announced: ReturnType<typeof setTimeout> | undefined;
  let patience: ReturnType<typeof setTimeout> | undefined;

  const say = (text: string): void => {
    try {
      channel.send(text);
    } catch {
      // It is closing: nobody listens. That of node-datachannel is open for some time after that (0.33).
    }
  };
  const setLowThreshold = (bytes: number): void => {
    try {
      channel.bufferedAmountLowThreshold = bytes;
    } catch {
      // node-datachannel throws once the channel has closed (0.33).
    }
  };
  const carrier: EndingCarrier = {
    name: "channel",
    get hasRoom() {
      return maySend && channel.readyState === "open" && channel.bufferedAmount + unitBytes <= HIGH_WATER_BYTES;
    },
    get isDrained() {
      return ours ? maySend && unheard === 0 : channel.bufferedAmount === 0;
    },
    send(bytes) {
      for (;;) {
        const unit = bytes.subarray(0, unitBytes);
        try {
          channel.send(unit);
          return unit.length;
        } catch (error) {
          // So is one refused, unsent, that is longer than the peer's maximum.
          const isTooLong = error instanceof TypeError && unitBytes > SMALLEST_MESSAGE;
          if (!isTooLong) throw new TransportError("lost", "the carrier takes no more", { cause: error });
          unitBytes = Math.max(unitBytes >> 1, SMALLEST_MESSAGE);
        }
      }
    },
    tell(control) {
      if (ours) {
        if (control.type !== "grant") unheard++;
        say(textOf(control));
      } else {
        if (control.type === "end") setLowThreshold(0);
        link.tellPlainly(control);
      }
    },
    shut() {
      patience = setTimeout(() => link.hangUp(), LAST_WORDS_MS);
      link.finish();
    },
    hangUp() {
      clearTimeout(patience);
      patience = setTimeout(over, LAST_WORDS_MS); // without a peer the event comes late, or never
      channel.close();
      // Not at once: whoever closes it because of a failure has yet to say so.
      if (channel.readyState === "closed") queueMicrotask(over);
    },
    release() {
      clearTimeout(announced);
      clearTimeout(patience);
      stopListening();
    },
  };
  const link = new CarrierLink(carrier, window);
  link.begin(window, ours);
  if (!ours) link.speak(); // to a plain peer an end or an abort is no message

  function open(): void {
    if (maySend || channel.readyState !== "open") return;
    maySend = true;
    clearTimeout(announced);
    link.speak();
  }
  function over(): void {
    const isBroken = link.fault !== undefined || peerConnection?.signalingState === "closed";
    link.over(wasOpen || maySend ? (isBroken ? "lost" : "stopped") : "neverOpened");
  }

  channel.binaryType = "arraybuffer";
  setLowThreshold(LOW_WATER_BYTES);
  const stopListening = listenTo(channel, {
    ...(wasOpen ? {} : { open }),
    message({ data }: MessageEvent<unknown>) {
      open();
      if (ours && data === "heard") {
        unheard = Math.max(unheard - 1, 0);
        link.wake();
      } else {
        receiveMessage(link, data, ({ type }) => {
          if (type === "grant" || answered.has(type)) return;
          answered.add(type);
          say("heard");
        });
      }
    },
    bufferedamountlow: () => link.wake(),
    error: ({ error }: { error: unknown }) => void (link.fault = { cause: error }),
    close: over,
  });
  if (wasOpen) announced = setTimeout(open, ANNOUNCED_MS);
  else if (channel.readyState !== "connecting") over();
  return link.transport;
}

/** The sizes to use with a peer of ours, or with a plain one. Throws `RangeError` if one is invalid. */
export function sizesOf(options: DataChannelOptions, ours: boolean): { window: number; maxMessageBytes: number } {
  const { windowBytes = 2 * 1024 * 1024, maxUnreadBytes = 16 * 1024 * 1024 } = options;
  const { maxMessageBytes = ours ? 64 * 1024 : 16 * 1024 } = options;
  if (!(maxMessageBytes >= SMALLEST_MESSAGE)) {
    throw new RangeError(`maxMessageBytes is at least ${SMALLEST_MESSAGE}, not ${String(maxMessageBytes)}`);
  }
  return {
    window: windowOf(ours ? windowBytes : maxUnreadBytes),
    maxMessageBytes: Math.min(maxMessageBytes, LARGEST_MESSAGE),
  };
}
