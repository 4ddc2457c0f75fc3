/**
 * What permessage-deflate asks of an implementation of DEFLATE (RFC 1951), and no more, so that another one can be put
 * in pako's place: a WebAssembly build, or Node's zlib.
 */
import type { Bytes } from "../core/bytes.ts";
import { RemoteProtocolError } from "../core/errors.ts";

/** Makes engines. Each is used by one message at a time, and by one connection as long as it remembers anything. */
export interface DeflateEngine {
  createDeflater(options: DeflaterOptions): Deflater;
  /** `windowBits` is 8 to 15: the peer's distances reach no further back than 2^windowBits bytes. */
  createInflater(options: { readonly windowBits: number }): Inflater;
}

export interface DeflaterOptions {
  /**
   * 8 to 15: no distance may reach further back than 2^windowBits bytes. zlib's raw deflate refuses 8, but with 9 it
   * never reaches further back than 512 - 262 = 250 bytes, so 9 does for 8.
   */
  readonly windowBits: number;
  /** 0 to 9, as in zlib. */
  readonly level: number;
  /** 1 to 9, as in zlib. */
  readonly memLevel: number;
}

/** A stream of raw DEFLATE blocks in the making. */
export interface Deflater {
  /**
   * Compresses bytes, at least one, and flushes: what has been returned inflates to all that was given, and ends with
   * the empty stored block 00 00 ff ff, as after zlib's `Z_SYNC_FLUSH`. No block is a final one. The result is read
   * before anything is called again, so it may lie in memory that is used for the next one.
   */
  deflate(input: Uint8Array): Uint8Array;
  /** Forgets what came before, so that the next result refers to nothing of it. */
  reset(): void;
  /** Will not be used again. */
  release?(): void;
}

/** A stream of raw DEFLATE blocks as it comes. */
export interface Inflater {
  /**
   * Inflates the next stretch of a message, which may begin and end anywhere. What comes of it is pulled piece by piece
   * and belongs to whoever pulls; a piece is bounded, 64 KiB at most, and is not made before it is pulled, but for the
   * first. `input` is left unchanged, and not kept once it has been pulled to the end.
   *
   * A final block (BFINAL) ends nothing: blocks may follow it, and reach back beyond it. With `last` the message ends,
   * and so must the block: 00 00 ff ff, which the sender has taken away (RFC 7692 §7.2.2), is put back first, unless
   * a final block has ended just there. Throws {@link corruptData} for what is not DEFLATE, after what comes before it.
   */
  inflate(input: Bytes, last: boolean): Iterable<Bytes>;
  /** Forgets what came before: a distance that reaches back into it is corrupt. */
  reset(): void;
  /** Will not be used again. */
  release?(): void;
}

/**
 * The error of data that can't be inflated. RFC 7692 names no close code for it; 1007 is for data "not consistent with
 * the type of the message" (RFC 6455 §7.4.1), which is what this is: the frames are in order, their content is not.
 */
export function corruptData(message: string): RemoteProtocolError {
  return new RemoteProtocolError(`corrupt compressed data: ${message}`, {
    code: "compressedDataInvalid",
    closeCode: 1007,
    section: "RFC 7692 §7.2.2",
  });
}
