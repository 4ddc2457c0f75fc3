/** What a trace is made of: one plain object for each handshake head, each frame, and whatever else was on the wire. */
import { requireKind } from "../core/options.ts";
import type { Bytes } from "../core/bytes.ts";
import type { ProtocolErrorCode } from "../core/errors.ts";
import type { PlainEvent } from "./plainEvent.ts";
import type { Role } from "./role.ts";

/** As the observed end sees it. */
export type Direction = "sent" | "received";

/** A rule that the bytes break. Those of a record stand in the order in which a strict reader meets them. */
export interface Violation {
  /** As in `RemoteProtocolError`, and `frameAfterClose` for what nobody reads any more. */
  readonly code: ProtocolErrorCode | "frameAfterClose";
  readonly message: string;
  /** The clause, such as `"RFC 6455 §5.2"`. */
  readonly section: string;
  /** Byte of the sender's stream. */
  readonly offset: number;
  /** The name of the annotation that it belongs to, see `annotate`. */
  readonly field: string;
}

/** A stretch of a record that came in one chunk. */
export interface ChunkPart {
  /** The number of the chunk, counted over both directions. */
  readonly chunk: number;
  /** Byte of the sender's stream. */
  readonly offset: number;
  readonly length: number;
  readonly timeMs: number;
}

interface RecordBase {
  /** Counts the records of both directions in the order in which they began. */
  readonly id: number;
  readonly sender: Role;
  readonly direction: Direction;
  /** Where it begins in the sender's stream, in bytes. */
  readonly offset: number;
  /** How many bytes of it have come. */
  readonly length: number;
  /** Whether all of it has come. Until then the record changes. */
  readonly complete: boolean;
  /** When its first and its last byte came, in milliseconds of the trace's clock. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The chunks that it came in, as many as are kept; `chunkCount` counts them all. */
  readonly chunks: readonly ChunkPart[];
  readonly chunkCount: number;
  readonly violations: readonly Violation[];
  /** What the observed connection made of it, the first ones and the last; `eventCount` counts them all. */
  readonly events: readonly PlainEvent[];
  readonly eventCount: number;
}

/** A field line of a head. */
export interface HeadField {
  /** As it stands there, and in lower case in `key`. */
  readonly name: string;
  readonly key: string;
  readonly value: string;
  /** Where in the head its line begins, and its value, in bytes. */
  readonly start: number;
  readonly valueStart: number;
}

/** The head of the opening handshake's request or answer (RFC 6455 §4). */
export interface HeadRecord extends RecordBase {
  readonly kind: "head";
  readonly message: "request" | "response";
  /** All of it, blank line included. Made up if `length` is 0: nobody sent it in this stream. */
  readonly bytes: Bytes;
  readonly startLine: string;
  readonly fields: readonly HeadField[];
  /** Of a response that has one. */
  readonly status: number | undefined;
  /** Of a response: the key of the request that it answers, if that was seen. */
  readonly requestKey: string | undefined;
}

/** What follows a head and is no frame: the body of a rejection, or what can't be read any more. */
export interface BodyRecord extends RecordBase {
  readonly kind: "body";
  readonly message: "rejection" | "unreadable";
  /** Of a body in chunks: where the trailers begin in it, in bytes, or what is not a chunk. Until that has come, `undefined`. */
  readonly trailersAt: number | undefined;
  /** As much as is kept. */
  readonly bytes: Bytes;
}

/** A frame (RFC 6455 §5.2). */
export interface FrameRecord extends RecordBase {
  readonly kind: "frame";
  /** As it was on the wire, as much as has come: 2 to 14 bytes. */
  readonly header: Bytes;
  readonly fin: boolean;
  /** The reserved bits, RSV1 being 4. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** In how many bits the length is given. */
  readonly lengthForm: 7 | 16 | 64;
  readonly maskingKey: Bytes | undefined;
  /** As the header announces it, in bytes; rounded beyond 2^53. */
  readonly payloadLength: number;
  /** Unmasked, as much as is kept: see `maskedPayload` for what was on the wire. */
  readonly payload: Bytes;
  /** Of a data frame: its message, by the number of that in its direction, and the frame's place in it, both from 0. */
  readonly messageNumber: number | undefined;
  readonly fragment: number | undefined;
  /** Whether the message is text or binary, which a continuation does not say itself. */
  readonly messageType: "text" | "binary" | undefined;
  /** What the payload was decoded to by the agreed extensions, as much as is kept; `undefined` where they changed nothing. */
  readonly inflated: Bytes | undefined;
  /** How many bytes that was; as far as it was decoded, if `inflationStopped`. */
  readonly inflatedLength: number | undefined;
  /** Decoding was given up, here or in an earlier message: at the limit, or at data that is corrupt. */
  readonly inflationStopped: boolean;
  /** Of a Close frame; 1005 if it has no code. */
  readonly close: { readonly code: number; readonly reason: string } | undefined;
  /** What `redact` left of the payload has this length, and says nothing of the bytes that were sent. */
  readonly redacted: boolean;
}

/** Whether it is an answer of 1xx, other than 101: any number of them may come before the one that counts (RFC 9110 §15.2). */
export function isInterim(record: TraceRecord): boolean {
  return record.kind === "head" && record.status !== undefined && record.status < 200 && record.status !== 101;
}

export type TraceRecord = HeadRecord | BodyRecord | FrameRecord;

/** The payload as it was on the wire, as much of it as is kept. A new array. */
export function maskedPayload(frame: FrameRecord): Bytes {
  requireKind("maskedPayload() takes the record of a frame,", frame, "{ opcode, payload }");
  const { payload, maskingKey } = frame;
  return maskingKey === undefined ? payload.slice() : payload.map((byte, i) => byte ^ maskingKey[i & 3]!);
}

/** What the frame contributes to its message: its payload, decoded if an extension did so. */
export function contentOf(frame: FrameRecord): Bytes {
  requireKind("contentOf() takes the record of a frame,", frame, "{ opcode, payload }");
  const { inflated, payload } = frame;
  return inflated ?? payload;
}

export type Mutable<T> = { -readonly [name in keyof T]: T[name] };
