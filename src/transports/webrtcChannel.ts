/** A byte transport over a WebRTC data channel, which has messages but no window and no half-close. */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { CarrierLink, type EndingCarrier } from "./carrierLink.ts";
import { controlProtocol, receiveMessage, textOf } from "./controlText.ts";
import { listenTo } from "./listeners.ts";
import { windowOf, type Control } from "./messageStreams.ts";
import { TransportError } from "./transportError.ts";

/**
 * The `protocol` of a channel between two transports of this library, so that each can pause the other and end one
 * direction. With any other protocol the peer is a plain one and is sent only bytes.
 *
 * @example In a page
 * ```ts
 * import { dataChannelProtocol, incomingChannels } from "websocket-over/webrtc";
 *
 * const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()]; // there: in the other page
 * here.onicecandidate = ({ candidate }) => void there.addIceCandidate(candidate); // through your signalling
 * there.onicecandidate = ({ candidate }) => void here.addIceCandidate(candidate);
 * const filter = ({ protocol }: RTCDataChannel) => protocol === dataChannelProtocol; // leave the page's other channels alone
 * const incoming = incomingChannels(there, { filter });
 * here.createDataChannel("game");
 * here.createDataChannel("chat", { protocol: dataChannelProtocol });
 * await here.setLocalDescription();
 * await there.setRemoteDescription(here.localDescription!);
 * await there.setLocalDescription();
 * await here.setRemoteDescription(there.localDescription!);
 * console.log((await incoming.next()).done); // → false
 * here.close();
 * there.close();
 * ```
 */
export const dataChannelProtocol: string = controlProtocol;

/** The options of {@link dataChannelTransport}. */
export interface DataChannelOptions {
  /**
   * How much may wait unread, in bytes. Each message counts 256 bytes more, and at most one message may exceed the
   * limit. The other end pauses there. 2 MiB by default, at least 64 KiB. Limits the speed to one window per round
   * trip.
   */
  readonly windowBytes?: number | undefined;
  /**
   * The same for a plain peer, which can't be paused: if more is unread, the channel fails with `overflow`. 16 MiB by
   * default.
   */
  readonly maxUnreadBytes?: number | undefined;
  /**
   * The largest message to send, in bytes; values above 256 KiB count as 256 KiB. By default 64 KiB if both ends are
   * this library's, and 16 KiB to a plain peer, which every implementation accepts whole. If the peer's maximum turns
   * out to be lower, messages are halved until it accepts them.
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * The channel's connection, if you have it. Closing it at this end then fails the streams, instead of looking like a
   * plain peer's end of the stream.
   */
  readonly peerConnection?: Pick<RTCPeerConnection, "signalingState"> | undefined;
}

/** For `incomingChannels`, which has the channel's connection. */
export const channelTable: OptionTable<Omit<DataChannelOptions, "peerConnection">> = {
  windowBytes: "a number",
  maxUnreadBytes: "a number",
  maxMessageBytes: "a number",
};

const table: OptionTable<DataChannelOptions> = { ...channelTable, peerConnection: "{ signalingState }" };

/**
 * The most unsent bytes to leave in the channel. Beyond this Chromium's own queue would fail, and Firefox's would grow
 * without limit.
 */
const HIGH_WATER_BYTES = 2 * 1024 * 1024;

/** Below this many bytes the channel asks for more: early enough that the network never waits. */
const LOW_WATER_BYTES = 512 * 1024;

/** How long a finished channel stays open so that its last controls arrive, in milliseconds. */
const LAST_WORDS_MS = 2000;

/**
 * How long a channel that is already open waits for a first message before it sends anything, in milliseconds. If it
 * was just announced, Chromium calls it open before its network thread does, which drops what is sent until then (156:
 * 4 of 3,840 first messages, and a few in the `open` event). A received message proves that it is open.
 */
const ANNOUNCED_MS = 100;

/** In bytes. Every peer accepts this. */
const SMALLEST_MESSAGE = 1024;

/**
 * In bytes. Chromium accepts no more. Firefox claims to accept a gigabyte, but such a message never arrives (Firefox
 * 153).
 */
const LARGEST_MESSAGE = 256 * 1024;

/**
 * Makes a byte transport from an ordered and reliable channel in any state. The transport owns the channel, and closes
 * it when both directions have ended and everything has been sent. Call it in the task in which the channel was
 * created, announced (`datachannel`) or received by a worker, because a channel keeps nothing for later listeners.
 *
 * With `dataChannelProtocol` at both ends, a write waits while the other end has a window of unread bytes, and each
 * direction ends separately. `close()` of the writer ends the stream at the other end. `abort(reason)` fails the other
 * end's reader with a `TransportError` (`reset`), `cancel(reason)` its writer (`stopped`); both pass on a reason that
 * is a string. If the channel closes without an end message, as after `close()` of either peer connection, both streams
 * fail with `lost`.
 *
 * If a plain peer closes the channel, both directions end. `close()` and `abort()` of the writer close the channel. If
 * the peer's connection was closed, the streams fail with `lost` only if the browser reports it: Chromium does, Firefox
 * 153 does not.
 *
 * A chunk has been copied once its write resolves; the reader owns the chunks that it reads. Fails with `neverOpened`
 * if the channel closes before it opens, and with `badMessage` for text that is not one of the control messages. Throws
 * a `TransportError` (`unreliable`) if the channel is unordered or partially reliable, and `RangeError` if a size is
 * invalid.
 *
 * @example In a page
 * ```ts
 * import { accept, connect } from "websocket-over/stream";
 * import { dataChannelProtocol, dataChannelTransport } from "websocket-over/webrtc";
 *
 * const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()]; // there: in the other page
 * here.onicecandidate = ({ candidate }) => void there.addIceCandidate(candidate); // through your signalling
 * there.onicecandidate = ({ candidate }) => void here.addIceCandidate(candidate);
 * there.ondatachannel = async ({ channel }) => {
 *   const request = await accept(dataChannelTransport(channel));
 *   await (await request.accept()).send("hello over WebRTC");
 * };
 * const channel = here.createDataChannel("chat", { protocol: dataChannelProtocol });
 * const opening = connect(dataChannelTransport(channel));
 * await here.setLocalDescription();
 * await there.setRemoteDescription(here.localDescription!);
 * await there.setLocalDescription();
 * await here.setRemoteDescription(there.localDescription!);
 * const session = await opening;
 * console.log(await session.receive()); // → hello over WebRTC
 * await session.close();
 * here.close();
 * there.close();
 * ```
 */
export function dataChannelTransport(channel: RTCDataChannel, options: DataChannelOptions = {}): ByteTransport {
  requireKind(
    "dataChannelTransport() takes a channel,",
    channel,
    "{ ordered, readyState, send }",
    advice({
      createDataChannel: "make one with createDataChannel(), or use incomingChannels()",
    }),
  );
  checkOptions("dataChannelTransport()", options, table);
  return transportOf(channel, options);
}

/** Does the same with checked arguments. */
export function transportOf(channel: RTCDataChannel, options: DataChannelOptions): ByteTransport {
  const sizes = sizesOf(options, channel.protocol === dataChannelProtocol);
  if (!channel.ordered || (channel.maxRetransmits ?? channel.maxPacketLifeTime ?? null) !== null) {
    throw new TransportError("unreliable", `the channel "${channel.label}" is not ordered and reliable`);
  }
  return new ChannelCarrier(channel, sizes, options.peerConnection).transport;
}

class ChannelCarrier implements EndingCarrier {
  readonly name = "channel";
  readonly #channel: RTCDataChannel;
  readonly #peerConnection: DataChannelOptions["peerConnection"];
  readonly #link: CarrierLink;
  /** Whether the peer is this library's. */
  readonly #ours: boolean;
  readonly #wasOpen: boolean;
  /** The length of the messages to send. */
  #unitBytes: number;
  /** Whether anything can be sent. */
  #maySend = false;
  /** How many of this end's last controls the other end has not answered yet. */
  #unheard = 0;
  /** The types of the peer's last controls that were answered. Repeated ones are not answered. */
  readonly #answered = new Set<string>();
  #announced: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  readonly #stopListening: () => void;

  constructor(channel: RTCDataChannel, sizes: ChannelSizes, peerConnection: DataChannelOptions["peerConnection"]) {
    this.#channel = channel;
    this.#peerConnection = peerConnection;
    this.#ours = channel.protocol === dataChannelProtocol;
    this.#wasOpen = channel.readyState === "open";
    this.#unitBytes = sizes.maxMessageBytes;
    this.#link = new CarrierLink(this, sizes.window);
    this.#link.begin(sizes.window, this.#ours);
    if (!this.#ours) this.#link.speak(); // for a plain peer, an end or an abort sends no message

    channel.binaryType = "arraybuffer";
    this.#setLowThreshold(LOW_WATER_BYTES);
    this.#stopListening = listenTo(channel, {
      ...(this.#wasOpen ? {} : { open: () => this.#open() }),
      message: ({ data }: MessageEvent<unknown>) => this.#receive(data),
      bufferedamountlow: () => this.#link.wake(),
      error: ({ error }: { error: unknown }) => void (this.#link.fault = { cause: error }),
      close: () => this.#over(),
    });
    if (this.#wasOpen) this.#announced = setTimeout(() => this.#open(), ANNOUNCED_MS);
    else if (channel.readyState !== "connecting") this.#over();
  }

  get transport(): ByteTransport {
    return this.#link.transport;
  }

  get hasRoom(): boolean {
    const { readyState, bufferedAmount } = this.#channel;
    return this.#maySend && readyState === "open" && bufferedAmount + this.#unitBytes <= HIGH_WATER_BYTES;
  }

  get isDrained(): boolean {
    return this.#ours ? this.#maySend && this.#unheard === 0 : this.#channel.bufferedAmount === 0;
  }

  send(bytes: Uint8Array<ArrayBuffer>): number {
    for (;;) {
      const unit = bytes.subarray(0, this.#unitBytes);
      try {
        this.#channel.send(unit);
        return unit.length;
      } catch (error) {
        // A message over the peer's maximum is refused with this error too, unsent.
        const isTooLong = error instanceof TypeError && this.#unitBytes > SMALLEST_MESSAGE;
        if (!isTooLong) throw new TransportError("lost", "the carrier takes no more", { cause: error });
        this.#unitBytes = Math.max(this.#unitBytes >> 1, SMALLEST_MESSAGE);
      }
    }
  }

  tell(control: Control): void {
    if (this.#ours) {
      if (control.type !== "grant") this.#unheard++;
      this.#say(textOf(control));
    } else {
      if (control.type === "end") this.#setLowThreshold(0);
      this.#link.tellPlainly(control);
    }
  }

  shut(): void {
    this.#patience = setTimeout(() => this.#link.hangUp(), LAST_WORDS_MS);
    this.#link.finish();
  }

  hangUp(): void {
    const over = (): void => this.#over();
    clearTimeout(this.#patience);
    this.#patience = setTimeout(over, LAST_WORDS_MS); // without a peer the event comes late, or never
    this.#channel.close();
    // Deferred: if the channel is closed because of a failure, the caller has yet to report that.
    if (this.#channel.readyState === "closed") queueMicrotask(over);
  }

  release(): void {
    clearTimeout(this.#announced);
    clearTimeout(this.#patience);
    this.#stopListening();
  }

  #open(): void {
    if (this.#maySend || this.#channel.readyState !== "open") return;
    this.#maySend = true;
    clearTimeout(this.#announced);
    this.#link.speak();
  }

  #receive(data: unknown): void {
    this.#open();
    if (this.#ours && data === "heard") {
      this.#unheard = Math.max(this.#unheard - 1, 0);
      this.#link.wake();
    } else {
      receiveMessage(this.#link, data, ({ type }) => {
        if (type === "grant" || this.#answered.has(type)) return;
        this.#answered.add(type);
        this.#say("heard");
      });
    }
  }

  #over(): void {
    const isBroken = this.#link.fault !== undefined || this.#peerConnection?.signalingState === "closed";
    this.#link.over(this.#wasOpen || this.#maySend ? (isBroken ? "lost" : "stopped") : "neverOpened");
  }

  #say(text: string): void {
    try {
      this.#channel.send(text);
    } catch {
      // The channel is closing, so nobody listens. With node-datachannel it still looks open for a while (0.33).
    }
  }

  #setLowThreshold(bytes: number): void {
    try {
      this.#channel.bufferedAmountLowThreshold = bytes;
    } catch {
      // node-datachannel throws once the channel has closed (0.33).
    }
  }
}

interface ChannelSizes {
  readonly window: number;
  readonly maxMessageBytes: number;
}

/** Returns the sizes to use with a peer of this library, or with a plain one. Throws `RangeError` if one is invalid. */
export function sizesOf(options: DataChannelOptions, ours: boolean): ChannelSizes {
  const { windowBytes = 2 * 1024 * 1024, maxUnreadBytes = 16 * 1024 * 1024 } = options;
  const { maxMessageBytes = ours ? 64 * 1024 : 16 * 1024 } = options;
  if (!(maxMessageBytes >= SMALLEST_MESSAGE)) {
    throw new RangeError(`maxMessageBytes must be at least ${SMALLEST_MESSAGE}, not ${String(maxMessageBytes)}`);
  }
  return {
    window: windowOf(ours ? windowBytes : maxUnreadBytes),
    maxMessageBytes: Math.min(maxMessageBytes, LARGEST_MESSAGE),
  };
}
