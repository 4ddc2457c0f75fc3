/** The fields of a frame (RFC 6455 §5.2), explained in plain words. */
import type { Annotation } from "./annotation.ts";
import { Annotator } from "./annotation.ts";
import { frameKind } from "../counters.ts";
import { explainCloseCode, explainOpcode, explainPayload } from "./frameWords.ts";
import { maskedPayload, type FrameRecord } from "../record.ts";
import { concat } from "../../core/bytes.ts";
import { Opcode } from "../../core/opcodes.ts";
import { toHex } from "../hex.ts";

const SECTION = "RFC 6455 §5.2";

export function annotateFrame(frame: FrameRecord): Annotation[] {
  const { header, length } = frame;
  const annotator = new Annotator(frame, concat([header, maskedPayload(frame)]));
  const fields: Annotation[] = [];
  if (header.length >= 1) fields.push(...firstByte(frame, annotator));
  if (header.length >= 2) fields.push(...secondByte(frame, annotator));
  const lengthEnd = frame.lengthForm === 7 ? 2 : frame.lengthForm === 16 ? 4 : 10;
  if (header.length > 2 && frame.lengthForm !== 7) {
    fields.push(extendedLength(frame, annotator, Math.min(lengthEnd, header.length)));
  }
  if (frame.masked && header.length > lengthEnd) fields.push(maskingKey(frame, annotator, lengthEnd));
  if (length > header.length) fields.push(payload(frame, annotator));
  return fields;
}

function firstByte(frame: FrameRecord, annotator: Annotator): Annotation[] {
  const { fin, rsv, opcode } = frame;
  const kind = frameKind(opcode);
  const bit = (set: boolean): string => (set ? "1" : "0");
  const fields = [
    annotator.bits(0, 0, 1, {
      name: "fin",
      label: "FIN",
      value: fin,
      display: bit(fin),
      explanation: fin
        ? "The last frame of its message. A message in a single frame also sets this bit."
        : "More frames of this message follow: it is sent in fragments, and the next one is a continuation.",
      section: "RFC 6455 §5.4",
    }),
  ];
  for (const number of [1, 2, 3]) {
    const set = (rsv & (8 >> number)) !== 0;
    fields.push(
      annotator.bits(0, number, 1, {
        name: `rsv${number}`,
        label: `RSV${number}`,
        value: set,
        display: bit(set),
        explanation: explainReserved(number, set),
        section: number === 1 && set ? "RFC 7692 §6" : SECTION,
      }),
    );
  }
  fields.push(
    annotator.bits(0, 4, 4, {
      name: "opcode",
      label: "Opcode",
      value: opcode,
      display: `0x${opcode.toString(16)} ${kind}`,
      explanation: explainOpcode(frame),
      section: kind === "reserved" ? SECTION : opcode >= Opcode.CLOSE ? `RFC 6455 §5.5.${opcode - 7}` : "RFC 6455 §5.6",
    }),
  );
  return fields;
}

function explainReserved(number: number, set: boolean): string {
  if (!set) return "Reserved for extensions. Always 0 unless a negotiated extension uses it.";
  return number === 1
    ? "With permessage-deflate, this message is compressed. Without a negotiated extension, this bit must be 0."
    : "Only an extension negotiated in the handshake may set this bit.";
}

function secondByte(frame: FrameRecord, annotator: Annotator): Annotation[] {
  const { masked, sender, lengthForm } = frame;
  const length = frame.header[1]! & 0x7f;
  return [
    annotator.bits(1, 0, 1, {
      name: "mask",
      label: "MASK",
      value: masked,
      display: masked ? "1" : "0",
      explanation: masked
        ? "The payload is masked with the key before it. A client must mask every frame."
        : "The payload is not masked. A server must not mask its frames.",
      section: sender === "client" || masked ? "RFC 6455 §5.3" : "RFC 6455 §5.1",
    }),
    annotator.bits(1, 1, 7, {
      name: "payloadLength",
      label: "Payload length",
      value: length,
      display: `${length}`,
      explanation:
        lengthForm === 7
          ? `The payload has ${bytesOf(length)}. These seven bits suffice for up to 125.`
          : `${length} is not a length: it means that the length is in the next ${lengthForm === 16 ? "two" : "eight"} bytes.`,
      section: SECTION,
    }),
  ];
}

function extendedLength(frame: FrameRecord, annotator: Annotator, end: number): Annotation {
  const { header, lengthForm } = frame;
  const whole = end === (lengthForm === 16 ? 4 : 10);
  const value = header.slice(2, end).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return annotator.bytes(2, end, {
    name: "extendedPayloadLength",
    label: "Extended payload length",
    value: Number(value),
    display: `${value}`,
    explanation: whole
      ? `The payload has ${value} bytes. The most significant byte comes first. The sender must use the shortest form that fits.`
      : "The length of the payload, most significant byte first. The rest has not arrived yet.",
    section: SECTION,
  });
}

function maskingKey(frame: FrameRecord, annotator: Annotator, start: number): Annotation {
  const key = frame.header.slice(start);
  return annotator.bytes(start, frame.header.length, {
    name: "maskingKey",
    label: "Masking key",
    value: toHex(key),
    display: toHex(key, " "),
    explanation:
      "Four random bytes, new for every frame. Each byte of the payload is XORed with one of them in turn; the same XOR restores it. Masking stops a page from choosing the bytes on the wire, which an old proxy might take for HTTP.",
    section: "RFC 6455 §5.3",
  });
}

function payload(frame: FrameRecord, annotator: Annotator): Annotation {
  const { header, length, payloadLength, close } = frame;
  const start = header.length;
  const parts = close !== undefined && payloadLength >= 2 ? closeParts(frame, annotator, close) : [];
  return annotator.bytes(
    start,
    length,
    {
      name: "payload",
      label: "Payload",
      value: payloadLength,
      display: length - start < payloadLength ? `${length - start} of ${payloadLength} bytes` : bytesOf(payloadLength),
      explanation: explainPayload(frame),
      section: frame.inflated === undefined ? SECTION : "RFC 7692 §7.2.2",
    },
    parts,
  );
}

function closeParts(
  frame: FrameRecord,
  annotator: Annotator,
  { code, reason }: { readonly code: number; readonly reason: string },
): Annotation[] {
  const start = frame.header.length;
  const parts = [
    annotator.bytes(start, start + 2, {
      name: "closeCode",
      label: "Close code",
      value: code,
      display: `${code}`,
      explanation: explainCloseCode(code),
      section: "RFC 6455 §7.4",
    }),
  ];
  if (frame.payloadLength === 2) return parts;
  const explanation = "Why the connection is closed, in UTF-8, for people and logs, not for programs.";
  const text = { value: reason, display: JSON.stringify(reason), explanation, section: "RFC 6455 §7.1.6" };
  parts.push(
    annotator.bytes(start + 2, start + frame.payloadLength, { name: "closeReason", label: "Close reason", ...text }),
  );
  return parts;
}

function bytesOf(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}
