/** DEFLATE by pako's port of zlib, through its low-level functions: they alone know sync flush, window bits and an output buffer of one's own. */
import {
  Z_DEFAULT_STRATEGY,
  Z_OK,
  Z_BUF_ERROR,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateResetKeep,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  zlibInflateResetKeep,
  ZStream,
} from "pako";
import { concat, EMPTY, type Bytes } from "../core/bytes.ts";
import { corruptData, type Deflater, type DeflateEngine, type DeflaterOptions, type Inflater } from "./engine.ts";

export const pakoEngine: DeflateEngine = {
  createDeflater: (options) => new PakoDeflater(options),
  createInflater: ({ windowBits }) => new PakoInflater(windowBits),
};

const Z_DEFLATED = 8;

/** Where all engines put what they make, since each result is read or copied before anything else is made. */
const output: Bytes = new Uint8Array(64 * 1024);

/** A piece of what is inflated, in bytes: large enough to be worth an event, small beside any limit. */
const PIECE = 32 * 1024;

/** The end of a flush, which the sender of a message has taken away. */
const FLUSH: Bytes = Uint8Array.of(0, 0, 0xff, 0xff);

/** Up to here the end of a message is copied together with what was taken away: cheaper than a call more, in bytes. */
const STAGED = 1024;
const stage: Bytes = new Uint8Array(STAGED + FLUSH.length);

class PakoDeflater implements Deflater {
  readonly #stream = new ZStream();

  constructor({ windowBits, level, memLevel }: DeflaterOptions) {
    // With 9 no distance is longer than 2^9 - 262 = 250 bytes, so that it does for 8, which is refused.
    const bits = Math.max(windowBits, 9);
    // pako's own hash has 2^15 heads however small memLevel is; zlib's has 2^(memLevel + 7).
    const zlibHash = memLevel < 8;
    zlibDeflateInit2(this.#stream, level, Z_DEFLATED, -bits, memLevel, Z_DEFAULT_STRATEGY, zlibHash);
  }

  deflate(input: Uint8Array): Uint8Array {
    const stream = this.#stream;
    const filled: Bytes[] = [];
    stream.input = input;
    stream.next_in = 0;
    stream.avail_in = input.length;
    for (;;) {
      stream.output = output;
      stream.next_out = 0;
      stream.avail_out = output.length;
      zlibDeflate(stream, Z_SYNC_FLUSH);
      if (stream.avail_out > 0) break;
      filled.push(output.slice());
    }
    stream.input = EMPTY; // the caller's memory is not kept
    const rest = output.subarray(0, stream.next_out);
    return filled.length === 0 ? rest : concat([...filled, rest]);
  }

  /**
   * pako's `deflateReset` clears the 32,768 heads of its hash one by one, which takes twice as long as compressing 200
   * bytes. This is the same, with `fill`: what `deflateResetKeep` leaves of a message is the matcher's.
   */
  reset(): void {
    zlibDeflateResetKeep(this.#stream);
    const matcher = this.#stream.state as Matcher;
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
}

const MIN_MATCH = 3;

/** What pako's `lm_init` sets for a new stream, besides what depends on the level alone. */
interface Matcher {
  readonly head: Uint16Array;
  strstart: number;
  block_start: number;
  lookahead: number;
  insert: number;
  match_length: number;
  prev_length: number;
  match_available: number;
  ins_h: number;
}

class PakoInflater implements Inflater {
  readonly #stream = new ZStream();
  /** The message ends with the input. */
  #last = false;
  /** What was taken away has been put back, behind the input or as the input. */
  #flushGiven = false;
  /** All input has been inflated. */
  #done = false;

  constructor(windowBits: number) {
    zlibInflateInit2(this.#stream, -windowBits);
  }

  inflate(input: Bytes, last: boolean): Iterable<Bytes> {
    this.#last = last;
    this.#done = false;
    this.#flushGiven = last && input.length <= STAGED;
    if (this.#flushGiven) {
      stage.set(input);
      stage.set(FLUSH, input.length);
      this.#take(stage, input.length + FLUSH.length);
    } else {
      this.#take(input, input.length);
    }
    const piece = this.#nextPiece();
    if (!this.#done) {
      // Another connection may need the stage before this one is pulled again.
      if (this.#flushGiven) this.#stream.input = stage.slice();
      return this.#pieces(piece);
    }
    return piece.length === 0 ? [] : [piece];
  }

  reset(): void {
    zlibInflateReset(this.#stream);
  }

  *#pieces(first: Bytes): Generator<Bytes> {
    yield first;
    while (!this.#done) {
      const piece = this.#nextPiece();
      if (piece.length > 0) yield piece;
    }
  }

  #nextPiece(): Bytes {
    const stream = this.#stream;
    stream.output = output;
    stream.next_out = 0;
    stream.avail_out = PIECE;
    while (!this.#done && stream.avail_out > 0) this.#step();
    if (this.#done) stream.input = EMPTY; // the network's memory is not kept
    return output.slice(0, stream.next_out);
  }

  #step(): void {
    const stream = this.#stream;
    const status = zlibInflate(stream, Z_SYNC_FLUSH);
    if (status === Z_STREAM_END) {
      this.#endFinalBlock();
      return;
    }
    if (status !== Z_OK && status !== Z_BUF_ERROR) throw corruptData(stream.msg);
    // With no room left there may be more to come of what has been read.
    if (stream.avail_in > 0 || stream.avail_out === 0) return;
    if (!this.#last) {
      this.#done = true;
    } else if (!this.#flushGiven) {
      this.#flushGiven = true;
      this.#take(FLUSH, FLUSH.length);
    } else if (betweenBlocks(stream)) {
      this.#done = true;
    } else {
      throw corruptData("the message ends within a block");
    }
  }

  /** Goes on with the window as it is: a final block ends a stream of zlib's, but not the peer's. */
  #endFinalBlock(): void {
    const stream = this.#stream;
    zlibInflateResetKeep(stream);
    if (this.#last && stream.avail_in === (this.#flushGiven ? FLUSH.length : 0)) this.#done = true;
    else if (!this.#last && stream.avail_in === 0) this.#done = true;
  }

  #take(input: Bytes, length: number): void {
    this.#stream.input = input;
    this.#stream.next_in = 0;
    this.#stream.avail_in = length;
  }
}

/** zlib tells it by `data_type`: 128 right after a block, and the number of bits of it that have not been used. */
function betweenBlocks({ data_type }: ZStream): boolean {
  return (data_type & 128) !== 0 && (data_type & 63) === 0;
}
