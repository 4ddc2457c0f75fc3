/** Messages and their wire format: frames written straight from RFC 6455 §5.2, in chunks as they arrive. */
import type { Role } from "./measure.ts";

export type MessageType = "binary" | "text" | "non-ASCII text";

export interface Message {
  readonly type: MessageType;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The expected messages. Text is a flat string: a rope would flatter a receiver that does not read it. */
  readonly data: string | Uint8Array<ArrayBuffer>;
}

const SOME_TEXT = "Zażółć gęślą jaźń, Grüße nach 東京 und Αθήνα 😀 and plain words between. ";

export function messageOf(type: MessageType, size: number): Message {
  const bytes = new Uint8Array(size);
  if (type === "non-ASCII text") fillWith(bytes, SOME_TEXT);
  else for (let i = 0; i < size; i++) bytes[i] = 97 + (i % 26);
  return { type, bytes, data: type === "binary" ? bytes : new TextDecoder().decode(bytes) };
}

/** As many whole characters as fit, and full stops. */
function fillWith(bytes: Uint8Array, text: string): void {
  let at = 0;
  for (const characters = Array.from(text); ; characters.push(characters.shift()!)) {
    const next = new TextEncoder().encode(characters[0]);
    if (at + next.length > bytes.length) break;
    bytes.set(next, at);
    at += next.length;
  }
  bytes.fill(0x2e, at);
}

export interface Wire {
  readonly message: Message;
  /** How many messages it carries. */
  readonly count: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly chunkBytes: number;
  readonly fragmentBytes: number;
  /** The same with separate memory, as a receiver gets it. `renew` restores what was unmasked in place. */
  chunks<Chunk extends Uint8Array>(wrap: (buffer: ArrayBuffer) => Chunk): { chunks: Chunk[]; renew?: () => void };
}

export interface WireShape {
  readonly count: number;
  readonly chunkBytes: number;
  readonly fragmentBytes?: number;
}

/** The wire to a receiver in `role`: masked for a server, with a separate key for each frame. */
export function wireTo(role: Role, message: Message, shape: WireShape): Wire {
  const { count, chunkBytes, fragmentBytes = Infinity } = shape;
  const masked = role === "server";
  const one = frameLengths(message.bytes.length, fragmentBytes);
  const frameBytes = one.reduce((sum, length) => sum + frameLength(length, masked), 0);
  const bytes = new Uint8Array(frameBytes * count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    let from = 0;
    for (const [k, length] of one.entries()) {
      const opcode = k > 0 ? 0 : message.type === "binary" ? 2 : 1;
      const first = (k + 1 === one.length ? 0x80 : 0) | opcode;
      at = writeFrame(bytes, at, first, message.bytes.subarray(from, from + length), masked ? keyOf(i + k) : undefined);
      from += length;
    }
  }
  return {
    message,
    count,
    bytes,
    chunkBytes,
    fragmentBytes,
    chunks: (wrap) => inChunks(bytes, chunkBytes, masked, wrap),
  };
}

function inChunks<Chunk extends Uint8Array>(
  bytes: Uint8Array,
  chunkBytes: number,
  masked: boolean,
  wrap: (buffer: ArrayBuffer) => Chunk,
): { chunks: Chunk[]; renew?: () => void } {
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    chunks.push(wrap(Uint8Array.from(bytes.subarray(at, at + chunkBytes)).buffer));
  }
  if (!masked) return { chunks };
  const renew = (): void => {
    if (chunkBytes === 1) for (let i = 0; i < chunks.length; i++) chunks[i]![0] = bytes[i]!;
    else
      for (let i = 0; i < chunks.length; i++) {
        chunks[i]!.set(bytes.subarray(i * chunkBytes, i * chunkBytes + chunks[i]!.length));
      }
  };
  return { chunks, renew };
}

function frameLengths(bytes: number, fragmentBytes: number): number[] {
  const lengths: number[] = [];
  for (let left = bytes; left > 0; left -= fragmentBytes) lengths.push(Math.min(left, fragmentBytes));
  return lengths;
}

export function frameLength(payloadLength: number, masked: boolean): number {
  return headerLength(payloadLength, masked) + payloadLength;
}

export function headerLength(payloadLength: number, masked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10) + (masked ? 4 : 0);
}

function keyOf(i: number): number[] {
  return [0x37 ^ (i & 0xff), 0xfa, 0x21 ^ ((i >> 8) & 0xff), 0x3d];
}

function writeFrame(bytes: Uint8Array, start: number, first: number, payload: Uint8Array, key?: number[]): number {
  const { length } = payload;
  const view = new DataView(bytes.buffer);
  const short = length < 126 ? length : length < 65_536 ? 126 : 127;
  bytes[start] = first;
  bytes[start + 1] = short | (key === undefined ? 0 : 0x80);
  if (short === 126) view.setUint16(start + 2, length);
  if (short === 127) view.setBigUint64(start + 2, BigInt(length));
  const at = start + headerLength(length, key !== undefined);
  bytes.set(payload, at);
  if (key !== undefined) {
    bytes.set(key, at - 4);
    for (let i = 0; i < length; i++) bytes[at + i]! ^= key[i & 3]!;
  }
  return at + length;
}
