/**
 * The permessage-deflate codec of one connection (RFC 7692 §6, §7.2): decides which messages are compressed, and
 * removes and restores the end of their last block.
 */
import { EMPTY, type Bytes } from "../core/bytes.ts";
import { RemoteProtocolError } from "../core/errors.ts";
import type { ExtensionCodec, FrameHeader, IncomingFrame, OutgoingFrame } from "../core/extension.ts";
import { isControl, Opcode } from "../core/opcodes.ts";
import type { Deflater, Inflater } from "./engine.ts";
import type { Lender } from "./lender.ts";
import type { ResolvedOptions } from "./options.ts";

/** The agreed parameters for messages of one end. */
export interface Direction {
  readonly windowBits: number;
  readonly takeover: boolean;
}

interface CodecOptions {
  readonly deflaters: Lender<Deflater>;
  readonly inflaters: Lender<Inflater>;
  readonly sent: Direction;
  readonly received: Direction;
  readonly settings: ResolvedOptions;
}

/** The "Per-Message Compressed" bit (§6). */
const RSV1 = 4;

/** 00 00 ff ff: the end of a flush. The sender removes it from the end of a message (§7.2.1). */
const FLUSH_BYTES = 4;

/** An empty stored block without its end: an empty message, or an empty last fragment (§7.2.3.6). */
const EMPTY_BLOCK: Bytes = Uint8Array.of(0);

export class DeflateCodec implements ExtensionCodec {
  readonly reservedBits: number = RSV1;
  readonly #options: CodecOptions;
  /** Whether the message being received, or sent, is compressed. */
  #inflating = false;
  #deflating = false;
  /** Kept with context takeover, otherwise borrowed for one message. */
  #inflater: Inflater | undefined;
  #deflater: Deflater | undefined;
  /** Whether any payload of the message being received has arrived. */
  #receivedAny = false;

  constructor(options: CodecOptions) {
    this.#options = options;
  }

  receiveFrame({ opcode, rsv }: FrameHeader): void {
    const compressed = (rsv & RSV1) !== 0;
    if (opcode === Opcode.CONTINUATION || isControl(opcode)) {
      if (!compressed) return;
      // "An endpoint MUST NOT set the 'Per-Message Compressed' bit of control frames and non-first fragments" (§6)
      const where = opcode === Opcode.CONTINUATION ? "continuation" : "control";
      throw new RemoteProtocolError(`RSV1 on a ${where} frame`, {
        code: "reservedBits",
        closeCode: 1002,
        section: "RFC 7692 §6",
      });
    }
    this.#inflating = compressed;
    this.#receivedAny = false;
  }

  decode(payload: Bytes, frame: IncomingFrame): Iterable<Bytes> {
    if (!this.#inflating) return [payload];
    const last = frame.fin && frame.frameFinished;
    this.#receivedAny ||= payload.length > 0;
    // An empty payload is not a DEFLATE stream (§7.2.3.6 requires one byte), but it is unambiguous.
    if (!this.#receivedAny || (payload.length === 0 && !last)) return [];
    const { inflaters, received } = this.#options;
    const inflater = (this.#inflater ??= inflaters.lend(received.windowBits));
    const pieces = inflater.inflate(payload, last);
    if (last && !received.takeover) {
      if (!Array.isArray(pieces)) return this.#lastPieces(pieces);
      this.#takeBackInflater();
    }
    return pieces;
  }

  encode(frame: OutgoingFrame): OutgoingFrame {
    const { fin, payload } = frame;
    const begins = frame.opcode !== Opcode.CONTINUATION;
    if (begins) this.#deflating = frame.compress ?? (!fin || payload.length >= this.#options.settings.threshold);
    if (!this.#deflating) return frame;
    const rsv = begins ? frame.rsv | RSV1 : frame.rsv;
    return { ...frame, rsv, payload: this.#deflate(payload, fin) };
  }

  release(): void {
    this.#deflater?.release?.();
    this.#inflater?.release?.();
    this.#deflater = undefined;
    this.#inflater = undefined;
  }

  /** Flushes every fragment (§7.2.1), so that the receiver can read all that was sent. */
  #deflate(payload: Uint8Array, last: boolean): Uint8Array {
    const { deflaters, sent } = this.#options;
    let deflated: Uint8Array = last ? EMPTY_BLOCK : EMPTY;
    if (payload.length > 0) {
      deflated = (this.#deflater ??= deflaters.lend(sent.windowBits)).deflate(payload);
      if (last) deflated = deflated.subarray(0, -FLUSH_BYTES);
    }
    if (last && !sent.takeover && this.#deflater !== undefined) {
      deflaters.takeBack(sent.windowBits, this.#deflater);
      this.#deflater = undefined;
    }
    return deflated;
  }

  *#lastPieces(pieces: Iterable<Bytes>): Generator<Bytes> {
    yield* pieces;
    this.#takeBackInflater();
  }

  #takeBackInflater(): void {
    const { inflaters, received } = this.#options;
    if (this.#inflater !== undefined) inflaters.takeBack(received.windowBits, this.#inflater);
    this.#inflater = undefined;
  }
}
