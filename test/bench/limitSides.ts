/** The minimum work of any receiver or sender: a bound on every ratio, measured in the same run. */
import type { Wire } from "./inputs.ts";
import type { Role, Side } from "./measure.ts";
import type { Batch, Socket } from "./sockets.ts";
import { SCRATCH_BYTES } from "./ourSides.ts";
import { Tally } from "./tally.ts";

/** A number that no engine knows in advance. */
const noKey = BigInt(Math.floor(performance.now()) & 0);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Every masked byte is unmasked once, every text is decoded once, and each message costs a view, or a part of a string,
 * and an event; one that comes in pieces is put together by one copy, a short one where the one before it was. No header
 * is read, nothing is checked, and what is unmasked or decoded goes in the largest runs there are.
 */
export function receivingLimit(role: Role, wire: Wire, streamed: boolean): Side {
  const { message, count, chunkBytes, fragmentBytes } = wire;
  const { length } = message.bytes;
  const tally = new Tally();
  const isText = message.type !== "binary";
  const masked = role === "server";
  const finish = (): number => tally.finish(message.data.length);

  const give = (data: string | Uint8Array<ArrayBuffer>, frameFinished: boolean, messageFinished: boolean): void => {
    const event = { type: isText ? "textReceived" : "bytesReceived", data, frameFinished, messageFinished };
    tally.take(event.data, event.messageFinished);
  };

  if (length < chunkBytes) {
    // Many to a chunk.
    const perChunk = Math.floor(chunkBytes / length);
    const chunk = filled(perChunk, message.bytes);
    const words = wordsOf(chunk);
    const characters = message.data.length;
    const run = (): number => {
      for (let left = count; left > 0; left -= perChunk) {
        if (masked) mask(words);
        const text = isText ? decoder.decode(chunk) : "";
        for (let i = Math.min(perChunk, left) - 1; i >= 0; i--) {
          if (isText) give(text.slice(i * characters, (i + 1) * characters), true, true);
          else give(new Uint8Array(chunk.buffer, i * length, length), true, true);
        }
      }
      return finish();
    };
    return { run };
  }

  const scratch = length > SCRATCH_BYTES ? undefined : new Uint8Array(length);
  const pieceBytes = Math.min(chunkBytes, fragmentBytes);
  const pieces = cut(message.bytes, pieceBytes).map((piece) => piece.slice());
  const all = pieces.map(wordsOf);
  const run = (): number => {
    for (let i = 0; i < count; i++) {
      const whole = streamed ? undefined : (scratch ?? new Uint8Array(length));
      for (let p = 0, at = 0; p < pieces.length; p++) {
        const piece = pieces[p]!;
        if (masked) mask(all[p]!);
        if (whole === undefined) {
          const data = isText ? decoder.decode(piece) : new Uint8Array(piece.buffer, 0, piece.length);
          give(data, true, p + 1 === pieces.length);
        } else if (pieceBytes === 1) {
          whole[at++] = piece[0]!;
        } else {
          whole.set(piece, at);
          at += piece.length;
        }
      }
      if (whole !== undefined) give(isText ? decoder.decode(whole) : whole, true, true);
    }
    return finish();
  };
  return { run };
}

/**
 * Copies each message, or joins and encodes it with its neighbours, unless it was handed over, and masks it once. A
 * flush is one write. A handed-over message is two, and no header is made for it.
 */
export function sendingLimit(
  { role, message, pieces, count, perFlush }: Batch,
  handOver: boolean,
  socket: Socket,
  wrap: (buffer: ArrayBuffer) => Uint8Array,
): Side {
  const { bytes, data, type } = message;
  const masked = role === "client";
  const texts = typeof data === "string" ? Array<string>(Math.min(perFlush, count)).fill(data) : [];
  const own = bytes.slice();
  const words = wordsOf(own);
  const parts = cut(own, Math.ceil(bytes.length / pieces.length)).map((part) => wrap(part.slice().buffer));
  const header = wrap(new ArrayBuffer(10));
  // The same memory each time: the socket is done with it at once.
  const slab = new Uint8Array(handOver ? 0 : bytes.length * Math.min(perFlush, count));
  const slabWords = wordsOf(slab);
  const run = (): number => {
    // Whole slabs, however few messages the last one had to hold.
    for (let i = 0; i < count; i += perFlush) {
      socket.cork();
      if (handOver) {
        for (let k = Math.min(perFlush, count - i); k > 0; k--) {
          if (masked) mask(words);
          for (const part of parts) {
            socket.write(header);
            socket.write(part);
          }
        }
      } else {
        if (type !== "binary") encoder.encodeInto(texts.join(""), slab);
        else for (let at = 0; at < slab.length; at += bytes.length) slab.set(bytes, at);
        if (masked) mask(slabWords);
        socket.write(slab);
      }
      socket.uncork();
    }
    return count;
  };
  return { run };
}

/** In words of 64 bits, signed and cut by hand, which V8 masks twice as fast as any others. */
export function mask(words: BigInt64Array, key: bigint = noKey): void {
  const long = BigInt.asIntN(64, key);
  const { length } = words;
  let i = 0;
  for (const stop = length - 3; i < stop; i += 4) {
    words[i] = BigInt.asIntN(64, words[i]! ^ long);
    words[i + 1] = BigInt.asIntN(64, words[i + 1]! ^ long);
    words[i + 2] = BigInt.asIntN(64, words[i + 2]! ^ long);
    words[i + 3] = BigInt.asIntN(64, words[i + 3]! ^ long);
  }
  for (; i < length; i++) words[i] = BigInt.asIntN(64, words[i]! ^ long);
}

function wordsOf({ buffer }: Uint8Array<ArrayBuffer>): BigInt64Array {
  return new BigInt64Array(buffer, 0, buffer.byteLength >> 3);
}

function filled(times: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(times * bytes.length);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

function cut(bytes: Uint8Array<ArrayBuffer>, pieceBytes: number): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return pieces;
}
