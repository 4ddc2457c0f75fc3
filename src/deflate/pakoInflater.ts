/** Inflates with pako: piece by piece, beyond final blocks, and to the end that the sender of a message has taken away. */
import { Z_BUF_ERROR, Z_OK, Z_STREAM_END, Z_SYNC_FLUSH, zlibInflate, zlibInflateInit2, ZStream } from "pako";
import { EMPTY, type Bytes } from "../core/bytes.ts";
import type { RemoteProtocolError } from "../core/errors.ts";
import { corruptData, type Inflater } from "./engine.ts";

/** A piece, in bytes: large enough to be worth an event, small beside any limit. */
const PIECE = 32 * 1024;

/** Shared by all inflaters, since each piece is copied before another one is made. */
const output: Bytes = new Uint8Array(PIECE);

/** The end of a flush, which the sender of a message has taken away. */
const FLUSH: Bytes = Uint8Array.of(0, 0, 0xff, 0xff);

/** Up to here the end of a message is copied together with what was taken away: cheaper than a call more, in bytes. */
const STAGED = 1024;
const stage: Bytes = new Uint8Array(STAGED + FLUSH.length);

export class PakoInflater implements Inflater {
  readonly #stream = new ZStream();
  readonly #firstMode: number;
  /** The message ends with the input. */
  #last = false;
  /** What was taken away has been put back, behind the input or as the input. */
  #flushGiven = false;
  /** All input has been inflated. */
  #done = false;
  /** The last byte that was inflated ends a block. */
  #betweenBlocks = false;
  /** Nothing has come since the end of a final block. */
  #afterFinalBlock = false;
  /** Thrown once what was inflated before it has been pulled. */
  #fault: RemoteProtocolError | undefined;

  constructor(windowBits: number) {
    zlibInflateInit2(this.#stream, -windowBits);
    this.#firstMode = (this.#stream.state as InflateState).mode;
  }

  inflate(input: Bytes, last: boolean): Iterable<Bytes> {
    if (input.length === 0 && this.#afterFinalBlock) return [];
    this.#last = last;
    this.#done = false;
    this.#afterFinalBlock = false;
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
    this.#afterFinalBlock = false;
    const state = this.#restart();
    // The window stays where it is, but nothing in it counts.
    state.wsize = 0;
    state.whave = 0;
    state.wnext = 0;
  }

  *#pieces(first: Bytes): Generator<Bytes> {
    yield first;
    while (!this.#done) {
      const piece = this.#nextPiece();
      if (piece.length > 0) yield piece;
    }
  }

  #nextPiece(): Bytes {
    if (this.#fault !== undefined) throw this.#fault;
    const stream = this.#stream;
    stream.output = output;
    stream.next_out = 0;
    stream.avail_out = PIECE;
    let fault: RemoteProtocolError | undefined;
    while (!this.#done && fault === undefined && stream.avail_out > 0) fault = this.#step();
    if (fault !== undefined && stream.next_out === 0) throw fault;
    this.#fault = fault;
    if (this.#done) stream.input = EMPTY; // the network's memory is not kept
    return output.slice(0, stream.next_out);
  }

  /** Inflates until the output is full or something is missing. Returns what is wrong with the data. */
  #step(): RemoteProtocolError | undefined {
    const stream = this.#stream;
    const status = zlibInflate(stream, Z_SYNC_FLUSH);
    // zlib tells it by `data_type`: 128 right after a block, and the number of bits that have not been used. A call that
    // found nothing to do has forgotten it.
    if (status !== Z_BUF_ERROR) this.#betweenBlocks = (stream.data_type & (128 | 63)) === 128;
    if (status === Z_STREAM_END) {
      this.#endFinalBlock();
    } else if (status !== Z_OK && status !== Z_BUF_ERROR) {
      return corruptData(stream.msg);
    } else if (stream.avail_in > 0 || stream.avail_out === 0) {
      // With no room left there may be more to come of what has been read.
      return undefined;
    } else if (!this.#last) {
      this.#done = true;
    } else if (!this.#flushGiven) {
      this.#flushGiven = true;
      this.#take(FLUSH, FLUSH.length);
    } else if (this.#betweenBlocks) {
      this.#done = true;
    } else {
      return corruptData("the message ends within a block");
    }
    return undefined;
  }

  /** Goes on with the window as it is: a final block ends a stream of zlib's, but not the peer's. */
  #endFinalBlock(): void {
    this.#restart();
    const { avail_in } = this.#stream;
    if (avail_in > (this.#flushGiven ? FLUSH.length : 0)) return;
    // Less than the flush: the block was the empty one that it ends, or has eaten into it, for the next step to find.
    this.#done = this.#afterFinalBlock = !this.#flushGiven || avail_in === FLUSH.length || avail_in === 0;
  }

  /**
   * As pako's `inflateResetKeep`, which makes new tables: with it a flood of empty final blocks would cost thirty times
   * as much as any other data of that length.
   */
  #restart(): InflateState {
    const state = this.#stream.state as InflateState;
    state.mode = this.#firstMode;
    state.last = 0;
    state.hold = 0;
    state.bits = 0;
    return state;
  }

  #take(input: Bytes, length: number): void {
    this.#stream.input = input;
    this.#stream.next_in = 0;
    this.#stream.avail_in = length;
  }
}

/** What is used of pako's `InflateState`. */
interface InflateState {
  mode: number;
  last: number;
  hold: number;
  bits: number;
  /** Of the window: its size once it is used, how much of it counts, and where it is written. */
  wsize: number;
  whave: number;
  wnext: number;
}
