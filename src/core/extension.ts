/** What an extension is (RFC 6455 §9): what it offers and accepts, and what it does to the frames of one connection. */
import type { Bytes } from "./bytes.ts";

/** The parameters of one offer or answer in their order, `["name"]` or `["name", "value"]`. Names may come twice. */
export type ExtensionParameters = readonly (readonly [name: string, value?: string])[];

/** An extension as it stands in a `Sec-WebSocket-Extensions` header. */
export interface AgreedExtension {
  readonly name: string;
  readonly parameters: ExtensionParameters;
}

/**
 * An extension as it is passed in the `extensions` option. Negotiation must leave it unchanged, so that any number of
 * connections can share it: what belongs to one connection lives in the {@link ExtensionCodec}.
 */
export interface Extension {
  /** A token (RFC 9110 §5.6.2), such as `permessage-deflate`. */
  readonly name: string;
  /** Client: what to offer, in order of preference. */
  offer(): readonly ExtensionParameters[];
  /** Server: answers one offer, or declines it with `undefined`. */
  accept(offer: ExtensionParameters): { parameters: ExtensionParameters; codec: ExtensionCodec } | undefined;
  /** Client: takes the server's answer, or refuses it with `undefined`, which fails the connection. */
  confirm(answer: ExtensionParameters): ExtensionCodec | undefined;
}

/**
 * An extension at work on one connection. Every hook may be left out.
 *
 * A hook that throws ends its connection alone. The peer gets a Close 1011, and `connectionClosed` has a
 * `LocalProtocolError` whose `cause` is the thrown value. A `RemoteProtocolError` from `receiveFrame` or `decode` says
 * that the peer is at fault instead.
 */
export interface ExtensionCodec {
  /** The reserved bits that it gives a meaning to (§5.2): RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly reservedBits: number;
  /**
   * A frame begins to come in, control frames too. The header may be looked at during the call alone. Throws
   * `RemoteProtocolError` for reserved bits that may not be set here: that fails the connection with the error's
   * `closeCode`, and as much of its message as a Close frame holds.
   */
  receiveFrame?(frame: FrameHeader): void;
  /**
   * Decodes a stretch of a data frame's payload. What it yields is pulled as the application asks for it, so a small
   * frame may decode to much: let each piece be small. It may keep the input, and look at the frame, only until it has
   * been pulled to its end. Where all of it is one piece, an array is faster than an iterator. Throws
   * `RemoteProtocolError` for what can't be decoded, after the pieces before it.
   */
  decode?(payload: Bytes, frame: IncomingFrame): Iterable<Bytes>;
  /**
   * Encodes an outgoing data frame. May not change the payload it is given. Another one that it returns is read before
   * it is called again, and left unchanged, so it may lie in memory that is used for the next one. If it throws, so does
   * the call that sends; the connection ends, because the codec may have encoded what the peer will never get.
   */
  encode?(frame: OutgoingFrame): OutgoingFrame;
  /** The connection has ended. What it throws is ignored. */
  release?(): void;
}

export interface FrameHeader {
  readonly opcode: number;
  readonly fin: boolean;
  /** The reserved bits, RSV1 being 4. */
  readonly rsv: number;
}

export interface IncomingFrame extends FrameHeader {
  /** Whether this is the last of the frame's payload. */
  readonly frameFinished: boolean;
}

export interface OutgoingFrame extends FrameHeader {
  readonly payload: Uint8Array;
  /** What the application asked of this message; `undefined` leaves it to the extension. */
  readonly compress: boolean | undefined;
}

/** An extension that both ends have agreed on, with its codec for this connection. */
export interface NegotiatedExtension extends AgreedExtension {
  readonly codec: ExtensionCodec;
}
