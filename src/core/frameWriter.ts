/** Frames → bytes (RFC 6455 §5.2), masked if there is a key. */
import type { Bytes } from "./bytes.ts";
import { applyMask, readKey, Words } from "./mask.ts";
import { FIN, LENGTH_16, LENGTH_64, LONGEST_HEADER, MASK, RSV_SHIFT } from "./opcodes.ts";
import type { OutputQueue } from "./outputQueue.ts";
import { encodeAscii, encodeText, encodeTextInto } from "./utf8.ts";

/** From this size on, in bytes, a payload gets its own chunk if the slab would have to grow for it. */
const OWN_CHUNK = 16 * 1024;

/**
 * From this size on, in bytes, a handed-over payload is queued without a copy. Below it, copying is cheaper than two
 * more chunks: in a Node stream each costs as much as copying 6 KiB.
 */
const WITHOUT_COPY = 8 * 1024;

/** Up to this size, in bytes, one loop copies and masks: twice as fast as two steps. */
const SHORT_PAYLOAD = 32;

export function firstByte(opcode: number, fin: boolean, rsv: number): number {
  return (fin ? FIN : 0) | (rsv << RSV_SHIFT) | opcode;
}

/** Queues one frame. Has read `payload` when it returns, unless `handOver` is set. */
export function writeFrame(
  output: OutputQueue,
  first: number,
  payload: Bytes,
  key: Uint8Array | undefined,
  handOver: boolean,
): void {
  const { length } = payload;
  const headerLength = headerLengthFor(length, key);

  if (length <= SHORT_PAYLOAD) {
    const start = output.reserve(headerLength + length);
    const { slab } = output;
    writeHeader(slab, start, first, length, key);
    copyShort(payload, slab, start + headerLength, key);
  } else if (handOver && length >= WITHOUT_COPY) {
    if (key !== undefined) applyMask(payload, new Words(payload.buffer), 0, length, readKey(key, 0), 0);
    if (output.gathersHeader(headerLength)) {
      const start = output.reserve(headerLength);
      writeHeader(output.slab, start, first, length, key);
    } else {
      const header = new Uint8Array(headerLength);
      writeHeader(header, 0, first, length, key);
      output.push(header);
    }
    output.push(payload);
  } else if (length >= OWN_CHUNK && !output.fits(headerLength + length)) {
    const chunk = new Uint8Array(headerLength + length);
    writeHeader(chunk, 0, first, length, key);
    chunk.set(payload, headerLength);
    if (key !== undefined) {
      applyMask(chunk, new Words(chunk.buffer), headerLength, chunk.length, readKey(key, 0), 0);
    }
    output.push(chunk);
  } else {
    const start = output.reserve(headerLength + length);
    const { slab } = output;
    const payloadStart = start + headerLength;
    writeHeader(slab, start, first, length, key);
    slab.set(payload, payloadStart);
    if (key !== undefined) {
      applyMask(slab, output.words, payloadStart, payloadStart + length, readKey(key, 0), 0);
    }
  }
}

/**
 * Queues a text frame. Returns whether the text was ASCII. Encodes the text in place, after a header sized for ASCII.
 * If a longer header is needed, short text is moved and long text is encoded again.
 */
export function writeTextFrame(output: OutputQueue, first: number, text: string, key: Uint8Array | undefined): boolean {
  const { length } = text;
  const isLong = length > OFTEN_SHORT;
  const start = output.reserve(LONGEST_HEADER + (isLong ? length : length * 3));
  const { slab } = output;
  const expected = start + headerLengthFor(length, key);
  let payloadLength = length <= LOOPED_TEXT ? writeAscii(slab, expected, text) : -1;
  if (isLong) {
    if (!encodeAscii(text, slab.subarray(expected, expected + length))) {
      output.giveBack(start);
      writeFrame(output, first, encodeText(text), key, true);
      return false;
    }
    payloadLength = length;
  } else if (payloadLength < 0) {
    payloadLength = encodeTextInto(text, slab.subarray(expected));
  }
  const payloadStart = start + headerLengthFor(payloadLength, key);
  if (payloadStart !== expected) slab.copyWithin(payloadStart, expected, expected + payloadLength);
  const end = payloadStart + payloadLength;
  writeHeader(slab, start, first, payloadLength, key);
  if (key !== undefined) applyMask(slab, output.words, payloadStart, end, readKey(key, 0), 0);
  output.giveBack(end);
  return payloadLength === length;
}

/** Copies a short payload, and masks it if there is a key. */
function copyShort(payload: Uint8Array, slab: Bytes, at: number, key: Uint8Array | undefined): void {
  if (key === undefined) {
    slab.set(payload, at);
    return;
  }
  for (let i = 0; i < payload.length; i++) slab[at + i] = payload[i]! ^ key[i & 3]!;
}

/** Up to this length, in UTF-16 code units, three times the length is reserved: the most that UTF-8 can need. */
const OFTEN_SHORT = 1024;

/** Up to this length, in UTF-16 code units, a loop over the characters is faster than a call of the encoder. */
export const LOOPED_TEXT = 32;

/** Writes ASCII text and returns its length, or returns −1 if the text is not ASCII. */
function writeAscii(bytes: Bytes, at: number, text: string): number {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return -1;
    bytes[at + i] = code;
  }
  return length;
}

function headerLengthFor(length: number, key: Uint8Array | undefined): number {
  return (length < LENGTH_16 ? 2 : length <= 0xffff ? 4 : 10) + (key === undefined ? 0 : 4);
}

function writeHeader(bytes: Bytes, at: number, first: number, length: number, key: Uint8Array | undefined): void {
  const maskBit = key === undefined ? 0 : MASK;
  bytes[at] = first;
  let end = at + 2;
  if (length < LENGTH_16) {
    bytes[at + 1] = maskBit | length;
  } else if (length <= 0xffff) {
    bytes[at + 1] = maskBit | LENGTH_16;
    bytes[at + 2] = length >> 8;
    bytes[at + 3] = length;
    end = at + 4;
  } else {
    bytes[at + 1] = maskBit | LENGTH_64;
    const high = Math.floor(length / 0x1_0000_0000);
    for (let i = 0; i < 4; i++) {
      bytes[at + 2 + i] = high >>> (24 - 8 * i);
      bytes[at + 6 + i] = length >>> (24 - 8 * i);
    }
    end = at + 10;
  }
  if (key !== undefined) {
    bytes[end] = key[0]!;
    bytes[end + 1] = key[1]!;
    bytes[end + 2] = key[2]!;
    bytes[end + 3] = key[3]!;
  }
}
