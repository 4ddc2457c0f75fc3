/**
 * Bytes → frames (RFC 6455 §5.2). Reads headers whole, passes payload on as it arrives, and does not track messages.
 */
import type { ByteQueue } from "./byteQueue.ts";
import { EMPTY, type Bytes } from "./bytes.ts";
import type { IncomingFrame } from "./extension.ts";
import { applyMask, readKey } from "./mask.ts";
import {
  FIN,
  isControl,
  isOpcode,
  LENGTH_16,
  LENGTH_64,
  LONGEST_HEADER,
  MASK,
  MAX_CONTROL_PAYLOAD,
  Opcode,
  RSV_SHIFT,
} from "./opcodes.ts";
import {
  CONTROL_FRAGMENTED,
  CONTROL_TOO_LONG,
  FRAME_TOO_LARGE,
  LENGTH_NOT_MINIMAL,
  LENGTH_OF_64_BITS,
  LENGTH_UNSAFE,
  MASK_MISSING,
  MASK_UNEXPECTED,
  RESERVED_BITS,
  RESERVED_OPCODE,
} from "./rules.ts";
import { violation, type Rule } from "./violation.ts";

/** Which frames must be masked (§5.1). `"either"` is for ends that agreed to go without masking. */
export type Masking = "required" | "forbidden" | "either";

interface FrameRules {
  readonly masking: Masking;
  readonly maxFrameBytes: number;
  /** The reserved bits that negotiated extensions use; RSV1 is 4. */
  readonly reservedBits: number;
}

export class FrameReader implements IncomingFrame {
  /** The header of the current frame. */
  opcode: Opcode = Opcode.CONTINUATION;
  fin = false;
  rsv = 0;
  payloadLength = 0;
  /** Unread payload, in bytes. */
  remaining = 0;
  /** Whether a header has been read, but not all of its payload. */
  inFrame = false;

  readonly #input: ByteQueue;
  readonly #rules: FrameRules;
  #key = 0;
  /** The start of a header that is split between chunks. */
  #partial: Bytes | undefined;
  #partialLength = 0;

  constructor(input: ByteQueue, rules: FrameRules) {
    this.#input = input;
    this.#rules = rules;
  }

  /** Whether the next byte starts a frame. */
  get atHeader(): boolean {
    return !this.inFrame && this.#partialLength === 0;
  }

  /** Whether the whole payload of the current frame has been read. */
  get frameFinished(): boolean {
    return !this.inFrame;
  }

  /**
   * Reads a header if it is complete. Returns whether it did. Throws `RemoteProtocolError` if the header is invalid.
   */
  readHeader(): boolean {
    const input = this.#input;
    const available = input.available();
    if (this.#partialLength === 0 && available >= 2) {
      const { chunk, position } = input;
      const length = headerLength(chunk[position + 1]!);
      if (available >= length) {
        this.#parse(chunk, position, length);
        input.position = position + length;
        return true;
      }
    }
    return this.#readSplitHeader();
  }

  /**
   * Returns the next piece of payload, unmasked in place, or `undefined` until more arrives. Empty for an empty frame.
   */
  readPayload(): Bytes | undefined {
    const input = this.#input;
    const { remaining } = this;
    if (remaining === 0) {
      this.inFrame = false;
      return EMPTY;
    }
    const available = input.available();
    if (available === 0) return undefined;
    const { chunk, position } = input;
    const length = remaining < available ? remaining : available;
    if (length === 1) {
      // For bytes that arrive one at a time: a call costs more than masking the byte.
      chunk[position]! ^= this.#key >>> (((this.payloadLength - remaining) & 3) << 3);
    } else if (this.#key !== 0) {
      applyMask(chunk, input.words, position, position + length, this.#key, this.payloadLength - remaining);
    }
    input.position = position + length;
    this.remaining = remaining - length;
    this.inFrame = this.remaining > 0;
    return new Uint8Array(input.buffer, input.base + position, length);
  }

  /** Collects a header that is split between chunks. Looks at each byte once, however the header is split. */
  #readSplitHeader(): boolean {
    const input = this.#input;
    const partial = (this.#partial ??= new Uint8Array(LONGEST_HEADER));
    for (;;) {
      const wanted = this.#partialLength < 2 ? 2 : headerLength(partial[1]!);
      if (this.#partialLength >= 2) this.#checkFirstTwo(partial[0]!, partial[1]!);
      if (this.#partialLength === wanted) {
        this.#parse(partial, 0, wanted);
        this.#partialLength = 0;
        return true;
      }
      if (input.available() === 0) return false;
      partial[this.#partialLength++] = input.chunk[input.position++]!;
    }
  }

  #parse(bytes: Bytes, at: number, length: number): void {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    this.#checkFirstTwo(first, second);
    let payloadLength = second & 0x7f;
    if (payloadLength === LENGTH_16) {
      payloadLength = (bytes[at + 2]! << 8) | bytes[at + 3]!;
      if (payloadLength < LENGTH_16) this.#refuse(LENGTH_NOT_MINIMAL);
    } else if (payloadLength === LENGTH_64) {
      const high = readUint32(bytes, at + 2);
      payloadLength = high * 0x1_0000_0000 + readUint32(bytes, at + 6);
      if (high >= 0x8000_0000) this.#refuse(LENGTH_OF_64_BITS);
      if (payloadLength <= 0xffff) this.#refuse(LENGTH_NOT_MINIMAL);
      if (payloadLength > Number.MAX_SAFE_INTEGER) this.#refuse(LENGTH_UNSAFE);
    }
    const { maxFrameBytes } = this.#rules;
    if (payloadLength > maxFrameBytes) this.#refuse(FRAME_TOO_LARGE, payloadLength, maxFrameBytes);
    this.opcode = (first & 0x0f) as Opcode;
    this.fin = (first & FIN) !== 0;
    this.rsv = (first >> RSV_SHIFT) & 7;
    this.#key = (second & MASK) === 0 ? 0 : readKey(bytes, at + length - 4);
    this.payloadLength = payloadLength;
    this.remaining = payloadLength;
    this.inFrame = true;
  }

  /** Checks everything that the first two bytes can violate. A bad frame is refused before its length is known. */
  #checkFirstTwo(first: number, second: number): void {
    const opcode = first & 0x0f;
    const unknownBits = (first >> RSV_SHIFT) & 7 & ~this.#rules.reservedBits;
    if (unknownBits !== 0) this.#refuse(RESERVED_BITS, nameBits(unknownBits));
    if (!isOpcode(opcode)) this.#refuse(RESERVED_OPCODE, opcode.toString(16));
    if (isControl(opcode)) {
      if ((first & FIN) === 0) this.#refuse(CONTROL_FRAGMENTED);
      if ((second & 0x7f) > MAX_CONTROL_PAYLOAD) this.#refuse(CONTROL_TOO_LONG);
    }
    const { masking } = this.#rules;
    if (masking === "required" && (second & MASK) === 0) this.#refuse(MASK_MISSING);
    if (masking === "forbidden" && (second & MASK) !== 0) this.#refuse(MASK_UNEXPECTED);
  }

  #refuse(rule: Rule, ...values: unknown[]): never {
    throw violation(rule, this.#input.offset - this.#partialLength, ...values);
  }
}

function headerLength(second: number): number {
  const length = second & 0x7f;
  return (length < LENGTH_16 ? 2 : length === LENGTH_16 ? 4 : 10) + ((second & MASK) === 0 ? 0 : 4);
}

/** Multiplies instead of shifting: a shift by 24 yields a negative number half of the time. */
function readUint32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

function nameBits(bits: number): string {
  return ["RSV1", "RSV2", "RSV3"].filter((_, i) => (bits & (4 >> i)) !== 0).join(", ");
}
