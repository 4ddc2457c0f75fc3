/** Inflates with pako: piece by piece, past final blocks, and with the end that the sender of a message removed. */
import { Z_BUF_ERROR, Z_OK, Z_STREAM_END, Z_SYNC_FLUSH, zlibInflate, zlibInflateInit2, ZStream } from "pako";
import { EMPTY, type Bytes } from "../core/bytes.ts";
import type { RemoteProtocolError } from "../core/errors.ts";
import { corruptData, type Inflater } from "./engine.ts";

/** Size of an output piece, in bytes: large enough to justify an event, small compared with any limit. */
const PIECE = 32 * 1024;

/** Shared by all inflaters: each piece is copied before the next one is produced. */
const output: Bytes = new Uint8Array(PIECE);

/** The end of a flush, which the sender of a message removed. */
const FLUSH: Bytes = Uint8Array.of(0, 0, 0xff, 0xff);

/** Up to this size, in bytes, the end of a message is copied together with the flush: cheaper than one more call. */
const STAGED = 1024;
const stage: Bytes = new Uint8Array(STAGED + FLUSH.length);

export class PakoInflater implements Inflater {
  readonly #stream = new ZStream();
  readonly #firstMode: number;
  /** Whether the message ends with the input. */
  #last = false;
  /** Whether the flush has been restored, after the input or as the input. */
  #flushGiven = false;
  /** Whether all input has been inflated. */
  #done = false;
  /** Whether the last inflated byte ends a block. */
  #betweenBlocks = false;
  /** Whether nothing has followed the end of a final block. */
  #afterFinalBlock = false;
  /** Thrown once the output before it has been pulled. */
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
      // Copied, because another connection may use the stage before this result is pulled.
      if (this.#flushGiven) this.#stream.input = stage.slice();
      return this.#pieces(piece);
    }
    return piece.length === 0 ? [] : [piece];
  }

  reset(): void {
    this.#afterFinalBlock = false;
    const state = this.#restart();
    // The window stays allocated, but is empty.
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
    if (this.#done) stream.input = EMPTY; // don't keep the transport's memory
    return output.slice(0, stream.next_out);
  }

  /** Inflates until the output is full or more input is needed. Returns the error if the data is invalid. */
  #step(): RemoteProtocolError | undefined {
    const stream = this.#stream;
    const status = zlibInflate(stream, Z_SYNC_FLUSH);
    // zlib reports this in `data_type`: 128 after a block, plus the number of unused bits. A call without work resets
    // it.
    if (status !== Z_BUF_ERROR) this.#betweenBlocks = (stream.data_type & (128 | 63)) === 128;
    if (status === Z_STREAM_END) {
      this.#endFinalBlock();
    } else if (status !== Z_OK && status !== Z_BUF_ERROR) {
      return corruptData(stream.msg);
    } else if (stream.avail_in > 0 || stream.avail_out === 0) {
      // The output is full, so the input may hold more.
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

  /** Continues with the same window: a final block ends the stream for zlib, but not for the peer. */
  #endFinalBlock(): void {
    this.#restart();
    const { avail_in } = this.#stream;
    if (avail_in > (this.#flushGiven ? FLUSH.length : 0)) return;
    // If less than the flush remains, the final block was the empty one that the flush ends, or it has consumed part of
    // the flush. The next step reports the latter.
    this.#done = this.#afterFinalBlock = !this.#flushGiven || avail_in === FLUSH.length || avail_in === 0;
  }

  /**
   * Does what pako's `inflateResetKeep` does, without allocating new tables. With new tables, a flood of empty final
   * blocks would cost thirty times as much as other data of that length.
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

/** The fields of pako's `InflateState` used here. */
interface InflateState {
  mode: number;
  last: number;
  hold: number;
  bits: number;
  /** The window: its size once it is in use, how much of it is valid, and the write position. */
  wsize: number;
  whave: number;
  wnext: number;
}
