/**
 * Counts the traffic in each direction: bytes, frames, messages, bytes saved by compression, and round trips of pings.
 */
import { copyOf } from "../core/bytes.ts";
import { Opcode } from "../core/opcodes.ts";
import type { Direction, FrameRecord, TraceRecord } from "./record.ts";

/** The kinds of frames that a {@link tap} counts. */
export type FrameKind = "continuation" | "text" | "binary" | "close" | "ping" | "pong" | "reserved";

/**
 * Counters of one direction. All except `bytes` count only what is complete.
 *
 * @see {@link tap}
 */
export interface DirectionCounters {
  /** On the wire, including heads and frame headers. */
  readonly bytes: number;
  readonly chunks: number;
  readonly frames: Readonly<Record<FrameKind, number>>;
  readonly messages: number;
  /** Payload of data frames on the wire, and after decoding; if that fails, the size on the wire counts for both. */
  readonly payloadBytes: number;
  readonly messageBytes: number;
  /** Bytes saved by extensions; negative if they added bytes. */
  readonly savedBytes: number;
  /** Number of violations. */
  readonly violations: number;
}

/**
 * Time from the observed end's pings to their pongs, in milliseconds.
 *
 * @see {@link tap}
 */
export interface RoundTrips {
  readonly count: number;
  readonly lastMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** What has passed in both directions, from a {@link tap}. */
export interface Counters {
  readonly sent: DirectionCounters;
  readonly received: DirectionCounters;
  /** `undefined` until a ping has been answered. */
  readonly roundTrips: RoundTrips | undefined;
}

/** Above this number of unanswered pings, the oldest are forgotten. */
const MAX_PINGS = 64;

/** The counters of one trace. */
export class Counting {
  readonly #directions = { sent: new DirectionCounting(), received: new DirectionCounting() };
  readonly #pings: { readonly payload: Uint8Array; readonly sentMs: number }[] = [];
  #roundTrips: RoundTrips | undefined;

  get counters(): Counters {
    const { sent, received } = this.#directions;
    return { sent: sent.counters, received: received.counters, roundTrips: this.#roundTrips };
  }

  countChunk(direction: Direction, bytes: number): void {
    this.#directions[direction].countChunk(bytes);
  }

  /** Counts a complete record. */
  countRecord(record: TraceRecord): void {
    const direction = this.#directions[record.direction];
    direction.violations += record.violations.length;
    if (record.kind !== "frame") return;
    direction.countFrame(record);
    const { opcode, payload, lastMs } = record;
    if (opcode === Opcode.PING && record.direction === "sent") {
      this.#pings.push({ payload: copyOf(payload), sentMs: lastMs });
      if (this.#pings.length > MAX_PINGS) this.#pings.shift();
    } else if (opcode === Opcode.PONG && record.direction === "received") {
      this.#takePong(payload, lastMs);
    }
  }

  /** A pong also answers all earlier pings: a peer may leave those out (RFC 6455 §5.5.3). */
  #takePong(payload: Uint8Array, nowMs: number): void {
    const at = this.#pings.findIndex(
      (ping) => ping.payload.length === payload.length && ping.payload.every((byte, i) => byte === payload[i]),
    );
    if (at < 0) return;
    const lastMs = nowMs - this.#pings[at]!.sentMs;
    this.#pings.splice(0, at + 1);
    const before = this.#roundTrips;
    this.#roundTrips = {
      count: (before?.count ?? 0) + 1,
      lastMs,
      minMs: Math.min(before?.minMs ?? lastMs, lastMs),
      maxMs: Math.max(before?.maxMs ?? lastMs, lastMs),
    };
  }
}

class DirectionCounting {
  violations = 0;
  #bytes = 0;
  #chunks = 0;
  #messages = 0;
  #payloadBytes = 0;
  #messageBytes = 0;
  readonly #frames = { continuation: 0, text: 0, binary: 0, close: 0, ping: 0, pong: 0, reserved: 0 };

  get counters(): DirectionCounters {
    return {
      bytes: this.#bytes,
      chunks: this.#chunks,
      frames: { ...this.#frames },
      messages: this.#messages,
      payloadBytes: this.#payloadBytes,
      messageBytes: this.#messageBytes,
      savedBytes: this.#messageBytes - this.#payloadBytes,
      violations: this.violations,
    };
  }

  countChunk(bytes: number): void {
    this.#bytes += bytes;
    this.#chunks++;
  }

  countFrame(frame: FrameRecord): void {
    this.#frames[frameKind(frame.opcode)]++;
    if (frame.messageNumber === undefined) return;
    if (frame.fin) this.#messages++;
    this.#payloadBytes += frame.payloadLength;
    const decoded = frame.inflated !== undefined && !frame.inflationStopped;
    this.#messageBytes += decoded ? frame.inflatedLength! : frame.payloadLength;
  }
}

/** The name of an opcode (RFC 6455 §11.8). */
export function frameKind(opcode: number): FrameKind {
  switch (opcode) {
    case Opcode.CONTINUATION:
      return "continuation";
    case Opcode.TEXT:
      return "text";
    case Opcode.BINARY:
      return "binary";
    case Opcode.CLOSE:
      return "close";
    case Opcode.PING:
      return "ping";
    case Opcode.PONG:
      return "pong";
    default:
      return "reserved";
  }
}
