/** Splits bytes into frames (RFC 6455 §5.2), valid or not, with a short reader that is independent of the library's. */
import { hex, join, type Bytes } from "../support/wire.ts";

/** A frame as it is written, with what it says of itself whether that is so or not. */
export interface Frame {
  first: number;
  masked: boolean;
  /** Bytes of the extended length: 0, 2 or 8. */
  wide: 0 | 2 | 8;
  /** What the length says. */
  claimed: bigint;
  key: Bytes;
  /** Unmasked. */
  payload: Bytes;
}

/** The frames of a stream, and the remaining bytes. */
export function split(bytes: Bytes): { frames: Frame[]; rest: Bytes } {
  const frames: Frame[] = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
    const short = view.getUint8(1) & 0x7f;
    const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
    const masked = view.getUint8(1) >= 0x80;
    const header = 2 + wide + (masked ? 4 : 0);
    if (view.byteLength < header) break;
    const claimed = wide === 0 ? BigInt(short) : wide === 2 ? BigInt(view.getUint16(2)) : view.getBigUint64(2);
    const key = masked ? bytes.slice(at + 2 + wide, at + header) : new Uint8Array(0);
    const length = claimed > BigInt(view.byteLength - header) ? view.byteLength - header : Number(claimed);
    const payload = applyKey(bytes.slice(at + header, at + header + length), key);
    frames.push({ first: view.getUint8(0), masked, wide, claimed, key, payload });
    at += header + length;
  }
  return { frames, rest: bytes.slice(at) };
}

/** Whether a frame has begun that has not come whole. */
export function endsInFrame(bytes: Bytes): boolean {
  const { frames, rest } = split(bytes);
  return rest.length > 0 || frames.some(({ claimed, payload }) => claimed > BigInt(payload.length));
}

/** Whether a compressed message has no payload in any of its frames. */
export function hasEmptyCompressed(bytes: Bytes): boolean {
  let length = Infinity;
  return split(bytes).frames.some(({ first, payload }) => {
    const opcode = first & 0x0f;
    if (opcode > 2) return false;
    if (opcode > 0) length = (first & 0x40) === 0 ? Infinity : 0;
    length += payload.length;
    return first >= 0x80 && length === 0;
  });
}

function applyKey(payload: Bytes, key: Bytes): Bytes {
  return key.length === 0 ? payload : payload.map((byte, i) => byte ^ key[i & 3]!);
}

export function write({ first, masked, wide, claimed, key, payload }: Frame): Bytes {
  const header = new Uint8Array(2 + wide);
  const view = new DataView(header.buffer);
  const short = wide === 0 ? Number(claimed & 0x7fn) : wide === 2 ? 126 : 127;
  header[0] = first;
  header[1] = short | (masked ? 0x80 : 0);
  if (wide === 2) view.setUint16(2, Number(claimed & 0xffffn));
  if (wide === 8) view.setBigUint64(2, claimed);
  return masked ? join(header, key, applyKey(payload, key)) : join(header, payload);
}

/** A frame that says the truth about its payload, in the fewest bytes. */
export function frameOf(first: number, payload: Uint8Array, masked: boolean): Bytes {
  const { length } = payload;
  const key = masked ? hex("37 fa 21 3d") : new Uint8Array(0);
  return write({
    first,
    masked,
    wide: length < 126 ? 0 : length < 65_536 ? 2 : 8,
    claimed: BigInt(length),
    key,
    payload: payload.slice(),
  });
}
