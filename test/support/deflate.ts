/** Connections with permessage-deflate, and the frames that they send. */
import { expect } from "vitest";
import { permessageDeflate, type DeflateOptions } from "../../src/deflate/index.ts";
import type { WSConnection, ConnectionOptions, WSEvent } from "../../src/index.ts";
import { plainInflate, type Inflated } from "./plainInflate.ts";
import { hex, join, open, type Bytes } from "./wire.ts";

export const RSV1 = 4;

/** The bits in the first byte of a frame: `c1` is FIN, RSV1 and text. */
export interface Frame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Bytes;
}

/** An open end without handshake and masks, with the given options. */
export function openDeflate(
  type: "client" | "server",
  options: DeflateOptions = {},
  more: ConnectionOptions = {},
): WSConnection {
  return open(type, { masking: false, extensions: [permessageDeflate(options)], ...more });
}

/** The negotiated extension, as in the header. */
export function agreedOn(connection: WSConnection): string | undefined {
  const [extension] = connection.extensions;
  return extension?.parameters.map((parameter) => parameter.join("=")).join("; ");
}

/** The frames in these bytes, masked or not. */
export function framesIn(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    const short = second & 0x7f;
    const length = short < 126 ? short : short === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
    const masked = second >> 7;
    const header = (short < 126 ? 2 : short === 126 ? 4 : 10) + 4 * masked;
    const start = at + header;
    const key = bytes.slice(start - 4 * masked, start);
    const payload = bytes.slice(start, start + length).map((byte, i) => (masked ? byte ^ key[i & 3]! : byte));
    expect(payload.length, "frames are whole").toBe(length);
    frames.push({ fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, payload });
    at = start + length;
  }
  return frames;
}

/** An unmasked frame. */
export function frame(first: string, payload: Uint8Array): Bytes {
  const { length } = payload;
  const header = new Uint8Array(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header.set(hex(first));
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  const view = new DataView(header.buffer);
  if (header.length === 4) view.setUint16(2, length);
  if (header.length === 10) view.setBigUint64(2, BigInt(length));
  return join(header, payload);
}

/** Reads compressed messages according to RFC 7692 §7.2.2, with the reference inflater. */
export class MessageOracle {
  readonly #window: number;
  readonly #takeover: boolean;
  #history: Bytes = new Uint8Array(0);

  constructor({ windowBits = 15, takeover = true }: { windowBits?: number; takeover?: boolean } = {}) {
    this.#window = 2 ** windowBits;
    this.#takeover = takeover;
  }

  /** Inflates a message from its frames, and checks that the frames are valid. */
  read(frames: readonly Frame[]): Inflated {
    expect(frames.map(({ fin }) => fin)).toEqual(frames.map((_, i) => i === frames.length - 1));
    expect(frames.map(({ rsv }) => rsv)).toEqual(frames.map((_, i) => (i === 0 ? RSV1 : 0)));
    const payload = join(...frames.map((each) => each.payload), hex("00 00 ff ff"));
    const message = plainInflate(payload, this.#history, this.#window);
    if (this.#takeover) this.#history = join(this.#history, message.bytes).slice(-this.#window);
    return message;
  }
}

/** The messages among events, whole: text as a string, binary as bytes. */
export function messagesOf(events: readonly WSEvent[]): (string | Bytes)[] {
  const messages: (string | Bytes)[] = [];
  let pieces: (string | Bytes)[] = [];
  for (const event of events) {
    if (event.type !== "textReceived" && event.type !== "bytesReceived") continue;
    pieces.push(event.data);
    if (!event.messageFinished) continue;
    messages.push(event.type === "textReceived" ? pieces.join("") : join(...(pieces as Bytes[])));
    pieces = [];
  }
  return messages;
}
