/**
 * Every frame recorded, decoded and explained; captures read, HAR and pcapng written, recordings that replay.
 *
 * @module websocket-over/inspect
 */
export { rules, type Rule } from "./broken.ts";
export { acceptSteps, type AcceptStep } from "./annotate/acceptSteps.ts";
export { annotate } from "./annotate/annotate.ts";
export type { Annotation } from "./annotate/annotation.ts";
export type { Counters, DirectionCounters, FrameKind, RoundTrips } from "./counters.ts";
export { decode, Decoder, type DecoderOptions } from "./decode/decoder.ts";
export {
  toHAR,
  type HAR,
  type HAREntry,
  type HARNameValue,
  type HAROptions,
  type HARWebSocketMessage,
} from "./export/har.ts";
export { CaptureError, type CapturedChunk, type CapturedConnection } from "./import/captured.ts";
export { fromHAR } from "./import/har.ts";
export { fromPcap } from "./import/pcap.ts";
export { messagesOf, type Message } from "./decode/messages.ts";
export { toPcapng, type PcapngOptions } from "./export/pcapng.ts";
export type { PlainEvent } from "./plainEvent.ts";
export {
  contentOf,
  maskedPayload,
  type BodyRecord,
  type ChunkPart,
  type Direction,
  type FrameRecord,
  type HeadField,
  type HeadRecord,
  type TraceRecord,
  type Violation,
} from "./record.ts";
export { redactRecord, type Redaction } from "./redact.ts";
export { isSecretHeader, redactSubprotocols, redactURL, secretHeaders } from "./secrets.ts";
export { tap, type TapOptions } from "./tap.ts";
export { tapTransport, type TransportTap } from "./tapTransport.ts";
export type { Capture, Trace, TraceOptions } from "./trace.ts";
export type { Role } from "./role.ts";
export { replay, type Replay, type ReplayDifference, type ReplayOptions } from "./vector/replay.ts";
export type { Vector, VectorOptions, VectorStep } from "./vector/vector.ts";
export { recordVector, type VectorRecorderOptions, type VectorRecording } from "./vector/vectorRecorder.ts";
