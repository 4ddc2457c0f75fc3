/**
 * Compresses with pako. Replaces two steps of pako's matcher, clearing its hash after a message and sliding it to make
 * room: both visit every head of the hash, which takes longer than the compression.
 */
import {
  Z_DEFAULT_STRATEGY,
  Z_NO_FLUSH,
  Z_SYNC_FLUSH,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateResetKeep,
  ZStream,
  type Z_FlushMode,
} from "pako";
import { concat, EMPTY, type Bytes } from "../core/bytes.ts";
import type { Deflater, DeflaterOptions } from "./engine.ts";

const Z_DEFLATED = 8;
const MIN_MATCH = 3;
const MAX_MATCH = 258;
/** The matcher asks for more input if it has less than this. */
const MIN_LOOKAHEAD = MAX_MATCH + MIN_MATCH + 1;

/** Shared by all deflaters: each result is read before the next one is produced. */
const output: Bytes = new Uint8Array(64 * 1024);

export class PakoDeflater implements Deflater {
  readonly #stream = new ZStream();
  readonly #matcher: Matcher;
  readonly #words: readonly [head: Uint32Array, prev: Uint32Array];
  /** False if nothing is matched, or if a match's length is a large part of the window. */
  readonly #slides: boolean;
  /** Full output buffers. */
  #filled: Bytes[] = [];

  constructor({ windowBits, level, memLevel }: DeflaterOptions) {
    // zlib rejects 8. With 9 no distance exceeds 2^9 - 262 = 250 bytes, so 9 works as 8.
    const bits = Math.max(windowBits, 9);
    // pako's own hash has 2^15 heads even for a small memLevel; zlib's has 2^(memLevel + 7).
    const zlibHash = memLevel < 8;
    zlibDeflateInit2(this.#stream, level, Z_DEFLATED, -bits, memLevel, Z_DEFAULT_STRATEGY, zlibHash);
    this.#matcher = this.#stream.state as Matcher;
    const { head, prev } = this.#matcher;
    this.#slides = level > 0 && bits >= 12;
    this.#words = [new Uint32Array(head.buffer), new Uint32Array(prev.buffer)];
  }

  deflate(input: Uint8Array): Uint8Array {
    const stream = this.#stream;
    const matcher = this.#matcher;
    const { length } = input;
    const size = matcher.w_size;
    // Where pako slides its window. It flushes up to the last byte, but continues only while a match may follow.
    const full = 2 * size - MIN_LOOKAHEAD;
    const roomToFlush = full - 1;
    const roomToGoOn = full - 1 + MIN_LOOKAHEAD - MAX_MATCH;
    // Slides a little early rather than split a short message.
    const fullEnough = roomToGoOn - MIN_LOOKAHEAD - (size >> 4);
    stream.input = input;
    stream.output = output;
    stream.next_out = 0;
    stream.avail_out = output.length;
    let at = 0;
    for (;;) {
      const used = matcher.strstart + matcher.lookahead;
      if (!this.#slides || used + length - at <= roomToFlush) break;
      if (matcher.strstart >= fullEnough) {
        this.#slide();
      } else {
        const end = Math.min(length, at + roomToGoOn - used);
        if (end <= at) break;
        this.#run(at, end, Z_NO_FLUSH);
        at = end;
      }
    }
    this.#run(at, length, Z_SYNC_FLUSH);
    stream.input = EMPTY; // don't keep the caller's memory
    const rest = output.subarray(0, stream.next_out);
    if (this.#filled.length === 0) return rest;
    const whole = concat([...this.#filled, rest]);
    this.#filled = [];
    return whole;
  }

  /**
   * Does what pako's `deflateReset` does, including what `deflateResetKeep` omits, but faster: pako clears the heads
   * one by one. Also clears the window. The matcher looks a byte or two past the end of its data, so otherwise another
   * connection's message could influence which matches it chooses.
   */
  reset(): void {
    const matcher = this.#matcher;
    matcher.window.fill(0, 0, this.#stream.total_in);
    zlibDeflateResetKeep(this.#stream);
    matcher.head.fill(0);
    matcher.strstart = 0;
    matcher.block_start = 0;
    matcher.lookahead = 0;
    matcher.insert = 0;
    matcher.match_length = MIN_MATCH - 1;
    matcher.prev_length = MIN_MATCH - 1;
    matcher.match_available = 0;
    matcher.ins_h = 0;
  }

  #run(from: number, to: number, flush: Z_FlushMode): void {
    const stream = this.#stream;
    stream.next_in = from;
    stream.avail_in = to - from;
    for (;;) {
      zlibDeflate(stream, flush);
      if (stream.avail_out > 0) return;
      this.#filled.push(output.slice());
      stream.next_out = 0;
      stream.avail_out = output.length;
    }
  }

  /** Does what pako's `fill_window` does when the window is full, but updates the hash two heads at a time. */
  #slide(): void {
    const matcher = this.#matcher;
    const size = matcher.w_size;
    matcher.window.copyWithin(0, size, matcher.strstart + matcher.lookahead);
    matcher.match_start -= size;
    matcher.strstart -= size;
    matcher.block_start -= size;
    // Positions are below 2 × size. Those in the upper half lose that bit; those in the lower half are cleared.
    const bits = matcher.w_bits;
    const upper = (size << 16) | size;
    for (const words of this.#words) {
      for (let i = 0; i < words.length; i++) {
        const both = words[i]!;
        const kept = both & upper;
        words[i] = both & (kept - (kept >>> bits));
      }
    }
  }
}

/** The fields of pako's `DeflateState` used here. */
interface Matcher {
  readonly w_bits: number;
  readonly w_size: number;
  readonly window: Uint8Array;
  readonly head: Uint16Array;
  readonly prev: Uint16Array;
  strstart: number;
  block_start: number;
  match_start: number;
  lookahead: number;
  insert: number;
  match_length: number;
  prev_length: number;
  match_available: number;
  ins_h: number;
}
