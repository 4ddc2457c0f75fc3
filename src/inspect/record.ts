/** The records of a trace: a plain object for each handshake head, each frame, and anything else on the wire. */
import { requireKind } from "../core/options.ts";
import { copyOf, type Bytes } from "../core/bytes.ts";
import type { ProtocolErrorCode } from "../core/errors.ts";
import type { PlainEvent } from "./plainEvent.ts";
import type { Role } from "./role.ts";

/**
 * As seen from the observed end.
 *
 * @see {@link tap}
 */
export type Direction = "sent" | "received";

/**
 * A rule that the bytes break. A record lists its violations in the order in which a strict reader finds them.
 *
 * @see {@link decode}
 */
export interface Violation {
  /** As in `RemoteProtocolError`, plus `frameAfterClose` for frames that a connection no longer reads. */
  readonly code: ProtocolErrorCode | "frameAfterClose";
  readonly message: string;
  /** The section, such as `"RFC 6455 §5.2"`. */
  readonly section: string;
  /** Position in the sender's stream, in bytes. */
  readonly offset: number;
  /** The name of the annotation that it belongs to; see `annotate`. */
  readonly field: string;
}

/**
 * The part of a record that arrived in one chunk.
 *
 * @see {@link decode}
 */
export interface ChunkPart {
  /** The number of the chunk, counted over both directions. */
  readonly chunk: number;
  /** Position in the sender's stream, in bytes. */
  readonly offset: number;
  readonly length: number;
  readonly timeMs: number;
}

interface RecordBase {
  /** Numbers the records of both directions in the order in which they started. */
  readonly id: number;
  readonly sender: Role;
  readonly direction: Direction;
  /** Where the record starts in the sender's stream, in bytes. */
  readonly offset: number;
  /** Number of its bytes that have arrived. */
  readonly length: number;
  /** Whether all of it has arrived. Until then the record changes. */
  readonly complete: boolean;
  /** When its first and its last byte arrived, in milliseconds of the trace's clock. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The first chunks that it arrived in; `chunkCount` counts all of them. */
  readonly chunks: readonly ChunkPart[];
  readonly chunkCount: number;
  readonly violations: readonly Violation[];
  /**
   * The events that it caused on the observed connection: the first ones and the last. `eventCount` counts all of them.
   */
  readonly events: readonly PlainEvent[];
  readonly eventCount: number;
}

/**
 * A field line of a head.
 *
 * @see {@link decode}
 */
export interface HeadField {
  /** As received; `key` is the same in lower case. */
  readonly name: string;
  readonly key: string;
  readonly value: string;
  /** Where its line, and its value, start in the head, in bytes. */
  readonly start: number;
  readonly valueStart: number;
}

/**
 * The head of a request or response of the opening handshake (RFC 6455 §4).
 *
 * @see {@link decode}
 */
export interface HeadRecord extends RecordBase {
  readonly kind: "head";
  readonly message: "request" | "response";
  /** The whole head, blank line included. If `length` is 0 it is reconstructed: it was not in this stream. */
  readonly bytes: Bytes;
  readonly startLine: string;
  readonly fields: readonly HeadField[];
  /** Set for a response with a status. */
  readonly status: number | undefined;
  /** For a response: the key of the request that it answers, if that was captured. */
  readonly requestKey: string | undefined;
}

/**
 * Bytes after a head that are not frames: the body of a rejection, or unreadable data.
 *
 * @see {@link decode}
 */
export interface BodyRecord extends RecordBase {
  readonly kind: "body";
  readonly message: "rejection" | "unreadable";
  /** For a chunked body: where its trailers, or its first invalid chunk, start, in bytes. `undefined` until then. */
  readonly trailersAt: number | undefined;
  /** Whether a chunk of it has extensions (§7.1.1), as far as is known. */
  readonly hasExtensions: boolean;
  /** The bytes kept. */
  readonly bytes: Bytes;
}

/**
 * A frame (RFC 6455 §5.2).
 *
 * @see {@link decode}
 */
export interface FrameRecord extends RecordBase {
  readonly kind: "frame";
  /** The header bytes that have arrived; 2 to 14 in all. */
  readonly header: Bytes;
  readonly fin: boolean;
  /** The reserved bits; RSV1 is 4. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** How many bits encode the length. */
  readonly lengthForm: 7 | 16 | 64;
  readonly maskingKey: Bytes | undefined;
  /** As announced in the header, in bytes; rounded above 2^53. */
  readonly payloadLength: number;
  /** The bytes kept of the payload, unmasked. For the bytes on the wire, see `maskedPayload`. */
  readonly payload: Bytes;
  /** For a data frame: the number of its message in this direction, and of the frame in the message, both from 0. */
  readonly messageNumber: number | undefined;
  readonly fragment: number | undefined;
  /** Whether the message is text or binary, which a continuation frame does not say. */
  readonly messageType: "text" | "binary" | undefined;
  /** The bytes kept of the payload after decoding by the agreed extensions; `undefined` if they did not change it. */
  readonly inflated: Bytes | undefined;
  /** Number of decoded bytes. If `inflationStopped`, only those before decoding stopped. */
  readonly inflatedLength: number | undefined;
  /** Whether decoding stopped, here or in an earlier message: at the limit, or at corrupt data. */
  readonly inflationStopped: boolean;
  /** For a Close frame: its code and reason. The code is 1005 if it has none. */
  readonly close: { readonly code: number; readonly reason: string } | undefined;
  /** Whether `redact` has replaced the payload. It keeps its length, but not its content. */
  readonly redacted: boolean;
}

/** Whether the response has a status of 1xx except 101. Any number may precede the final response (RFC 9110 §15.2). */
export function isInterim(record: TraceRecord): boolean {
  return record.kind === "head" && record.status !== undefined && record.status < 200 && record.status !== 101;
}

/** What {@link decode} and {@link tap} give: a head, a frame, or bytes that are neither. */
export type TraceRecord = HeadRecord | BodyRecord | FrameRecord;

/**
 * The bytes kept of the payload as they were on the wire. Returns a new array.
 *
 * @example
 * ```ts
 * import { decode, maskedPayload } from "websocket-over/inspect";
 *
 * for (const record of decode({ client: Uint8Array.of(0x82, 0x82, 1, 1, 1, 1, 7, 8) })) {
 *   if (record.kind === "frame") console.log(record.payload.join(), "from", maskedPayload(record).join()); // → 6,9 from 7,8
 * }
 * ```
 */
export function maskedPayload(frame: FrameRecord): Bytes {
  requireKind("maskedPayload() takes the record of a frame,", frame, "{ opcode, payload }");
  const { payload, maskingKey } = frame;
  return maskingKey === undefined ? copyOf(payload) : payload.map((byte, i) => byte ^ maskingKey[i & 3]!);
}

/**
 * The frame's part of its message: the payload, decoded if an extension changed it.
 *
 * @example
 * ```ts
 * import { permessageDeflate } from "websocket-over/deflate";
 * import { contentOf, decode } from "websocket-over/inspect";
 *
 * const server = Uint8Array.of(0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00); // of RFC 7692 §7.2.3.1
 * for (const record of decode({ server }, { extensions: [permessageDeflate()] })) {
 *   if (record.kind === "frame") console.log(new TextDecoder().decode(contentOf(record))); // → Hello
 * }
 * ```
 */
export function contentOf(frame: FrameRecord): Bytes {
  requireKind("contentOf() takes the record of a frame,", frame, "{ opcode, payload }");
  const { inflated, payload } = frame;
  return inflated ?? payload;
}

export type Mutable<T> = { -readonly [name in keyof T]: T[name] };
