/** Frames → messages and control frames (RFC 6455 §5.4, §5.5, §6.2), piece by piece as bytes arrive. */
import type { ByteQueue } from "./byteQueue.ts";
import { EMPTY, type Bytes } from "./bytes.ts";
import { readCloseBody } from "./closeFrame.ts";
import type { ContainedCodec } from "./containedCodec.ts";
import { ProtocolError } from "./errors.ts";
import {
  bytesReceived,
  textReceived,
  type BytesReceived,
  type CloseFrame,
  type PingReceived,
  type PongReceived,
  type TextReceived,
} from "./events.ts";
import type { IncomingFrame } from "./extension.ts";
import { FrameReader, type Masking } from "./frameReader.ts";
import type { Limits } from "./limits.ts";
import { isControl, MASK, MAX_CONTROL_PAYLOAD, Opcode } from "./opcodes.ts";
import {
  CONTINUATION_WITHOUT_START,
  MESSAGE_INTERRUPTED,
  MESSAGE_TOO_LARGE,
  TEXT_INVALID,
  TOO_MANY_FRAGMENTS,
} from "./rules.ts";
import { violation, type Rule } from "./violation.ts";
import type { FastPaths } from "./runs/fastPaths.ts";
import type { WholeMessages } from "./runs/wholeMessages.ts";
import { Utf8Reader } from "./utf8.ts";

export interface CloseReceived extends CloseFrame {
  readonly type: "closeReceived";
  readonly body: Bytes;
}

export type Received = TextReceived | BytesReceived | PingReceived | PongReceived | CloseReceived;

/** Progress is counted in steps of 16 KiB, here as a power of 2. */
const STEP_BITS = 14;

export class MessageReader {
  readonly #frames: FrameReader;
  readonly #input: ByteQueue;
  readonly #limits: Limits;
  readonly #codecs: readonly ContainedCodec[];
  readonly #decoders: readonly ContainedCodec[];
  readonly #decodes: boolean;
  /** The fast path for simple messages, if enabled. */
  readonly whole: WholeMessages | undefined;

  /** Opcode of the current message; `CONTINUATION` between messages. */
  #messageOpcode: Opcode = Opcode.CONTINUATION;
  #messageBytes = 0;
  #fragments = 0;
  /** Stream position of the current message, or of a control frame between messages. */
  #start = 0;
  #utf8: Utf8Reader | undefined;
  /** Decoded payload that has not been delivered yet, and its next piece. */
  #decoded: { pieces: Iterator<Bytes>; ahead: IteratorResult<Bytes, unknown> } | undefined;
  /** A control frame whose payload arrived in more than one chunk. */
  #control: Bytes | undefined;
  #controlLength = 0;
  /** Thrown once the valid part of the text, or of the decoded payload, has been delivered. */
  #raiseNext: ProtocolError | undefined;

  constructor(
    input: ByteQueue,
    limits: Limits,
    masking: Masking,
    codecs: readonly ContainedCodec[],
    fastPaths: FastPaths | undefined,
  ) {
    this.#input = input;
    this.#limits = limits;
    // The last codec to encode is the first to decode (§9.1).
    this.#codecs = codecs.length === 0 ? NO_CODECS : [...codecs].reverse();
    this.#decoders = codecs.length === 0 ? NO_CODECS : this.#codecs.filter(({ decodes }) => decodes);
    this.#decodes = this.#decoders.length > 0;
    const { maxFrameBytes, maxMessageBytes, maxFragments } = limits;
    const plain = codecs.length === 0 && masking !== "either" && maxFragments > 0;
    this.whole = plain
      ? fastPaths?.read(input, masking === "required" ? MASK : 0, Math.min(maxFrameBytes, maxMessageBytes))
      : undefined;
    const reservedBits = codecs.reduce((bits, codec) => bits | codec.reservedBits, 0);
    this.#frames = new FrameReader(input, { masking, maxFrameBytes, reservedBits });
  }

  /** Payload of the current frame that is still to come, in bytes; 0 if an extension decodes it. */
  get frameRemaining(): number {
    return this.#decodes ? 0 : this.#frames.remaining;
  }

  /**
   * A number that increases with each 16 KiB of a message, and with each message. It never goes back, because no
   * message decodes to 16,384 times its size. `undefined` if the peer owes nothing: between messages, or while decoded
   * payload is waiting to be delivered.
   */
  get progress(): number | undefined {
    if (this.#decoded !== undefined) return undefined;
    if (this.#messageOpcode !== Opcode.CONTINUATION) return this.#start + (this.#messageBytes >>> STEP_BITS);
    return this.#frames.atHeader ? undefined : this.#start;
  }

  /** Reads the next event. Returns `undefined` until more bytes arrive. Throws `ProtocolError`. */
  read(): Received | undefined {
    if (!this.#frames.atHeader) return this.#readOn();
    if (this.#messageOpcode === Opcode.CONTINUATION) {
      const message = this.whole?.begin();
      if (message !== undefined) return message;
      this.#start = this.#input.offset;
    }
    return this.#readFragment() ?? this.#readOn();
  }

  /** Reads a fragment of a binary message if the chunk contains all of it. */
  #readFragment(): BytesReceived | undefined {
    const { maxFragments, maxMessageBytes } = this.#limits;
    if (this.#messageOpcode !== Opcode.BINARY || this.#fragments >= maxFragments) return undefined;
    const fragment = this.whole?.fragment(maxMessageBytes - this.#messageBytes);
    if (fragment === undefined) return undefined;
    this.#fragments++;
    this.#messageBytes += fragment.data.length;
    if (fragment.messageFinished) this.#messageOpcode = Opcode.CONTINUATION;
    return fragment;
  }

  #readOn(): Received | undefined {
    const frames = this.#frames;
    for (;;) {
      if (this.#raiseNext !== undefined) throw this.#raiseNext;
      if (this.#decoded !== undefined) {
        const received = this.#nextDecoded();
        if (received !== undefined) return received;
        continue;
      }
      if (!frames.inFrame) {
        if (!frames.readHeader()) return undefined;
        this.#beginFrame();
      }
      const payload = frames.readPayload();
      if (payload === undefined) return undefined;
      const received = isControl(frames.opcode) ? this.#readControl(payload) : this.#readData(payload);
      if (received !== undefined) return received;
    }
  }

  /** Checks what a header can violate within a message, before any payload arrives. */
  #beginFrame(): void {
    const { opcode, payloadLength } = this.#frames;
    if (this.#codecs.length > 0) {
      for (const codec of this.#codecs) codec.receiveFrame(this.#frames);
    }
    if (isControl(opcode)) return;
    if (opcode === Opcode.CONTINUATION) {
      if (this.#messageOpcode === Opcode.CONTINUATION) this.#refuse(CONTINUATION_WITHOUT_START);
    } else {
      if (this.#messageOpcode !== Opcode.CONTINUATION) this.#refuse(MESSAGE_INTERRUPTED);
      this.#messageOpcode = opcode;
      this.#messageBytes = 0;
      this.#fragments = 0;
    }
    const { maxFragments, maxMessageBytes } = this.#limits;
    if (++this.#fragments > maxFragments) this.#refuse(TOO_MANY_FRAGMENTS, maxFragments);
    if (!this.#decodes && this.#messageBytes + payloadLength > maxMessageBytes) this.#refuseSize();
  }

  #readData(payload: Bytes): Received | undefined {
    const { fin, frameFinished } = this.#frames;
    if (!this.#decodes) return this.#deliver(payload, frameFinished, frameFinished && fin);
    const decoded = this.#decode(payload);
    // The usual case: one piece, so no look-ahead is needed.
    if (Array.isArray(decoded) && decoded.length === 1) return this.#deliverDecoded(decoded[0] as Bytes, true);
    const pieces = decoded[Symbol.iterator]();
    this.#decoded = { pieces, ahead: pieces.next() };
    return undefined;
  }

  /** Passes the payload through every codec; the last one pulls. */
  #decode(payload: Bytes): Iterable<Bytes> {
    let pieces: Iterable<Bytes> | undefined;
    for (const codec of this.#decoders) {
      pieces = pieces === undefined ? codec.decode(payload, this.#frames) : decodeEach(pieces, codec, this.#frames);
    }
    return pieces ?? [payload];
  }

  /** Looks one piece ahead, to know which piece is the last. */
  #nextDecoded(): Received | undefined {
    const decoded = this.#decoded!;
    const { ahead } = decoded;
    try {
      if (ahead.done !== true) decoded.ahead = decoded.pieces.next();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#raiseNext = error;
    }
    const last = decoded.ahead.done === true;
    if (last || this.#raiseNext !== undefined) this.#decoded = undefined;
    return this.#deliverDecoded(ahead.done === true ? EMPTY : ahead.value, last);
  }

  /** `last`: this is the last piece decoded from the payload read so far. */
  #deliverDecoded(data: Bytes, last: boolean): Received | undefined {
    if (this.#messageBytes + data.length > this.#limits.maxMessageBytes) this.#refuseSize();
    const frameFinished = last && this.#frames.frameFinished;
    return this.#deliver(data, frameFinished, frameFinished && this.#frames.fin);
  }

  #deliver(payload: Bytes, frameFinished: boolean, messageFinished: boolean): Received | undefined {
    const opcode = this.#messageOpcode;
    this.#messageBytes += payload.length;
    if (opcode === Opcode.BINARY) {
      if (messageFinished) this.#messageOpcode = Opcode.CONTINUATION;
      if (payload.length === 0 && !frameFinished) return undefined;
      return bytesReceived(payload, frameFinished, messageFinished);
    }
    const text = (this.#utf8 ??= new Utf8Reader()).read(payload, messageFinished);
    if (typeof text === "string") {
      if (messageFinished) this.#messageOpcode = Opcode.CONTINUATION;
      if (text === "" && !frameFinished) return undefined;
      return textReceived(text, frameFinished, messageFinished);
    }
    const error = violation(TEXT_INVALID, this.#decodes ? undefined : this.#input.offset - payload.length + text.at);
    if (text.valid === "") throw error;
    this.#raiseNext = error;
    return textReceived(text.valid, false);
  }

  #readControl(piece: Bytes): Received | undefined {
    let payload = piece;
    if (this.#frames.inFrame || this.#controlLength > 0) {
      const gathered = (this.#control ??= new Uint8Array(MAX_CONTROL_PAYLOAD));
      gathered.set(piece, this.#controlLength);
      this.#controlLength += piece.length;
      if (this.#frames.inFrame) return undefined;
      payload = gathered.slice(0, this.#controlLength);
      this.#controlLength = 0;
    }
    const { opcode } = this.#frames;
    if (opcode === Opcode.CLOSE) {
      return { type: "closeReceived", ...readCloseBody(payload, this.#input.offset), body: payload };
    }
    return { type: opcode === Opcode.PING ? "pingReceived" : "pongReceived", payload };
  }

  #refuseSize(): never {
    this.#refuse(MESSAGE_TOO_LARGE, this.#limits.maxMessageBytes);
  }

  #refuse(rule: Rule, ...values: unknown[]): never {
    throw violation(rule, this.#input.offset, ...values);
  }
}

/** Shared by all connections without extensions; saves each of them three arrays. */
const NO_CODECS: readonly ContainedCodec[] = [];

function* decodeEach(pieces: Iterable<Bytes>, codec: ContainedCodec, frame: IncomingFrame): Generator<Bytes> {
  const { opcode, fin, rsv } = frame;
  let last: Bytes = EMPTY;
  let first = true;
  // Delayed by one piece, because only the last one finishes the frame.
  for (const piece of pieces) {
    if (!first) yield* codec.decode(last, { opcode, fin, rsv, frameFinished: false });
    last = piece;
    first = false;
  }
  yield* codec.decode(last, frame);
}
