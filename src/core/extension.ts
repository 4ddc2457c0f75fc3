/** The interface of an extension (RFC 6455 §9): how it negotiates, and how it transforms the frames of a connection. */
import type { Bytes } from "./bytes.ts";

/**
 * The parameters of one offer or answer, in order: `["name"]` or `["name", "value"]`. A name may appear more than once.
 *
 * @see {@link Extension}
 */
export type ExtensionParameters = readonly (readonly [name: string, value?: string])[];

/**
 * An extension as written in a `Sec-WebSocket-Extensions` header.
 *
 * @see {@link Extension}
 */
export interface AgreedExtension {
  readonly name: string;
  readonly parameters: ExtensionParameters;
}

/**
 * An extension, as passed in the `extensions` option. Any number of connections can share it, so negotiation must not
 * change it. State of a single connection belongs in the {@link ExtensionCodec}.
 *
 * @example
 * ```ts
 * import { WSConnection, type Extension } from "websocket-over";
 *
 * const swap = (payload: Uint8Array) => payload.map((byte) => byte ^ 0xff);
 * const codec = {
 *   reservedBits: 0,
 *   decode: (payload: Uint8Array<ArrayBuffer>) => [swap(payload)],
 *   encode: <Frame extends { payload: Uint8Array }>(frame: Frame) => ({ ...frame, payload: swap(frame.payload) }),
 * };
 * const inverted: Extension = {
 *   name: "x-inverted",
 *   offer: () => [[]], // once, without parameters
 *   accept: () => ({ parameters: [], codec }),
 *   confirm: () => codec,
 * };
 * const options = { handshake: "none", masking: false, extensions: [inverted] } as const;
 * const client = new WSConnection("client", options);
 * const server = new WSConnection("server", options);
 * client.sendData(Uint8Array.of(0x0f));
 * const bytes = client.bytesToSend();
 * console.log(bytes.at(-1)); // → 240
 * server.receiveBytes(bytes);
 * for (const event of server.events()) if (event.type === "bytesReceived") console.log(event.data[0]); // → 15
 * ```
 */
export interface Extension {
  /** A token (RFC 9110 §5.6.2), such as `permessage-deflate`. */
  readonly name: string;
  /** Client: returns the offers, in order of preference. */
  offer(): readonly ExtensionParameters[];
  /** Server: answers an offer, or returns `undefined` to decline it. */
  accept(offer: ExtensionParameters): { parameters: ExtensionParameters; codec: ExtensionCodec } | undefined;
  /** Client: accepts the server's answer, or returns `undefined` to refuse it, which fails the connection. */
  confirm(answer: ExtensionParameters): ExtensionCodec | undefined;
}

/**
 * An extension's codec for one connection. Every hook is optional.
 *
 * If a hook throws, only its connection ends. The peer gets a Close with code 1011, and `connectionClosed` has a
 * `LocalProtocolError` whose `cause` is the thrown value. To blame the peer instead, throw a `RemoteProtocolError` from
 * `receiveFrame` or `decode`.
 *
 * @see {@link Extension}
 */
export interface ExtensionCodec {
  /** The reserved bits that this extension uses (§5.2): RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly reservedBits: number;
  /**
   * Called with the header of each incoming frame, control frames included. Read the header only during the call. Throw
   * a `RemoteProtocolError` if a reserved bit is not allowed here: this fails the connection with the error's
   * `closeCode`, and with as much of its message as fits in a Close frame.
   */
  receiveFrame?(frame: FrameHeader): void;
  /**
   * Decodes a piece of a data frame's payload. The application pulls the result piece by piece; keep pieces small,
   * because a small frame may decode to a lot of data. You may keep the input, and read `frame`, only until the result
   * has been pulled to its end. If the result is a single piece, an array is faster than an iterator. Throw a
   * `RemoteProtocolError` for invalid data, after the pieces before it.
   */
  decode?(payload: Bytes, frame: IncomingFrame): Iterable<Bytes>;
  /**
   * Encodes an outgoing data frame. Must not modify the given payload. The returned payload is read before the next
   * call and never modified, so you can reuse its memory. If it throws, the call that sends throws, and the connection
   * ends: the codec may have encoded data that the peer will never receive.
   */
  encode?(frame: OutgoingFrame): OutgoingFrame;
  /** Called when the connection has ended. Errors are ignored. */
  release?(): void;
}

/**
 * What an {@link ExtensionCodec} may know of a frame.
 *
 * @see {@link Extension}
 */
export interface FrameHeader {
  readonly opcode: number;
  readonly fin: boolean;
  /** The reserved bits; RSV1 is 4. */
  readonly rsv: number;
}

/**
 * The frame of the payload that `decode` of a codec gets.
 *
 * @see {@link Extension}
 */
export interface IncomingFrame extends FrameHeader {
  /** Whether this is the last piece of the frame's payload. */
  readonly frameFinished: boolean;
}

/**
 * A frame that `encode` of a codec gets and returns.
 *
 * @see {@link Extension}
 */
export interface OutgoingFrame extends FrameHeader {
  readonly payload: Uint8Array;
  /** The `compress` option of this message; `undefined` lets the extension decide. */
  readonly compress: boolean | undefined;
}

/**
 * An extension that both ends agreed on, with its codec for this connection.
 *
 * @see {@link Extension}
 */
export interface NegotiatedExtension extends AgreedExtension {
  readonly codec: ExtensionCodec;
}
