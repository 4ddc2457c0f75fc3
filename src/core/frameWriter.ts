/** Frames → bytes (RFC 6455 §5.2), masked where a key is given. */
import type { Bytes } from "./bytes.ts";
import { applyMask, readKey, Words } from "./mask.ts";
import { FIN, LENGTH_16, LENGTH_64, LONGEST_HEADER, MASK, RSV_SHIFT } from "./opcodes.ts";
import type { OutputQueue } from "./outputQueue.ts";
import { encodeAscii, encodeText, encodeTextInto } from "./utf8.ts";

/** From here on a payload gets a chunk of its own where the slab would have to grow for it, in bytes. */
const OWN_CHUNK = 16 * 1024;

/**
 * From here on a payload that was handed over is queued as it is: below, copying is cheaper than two more chunks, each of
 * which costs a stream of Node as much as copying 6 KiB.
 */
const WITHOUT_COPY = 8 * 1024;

/** Up to here bytes are copied and masked in one loop, which is twice as fast as one after the other, in bytes. */
const SHORT_PAYLOAD = 32;

/** The first byte of a frame. */
export function firstByte(opcode: number, fin: boolean, rsv: number): number {
  return (fin ? FIN : 0) | (rsv << RSV_SHIFT) | opcode;
}

/** Queues one frame. Has read `payload` when it returns, unless `handOver` gives it away. */
export function writeFrame(
  output: OutputQueue,
  first: number,
  payload: Uint8Array,
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
  } else if (handOver && length >= WITHOUT_COPY && isOwnable(payload.buffer)) {
    const own = payload as Bytes;
    if (key !== undefined) applyMask(own, new Words(own.buffer), 0, length, readKey(key, 0), 0);
    if (output.gathersHeader(headerLength)) {
      const start = output.reserve(headerLength);
      writeHeader(output.slab, start, first, length, key);
    } else {
      const header = new Uint8Array(headerLength);
      writeHeader(header, 0, first, length, key);
      output.push(header);
    }
    output.push(own);
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

/** Whether nobody can resize it, or change it from another thread, while it waits to be sent. */
function isOwnable(buffer: ArrayBufferLike & { readonly resizable?: boolean }): boolean {
  return buffer instanceof ArrayBuffer && !buffer.resizable;
}

/**
 * Queues one frame of text; whether it was ASCII. Text is encoded where it will lie, after a header as long as it has to
 * be if the text is ASCII; a longer header moves short text, and long text is encoded again.
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

/** Copies a short payload, masked if a key is given. */
function copyShort(payload: Uint8Array, slab: Bytes, at: number, key: Uint8Array | undefined): void {
  if (key === undefined) {
    slab.set(payload, at);
    return;
  }
  for (let i = 0; i < payload.length; i++) slab[at + i] = payload[i]! ^ key[i & 3]!;
}

/** Up to here, in UTF-16 code units, three times the room is reserved, since that is how long the text may become. */
const OFTEN_SHORT = 1024;

/** Up to here a loop over the characters is faster than a call of the encoder, in UTF-16 code units. */
export const LOOPED_TEXT = 32;

/** Writes text that is ASCII and returns its length, or −1 if it is not. */
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
