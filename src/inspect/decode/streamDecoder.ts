/** One direction's captured bytes → records in order: heads, then frames, then data that can't be parsed. */
import { EMPTY, type Bytes } from "../../core/bytes.ts";
import type { Extension } from "../../core/extension.ts";
import { Opcode } from "../../core/opcodes.ts";
import { FRAME_AFTER_CLOSE, HEAD_TOO_LARGE } from "../../core/rules.ts";
import { broken } from "../broken.ts";
import { listElements } from "../../handshake/headerGrammar.ts";
import { readingFor, type Agreement } from "./agreement.ts";
import { ChunkScanner } from "./chunkScanner.ts";
import { FrameDecoder } from "./frameDecoder.ts";
import { Gathered } from "./gathered.ts";
import { fieldsOf, HeadDecoder, linesOf } from "./headDecoder.ts";
import { fieldValue, headViolations, type Offered } from "./headRules.ts";
import { MessageDecoder } from "./messageDecoder.ts";
import { isInterim } from "../record.ts";
import type { BodyRecord, ChunkPart, Direction, FrameRecord, HeadRecord, Mutable, TraceRecord } from "../record.ts";
import type { Role } from "../role.ts";

/** The state that both directions share. */
export interface Conversation {
  readonly observer: Role;
  readonly masking: boolean;
  readonly extensions: readonly Extension[];
  readonly limits: {
    readonly maxHeadBytes: number;
    readonly maxPayloadBytes: number;
    readonly maxInflatedBytes: number;
  };
  /** What the handshake agreed on; `undefined` until it is known. */
  agreement: Agreement | undefined;
  /** The request's key and offers; `undefined` until they are known. */
  requestKey: string | undefined;
  offered: Offered | undefined;
  nextId: number;
  /** Called with each record when it starts and whenever it changes. */
  tell(record: TraceRecord): void;
  /** Called with each complete head, before `tell`. */
  headComplete(head: HeadRecord): void;
  /** Called when a stream starts with frames. */
  beginsOpen(): void;
}

/** The number and time of a chunk. */
export interface Arrival {
  readonly chunk: number;
  readonly timeMs: number;
}

/** Maximum number of chunks listed in a record. */
const MAX_CHUNK_PARTS = 256;

type Stage = "unknown" | "head" | "frames" | "body";

interface Unit {
  readonly record: Mutable<TraceRecord>;
  readonly complete: boolean;
  take(bytes: Uint8Array): number;
}

export class StreamDecoder {
  readonly #conversation: Conversation;
  readonly #sender: Role;
  readonly #messages: MessageDecoder;
  #stage: Stage;
  #bodyIs: BodyRecord["message"] = "unreadable";
  /** Set if the body that follows is chunked. */
  #chunks: ChunkScanner | undefined;
  #offset = 0;
  #closeSeen = false;
  #unit: Unit | undefined;

  /** With `"unknown"`, the first byte decides whether a head or a frame comes first. */
  constructor(conversation: Conversation, sender: Role, stage: Stage) {
    this.#conversation = conversation;
    this.#sender = sender;
    this.#stage = stage;
    if (stage === "frames") conversation.beginsOpen();
    this.#messages = new MessageDecoder(conversation.limits, () =>
      conversation.agreement === undefined
        ? undefined
        : readingFor(sender, conversation.agreement, conversation.extensions),
    );
  }

  /** Number of bytes received. */
  get length(): number {
    return this.#offset;
  }

  /** Reads a chunk. Does not modify it. */
  receive(bytes: Uint8Array, arrival: Arrival): void {
    for (let at = 0; at < bytes.length;) {
      const unit = (this.#unit ??= this.#begin(bytes[at]!, arrival));
      const { record } = unit;
      const count = unit.take(at === 0 ? bytes : bytes.subarray(at));
      at += count;
      this.#note(record, count, arrival);
      this.#offset += count;
      if (unit.complete) this.#finish(unit);
      this.#conversation.tell(record);
    }
  }

  /** Takes a head that precedes the stream and is not in it. */
  insertHead(bytes: Bytes, timeMs: number): void {
    const unit = this.#head(this.#base(timeMs));
    unit.take(bytes);
    this.#finish(unit);
    this.#conversation.tell(unit.record);
  }

  #begin(first: number, arrival: Arrival): Unit {
    if (this.#stage === "unknown") {
      this.#stage = beginsFrame(first) ? "frames" : "head";
      if (this.#stage === "frames") this.#conversation.beginsOpen();
    }
    const base = this.#base(arrival.timeMs);
    switch (this.#stage) {
      case "head":
        return this.#head(base);
      case "body":
        return this.#body(base);
      case "frames":
        return this.#frame(base);
    }
  }

  #base(timeMs: number): Base {
    const direction: Direction = this.#sender === this.#conversation.observer ? "sent" : "received";
    return {
      id: this.#conversation.nextId++,
      sender: this.#sender,
      direction,
      offset: this.#offset,
      length: 0,
      complete: false,
      firstMs: timeMs,
      lastMs: timeMs,
      chunks: [],
      chunkCount: 0,
      violations: [],
      events: [],
      eventCount: 0,
    };
  }

  #head(base: Base): Unit {
    const message = this.#sender === "client" ? "request" : "response";
    const none = { bytes: EMPTY, startLine: "", fields: [], status: undefined, requestKey: undefined };
    const record: Mutable<HeadRecord> = { kind: "head", ...base, message, ...none };
    const decoder = new HeadDecoder(this.#conversation.limits.maxHeadBytes);
    return {
      record,
      get complete() {
        return decoder.complete || decoder.overfull;
      },
      take(bytes) {
        const count = decoder.take(bytes);
        record.bytes = decoder.bytes;
        record.complete = decoder.complete;
        return count;
      },
    };
  }

  #body(base: Base): Unit {
    const message = this.#bodyIs;
    const record: Mutable<BodyRecord> = {
      kind: "body",
      ...base,
      message,
      trailersAt: undefined,
      hasExtensions: false,
      bytes: EMPTY,
    };
    const gathered = new Gathered(this.#conversation.limits.maxPayloadBytes);
    const chunks = this.#chunks;
    return {
      record,
      complete: false,
      take(bytes) {
        gathered.add(bytes);
        record.bytes = gathered.kept;
        chunks?.scan(bytes);
        record.trailersAt = chunks?.end;
        record.hasExtensions = chunks?.hasExtensions === true;
        return bytes.length;
      },
    };
  }

  #frame(base: Base): Unit {
    const record: Mutable<FrameRecord> = {
      kind: "frame",
      ...base,
      header: EMPTY,
      fin: false,
      rsv: 0,
      opcode: 0,
      masked: false,
      lengthForm: 7,
      maskingKey: undefined,
      payloadLength: 0,
      payload: EMPTY,
      messageNumber: undefined,
      fragment: undefined,
      messageType: undefined,
      inflated: undefined,
      inflatedLength: undefined,
      inflationStopped: false,
      close: undefined,
      redacted: false,
    };
    if (this.#closeSeen) {
      record.violations = [{ ...broken(FRAME_AFTER_CLOSE), offset: record.offset, field: "opcode" }];
    }
    const { masking, limits } = this.#conversation;
    const rule = this.#sender === "server" ? "forbidden" : masking ? "required" : "either";
    return new FrameDecoder(record, { masking: rule, maxPayloadBytes: limits.maxPayloadBytes }, this.#messages);
  }

  #note(record: Mutable<TraceRecord>, count: number, { chunk, timeMs }: Arrival): void {
    if (record.chunkCount++ < MAX_CHUNK_PARTS) {
      (record.chunks as ChunkPart[]).push({ chunk, offset: this.#offset, length: count, timeMs });
    }
    record.length += count;
    record.lastMs = timeMs;
  }

  #finish({ record }: Unit): void {
    this.#unit = undefined;
    if (record.kind === "head") {
      this.#finishHead(record);
    } else {
      record.complete = true;
      if (record.kind === "frame" && record.opcode === Opcode.CLOSE) this.#closeSeen = true;
    }
  }

  #finishHead(record: Mutable<HeadRecord>): void {
    const conversation = this.#conversation;
    readHead(record, conversation);
    this.#stage = "frames";
    if (!record.complete) {
      const { offset } = record;
      record.violations = [{ ...broken(HEAD_TOO_LARGE, conversation.limits.maxHeadBytes), offset, field: "startLine" }];
      this.#stage = "body";
    } else if (record.message === "response" && record.status !== 101) {
      this.#bodyIs = record.status === undefined ? "unreadable" : "rejection";
      this.#stage = isInterim(record) ? "head" : "body";
      if (this.#bodyIs === "rejection" && isChunked(record)) this.#chunks = new ChunkScanner();
    }
    conversation.headComplete(record);
  }
}

type Base = Omit<BodyRecord, "kind" | "message" | "trailersAt" | "hasExtensions" | "bytes">;

/** Parses the bytes of a head. */
export function readHead(
  record: Mutable<HeadRecord>,
  { requestKey, offered }: Pick<Conversation, "requestKey" | "offered">,
): void {
  const lines = linesOf(record.bytes);
  record.startLine = lines[0]?.text ?? "";
  record.fields = fieldsOf(lines);
  if (record.message === "response") {
    const status = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |$)/.exec(record.startLine)?.[1];
    record.status = status === undefined ? undefined : Number(status);
    record.requestKey = requestKey;
  }
  record.violations = headViolations(record, offered);
}

/** Whether the body is chunked, so that trailers follow (RFC 9112 §6.1). */
export function isChunked(head: HeadRecord): boolean {
  return (
    listElements(fieldValue(head, "transfer-encoding") ?? "")
      .at(-1)
      ?.toLowerCase() === "chunked"
  );
}

/** The key in a request, if any. */
export function keyOf(request: HeadRecord): string | undefined {
  return fieldValue(request, "sec-websocket-key");
}

/**
 * Whether a byte starts a frame rather than a head. No valid frame starts with the first letter of `GET` or `HTTP`:
 * those are a reserved opcode and a fragmented Close frame.
 */
function beginsFrame(byte: number): boolean {
  const isLineEnd = byte === 0x0d || byte === 0x0a;
  return byte >= 0x80 || byte === 0x41 || byte === 0x42 || (byte < 0x20 && !isLineEnd);
}
