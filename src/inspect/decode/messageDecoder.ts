/** Decodes one direction's frames as messages: the order of frames, the extensions, and text (RFC 6455 §5.4, §8.1). */
import { EMPTY, type Bytes } from "../../core/bytes.ts";
import { RemoteProtocolError } from "../../core/errors.ts";
import type { ExtensionCodec, IncomingFrame } from "../../core/extension.ts";
import { isControl, Opcode } from "../../core/opcodes.ts";
import { CONTINUATION_WITHOUT_START, MESSAGE_INTERRUPTED, TEXT_INVALID } from "../../core/rules.ts";
import { Utf8Reader } from "../../core/utf8.ts";
import type { Reading } from "./agreement.ts";
import { broken } from "../broken.ts";
import { Gathered } from "./gathered.ts";
import type { FrameRecord, Mutable, Violation } from "../record.ts";

export interface MessageLimits {
  readonly maxPayloadBytes: number;
  readonly maxInflatedBytes: number;
}

type Frame = Mutable<FrameRecord>;
type Refuse = (violation: Omit<Violation, "offset">, offset?: number) => void;

export class MessageDecoder {
  readonly #limits: MessageLimits;
  /** Creates codecs without memory of earlier messages. Returns `undefined` until the agreement is known. */
  readonly #makeReading: () => Reading | undefined;
  #reading: Reading | undefined;
  /** Whether decoding has stopped and can't continue with the next frame. */
  #stopped = false;
  #messages = 0;
  #message: Message | undefined;
  /** The decoded payload of the current frame. */
  #inflated: Gathered | undefined;

  constructor(limits: MessageLimits, makeReading: () => Reading | undefined) {
    this.#limits = limits;
    this.#makeReading = makeReading;
  }

  /** The reserved bits that may be set (RFC 6455 §5.2); all of them until the agreement is known. */
  get reservedBits(): number {
    return this.#read()?.reservedBits ?? 7;
  }

  /** A header has arrived. */
  begin(frame: Frame, refuse: Refuse): void {
    this.#inflated = undefined;
    const { opcode } = frame;
    if (opcode === Opcode.TEXT || opcode === Opcode.BINARY) this.#renew();
    const reading = this.#read();
    if (!this.#stopped) this.#tellCodecs(frame, reading?.codecs ?? [], refuse);
    if (isControl(opcode) || opcode > Opcode.BINARY) return;
    if (opcode === Opcode.CONTINUATION) {
      if (this.#message === undefined) {
        refuse({ ...broken(CONTINUATION_WITHOUT_START), field: "opcode" });
        return;
      }
      this.#message.fragments++;
    } else {
      if (this.#message !== undefined) refuse({ ...broken(MESSAGE_INTERRUPTED), field: "opcode" });
      this.#message = new Message(this.#messages++, opcode, frame.rsv !== 0 || (reading?.codecs.some(always) ?? false));
    }
    const { number, fragments, type, encoded } = this.#message;
    frame.messageNumber = number;
    frame.fragment = fragments;
    frame.messageType = type;
    if (encoded) this.#publish(frame, reading);
  }

  /**
   * Unmasked payload of a data frame has arrived. `finished` marks its last piece; `at` is its position in the stream.
   */
  take(frame: Frame, payload: Bytes, finished: boolean, at: number, refuse: Refuse): void {
    const message = this.#message;
    if (frame.messageNumber === undefined || message === undefined) return;
    const reading = this.#read();
    const last = finished && frame.fin;
    const incoming: IncomingFrame = { opcode: frame.opcode, fin: frame.fin, rsv: frame.rsv, frameFinished: finished };
    if (reading !== undefined && reading.codecs.length > 0 && !this.#stopped) {
      this.#decode(frame, message, payload, incoming, refuse);
    } else if (!message.encoded) {
      this.#readText(message, payload, last, at, refuse);
    }
    if (message.encoded) this.#publish(frame, reading);
    if (last) this.#message = undefined;
  }

  #decode(frame: Frame, message: Message, payload: Bytes, incoming: IncomingFrame, refuse: Refuse): void {
    const last = incoming.fin && incoming.frameFinished;
    const decoding = decodeWith(this.#reading!.codecs, payload, incoming)[Symbol.iterator]();
    try {
      for (;;) {
        const piece = decoding.next();
        if (piece.done === true) break;
        if (message.encoded) (this.#inflated ??= new Gathered(this.#limits.maxPayloadBytes)).add(piece.value);
        this.#readText(message, piece.value, false, frame.offset, refuse);
        message.decodedBytes += piece.value.length;
        if (message.decodedBytes > this.#limits.maxInflatedBytes) {
          this.#stopped = true;
          return;
        }
      }
      if (last) this.#readText(message, EMPTY, true, frame.offset, refuse);
    } catch (error) {
      this.#stopped = true;
      refuse(violationOf(error, "payload"));
    }
  }

  /** Updates the record with what has been decoded so far. */
  #publish(frame: Frame, reading: Reading | undefined): void {
    frame.inflationStopped = this.#stopped;
    if (reading === undefined || !reading.decodes) return;
    if (this.#stopped && this.#inflated === undefined) return;
    frame.inflated = this.#inflated?.kept ?? EMPTY;
    frame.inflatedLength = this.#inflated?.length ?? 0;
  }

  #readText(message: Message, bytes: Bytes, last: boolean, at: number, refuse: Refuse): void {
    if (message.utf8 === undefined) return;
    const text = message.utf8.read(bytes, last);
    if (typeof text === "string") return;
    message.utf8 = undefined;
    const offset = message.encoded ? at : at + text.at;
    refuse({ ...broken(TEXT_INVALID), field: "payload" }, offset);
  }

  #tellCodecs(frame: Frame, codecs: readonly ExtensionCodec[], refuse: Refuse): void {
    const { opcode, fin, rsv } = frame;
    for (const codec of codecs) {
      try {
        codec.receiveFrame?.({ opcode, fin, rsv });
      } catch (error) {
        refuse(violationOf(error, "rsv1"));
      }
    }
  }

  #read(): Reading | undefined {
    return (this.#reading ??= this.#makeReading());
  }

  /** After decoding has stopped: resumes it at a message that does not depend on earlier ones. */
  #renew(): void {
    if (!this.#stopped || this.#reading?.forgets !== true) return;
    this.#reading = this.#makeReading();
    this.#stopped = false;
  }
}

class Message {
  readonly number: number;
  readonly type: "text" | "binary";
  /** Whether an extension has transformed it. */
  readonly encoded: boolean;
  fragments = 0;
  decodedBytes = 0;
  /** Set until invalid UTF-8 is found. */
  utf8: Utf8Reader | undefined;

  constructor(number: number, opcode: number, encoded: boolean) {
    this.number = number;
    this.type = opcode === Opcode.TEXT ? "text" : "binary";
    this.encoded = encoded;
    this.utf8 = opcode === Opcode.TEXT ? new Utf8Reader() : undefined;
  }
}

/** An extension without a reserved bit transforms every message. */
function always(codec: ExtensionCodec): boolean {
  return codec.reservedBits === 0 && codec.decode !== undefined;
}

/** Passes payload through the codecs. If there are several, an empty piece marks the end of the frame. */
function* decodeWith(codecs: readonly ExtensionCodec[], payload: Bytes, frame: IncomingFrame): Generator<Bytes> {
  const [codec, ...others] = codecs;
  if (codec === undefined) {
    yield payload;
    return;
  }
  const pieces = codec.decode?.(payload, frame) ?? [payload];
  if (others.length === 0) {
    yield* pieces;
    return;
  }
  for (const piece of pieces) yield* decodeWith(others, piece, { ...frame, frameFinished: false });
  yield* decodeWith(others, EMPTY, frame);
}

function violationOf(error: unknown, field: string): Omit<Violation, "offset"> {
  if (error instanceof RemoteProtocolError) {
    return { code: error.code, message: error.message, section: error.section ?? "RFC 6455 §9", field };
  }
  return { code: "extensionFault", message: `the extension failed: ${String(error)}`, section: "RFC 6455 §9", field };
}
