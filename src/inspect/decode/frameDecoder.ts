/** Decodes one captured frame (RFC 6455 §5.2), however malformed, and reports every framing rule that it breaks. */
import { EMPTY, type Bytes } from "../../core/bytes.ts";
import { CloseCode, isCloseCodeOnWire } from "../../core/closeCodes.ts";
import {
  FIN,
  isControl,
  isOpcode,
  LENGTH_16,
  LONGEST_HEADER,
  MASK,
  MAX_CONTROL_PAYLOAD,
  Opcode,
  RSV_SHIFT,
} from "../../core/opcodes.ts";
import {
  CLOSE_BODY_TOO_SHORT,
  CLOSE_CODE_INVALID,
  CLOSE_REASON_INVALID,
  CONTROL_FRAGMENTED,
  CONTROL_TOO_LONG,
  LENGTH_NOT_MINIMAL,
  LENGTH_OF_64_BITS,
  LENGTH_UNSAFE,
  MASK_MISSING,
  MASK_UNEXPECTED,
  RESERVED_BITS,
  RESERVED_OPCODE,
} from "../../core/rules.ts";
import type { Rule } from "../../core/violation.ts";
import { decodeWhole } from "../../core/utf8.ts";
import { broken } from "../broken.ts";
import { Gathered } from "./gathered.ts";
import type { MessageDecoder } from "./messageDecoder.ts";
import type { FrameRecord, Mutable, Violation } from "../record.ts";

export interface FrameRules {
  /** Which frames must be masked (§5.1). */
  readonly masking: "required" | "forbidden" | "either";
  readonly maxPayloadBytes: number;
}

/** Reads one frame into its record. */
export class FrameDecoder {
  readonly record: Mutable<FrameRecord>;
  readonly #rules: FrameRules;
  readonly #messages: MessageDecoder;
  readonly #header = new Uint8Array(LONGEST_HEADER);
  #headerLength = 0;
  #payload: Gathered | undefined;

  constructor(record: Mutable<FrameRecord>, rules: FrameRules, messages: MessageDecoder) {
    this.record = record;
    this.#rules = rules;
    this.#messages = messages;
  }

  get complete(): boolean {
    return this.#payload !== undefined && this.#payload.length >= this.record.payloadLength;
  }

  /** Takes the bytes that belong to the frame and returns their number. Does not modify them. */
  take(bytes: Uint8Array): number {
    let at = 0;
    if (this.#payload === undefined) at = this.#takeHeader(bytes);
    const payload = this.#payload;
    if (payload === undefined || at === bytes.length) return at;
    const { record } = this;
    const count = Math.min(bytes.length - at, record.payloadLength - payload.length);
    if (count > 0) this.#takePayload(payload, bytes.slice(at, at + count));
    return at + count;
  }

  /** Takes the bytes that belong to the header and returns their number. */
  #takeHeader(bytes: Uint8Array): number {
    const header = this.#header;
    const { record } = this;
    let at = 0;
    while (at < bytes.length && (this.#headerLength < 2 || this.#headerLength < headerLengthOf(record))) {
      const byte = bytes[at++]!;
      header[this.#headerLength++] = byte;
      if (this.#headerLength === 1) this.#readFirst(byte);
      if (this.#headerLength === 2) this.#readSecond(byte);
    }
    record.header = header.slice(0, this.#headerLength);
    if (this.#headerLength >= 2 && this.#headerLength === headerLengthOf(record)) this.#beginPayload();
    return at;
  }

  #beginPayload(): void {
    const { record } = this;
    this.#readLength();
    if (record.masked) record.maskingKey = this.#header.slice(this.#headerLength - 4, this.#headerLength);
    // Control frames are always kept whole: they are short, and a pong's payload shows which ping it answers.
    const least = isControl(record.opcode) ? MAX_CONTROL_PAYLOAD : 0;
    this.#payload = new Gathered(Math.max(this.#rules.maxPayloadBytes, least), record.payloadLength);
    this.#messages.begin(record, this.#refuse);
    if (record.payloadLength === 0) this.#finish(EMPTY, true);
  }

  #readFirst(byte: number): void {
    const { record } = this;
    record.fin = (byte & FIN) !== 0;
    record.rsv = (byte >> RSV_SHIFT) & 7;
    record.opcode = byte & 0x0f;
  }

  #readSecond(byte: number): void {
    const { record } = this;
    const length = byte & 0x7f;
    record.masked = (byte & MASK) !== 0;
    record.lengthForm = length < LENGTH_16 ? 7 : length === LENGTH_16 ? 16 : 64;
    record.payloadLength = length < LENGTH_16 ? length : 0;
    const unknownBits = record.rsv & ~this.#messages.reservedBits;
    for (const bit of [1, 2, 3]) {
      if ((unknownBits & (8 >> bit)) === 0) continue;
      this.#break(RESERVED_BITS, `rsv${bit}`, `RSV${bit}`);
    }
    const { opcode } = record;
    if (!isOpcode(opcode)) this.#break(RESERVED_OPCODE, "opcode", opcode.toString(16));
    if (isControl(opcode)) {
      if (!record.fin) this.#break(CONTROL_FRAGMENTED, "fin");
      if (length > MAX_CONTROL_PAYLOAD) this.#break(CONTROL_TOO_LONG, "payloadLength");
    }
    const { masking } = this.#rules;
    if (masking === "required" && !record.masked) this.#break(MASK_MISSING, "mask");
    if (masking === "forbidden" && record.masked) this.#break(MASK_UNEXPECTED, "mask");
  }

  #readLength(): void {
    const { record } = this;
    const view = new DataView(this.#header.buffer);
    const field = "extendedPayloadLength";
    if (record.lengthForm === 16) {
      record.payloadLength = view.getUint16(2);
      if (record.payloadLength < LENGTH_16) this.#break(LENGTH_NOT_MINIMAL, field);
    } else if (record.lengthForm === 64) {
      const length = view.getBigUint64(2);
      record.payloadLength = Number(length);
      if (length >= 2n ** 63n) this.#break(LENGTH_OF_64_BITS, field);
      else if (length <= 0xffffn) this.#break(LENGTH_NOT_MINIMAL, field);
      else if (length > Number.MAX_SAFE_INTEGER) this.#break(LENGTH_UNSAFE, field);
    }
  }

  /** Takes ownership of `piece`. */
  #takePayload(payload: Gathered, piece: Bytes): void {
    const { maskingKey } = this.record;
    if (maskingKey !== undefined) {
      const phase = payload.length;
      for (let i = 0; i < piece.length; i++) piece[i]! ^= maskingKey[(phase + i) & 3]!;
    }
    payload.add(piece);
    this.record.payload = payload.kept;
    this.#finish(piece, payload.length >= this.record.payloadLength);
  }

  #finish(piece: Bytes, finished: boolean): void {
    const { record } = this;
    const at = record.offset + this.#headerLength + (this.#payload?.length ?? 0) - piece.length;
    this.#messages.take(record, piece, finished, at, this.#refuse);
    if (finished && record.opcode === Opcode.CLOSE) this.#readClose();
  }

  /** §5.5.1: empty, or a two-byte code and a reason in UTF-8. */
  #readClose(): void {
    const { record } = this;
    const body = record.payload;
    if (body.length < record.payloadLength) return; // too long for a Close frame, and truncated
    if (body.length < 2) {
      record.close = { code: CloseCode.NO_STATUS_RECEIVED, reason: "" };
      if (body.length === 1) this.#break(CLOSE_BODY_TOO_SHORT, "payload");
      return;
    }
    const code = (body[0]! << 8) | body[1]!;
    const reason = decodeWhole(body.subarray(2));
    record.close = { code, reason: reason ?? new TextDecoder().decode(body.subarray(2)) };
    if (!isCloseCodeOnWire(code)) this.#break(CLOSE_CODE_INVALID, "closeCode", code);
    if (reason === undefined) this.#break(CLOSE_REASON_INVALID, "closeReason");
  }

  #break(rule: Rule, field: string, ...values: unknown[]): void {
    this.#refuse({ ...broken(rule, ...values), field });
  }

  readonly #refuse = (violation: Omit<Violation, "offset">, offset: number = this.record.offset): void => {
    this.record.violations = [...this.record.violations, { ...violation, offset }];
  };
}

/** Length of the header, from its first two bytes. */
function headerLengthOf({ lengthForm, masked }: FrameRecord): number {
  return (lengthForm === 7 ? 2 : lengthForm === 16 ? 4 : 10) + (masked ? 4 : 0);
}
