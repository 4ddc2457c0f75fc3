/**
 * The part of DEFLATE (RFC 1951) that permessage-deflate needs. Implement it to replace pako, for example with a
 * WebAssembly build or Node's zlib.
 */
import type { Bytes } from "../core/bytes.ts";
import { RemoteProtocolError } from "../core/errors.ts";

/**
 * Creates engines. Each serves one message at a time, and only one connection while it keeps a window.
 *
 * @see {@link permessageDeflateWith}
 */
export interface DeflateEngine {
  createDeflater(options: DeflaterOptions): Deflater;
  /** `windowBits` is 8 to 15. The peer's distances are at most 2^windowBits bytes. */
  createInflater(options: { readonly windowBits: number }): Inflater;
}

/**
 * What a deflater is asked for.
 *
 * @see {@link permessageDeflateWith}
 */
export interface DeflaterOptions {
  /**
   * 8 to 15. Distances must be at most 2^windowBits bytes. zlib's raw deflate rejects 8. Use 9 instead: zlib then
   * limits distances to 512 - 262 = 250 bytes.
   */
  readonly windowBits: number;
  /** 0 to 9, as in zlib. */
  readonly level: number;
  /** 1 to 9, as in zlib. */
  readonly memLevel: number;
}

/**
 * A compressor that produces a stream of raw DEFLATE blocks.
 *
 * @see {@link permessageDeflateWith}
 */
export interface Deflater {
  /**
   * Compresses `input`, which has at least one byte, and flushes. The output so far inflates to all input so far, and
   * ends with the empty stored block 00 00 ff ff, as after zlib's `Z_SYNC_FLUSH`. No block may be final. The result is
   * read before the next call, so you can reuse its memory.
   */
  deflate(input: Uint8Array): Uint8Array;
  /** Clears the window: later output must not refer to earlier input. */
  reset(): void;
  /** Called when the engine is no longer used. */
  release?(): void;
}

/**
 * A decompressor for a stream of raw DEFLATE blocks.
 *
 * @see {@link permessageDeflateWith}
 */
export interface Inflater {
  /**
   * Inflates the next piece of a message; pieces may start and end anywhere. The caller pulls the output piece by piece
   * and owns the pieces. Each is at most 64 KiB and, except for the first, is not produced before it is pulled. Must
   * not modify `input`, or keep it once the output has been pulled to its end.
   *
   * A final block (BFINAL) does not end the stream: more blocks may follow it and refer to data before it. With `last`
   * the message ends, and its last block must end too: first restore the 00 00 ff ff that the sender removed (RFC 7692
   * §7.2.2), unless a final block has just ended. Throws {@link corruptData} for invalid data, after the output before
   * it.
   */
  inflate(input: Bytes, last: boolean): Iterable<Bytes>;
  /** Clears the window: a distance that reaches back into earlier data is an error. */
  reset(): void;
  /** Called when the engine is no longer used. */
  release?(): void;
}

/**
 * The error for data that can't be inflated. RFC 7692 assigns no close code. 1007 is for data "not consistent with the
 * type of the message" (RFC 6455 §7.4.1), which fits: the frames are valid, their content is not.
 *
 * @example
 * ```ts
 * import { constants, inflateRawSync } from "node:zlib";
 * import { corruptData } from "websocket-over/deflate";
 *
 * function inflate(bytes: Uint8Array): Uint8Array {
 *   try {
 *     return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
 *   } catch (error) {
 *     throw corruptData(String(error)); // the connection closes with 1007
 *   }
 * }
 * try {
 *   inflate(Uint8Array.of(0xff, 0xff));
 * } catch (error) {
 *   console.log((error as ReturnType<typeof corruptData>).code); // → compressedDataInvalid
 * }
 * ```
 */
export function corruptData(message: string): RemoteProtocolError {
  return new RemoteProtocolError(`corrupt compressed data: ${message}`, {
    code: "compressedDataInvalid",
    closeCode: 1007,
    section: "RFC 7692 §7.2.2",
  });
}
