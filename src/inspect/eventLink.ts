/** Finds the record that caused an event. Both are in the order of the bytes. */
import { EMPTY } from "../core/bytes.ts";
import { Opcode } from "../core/opcodes.ts";
import type { PlainEvent } from "./plainEvent.ts";
import type { Mutable, TraceRecord } from "./record.ts";

/** Maximum number of events kept in a record: a frame that arrives byte by byte causes one for each byte. */
const MAX_EVENTS = 256;

type Fits = (record: TraceRecord) => boolean;

export class EventLink {
  /** Received records whose events have not all been pulled. */
  readonly #waiting = new Map<number, Mutable<TraceRecord>>();
  /** Waiting records that the trace has dropped. They no longer have bytes, and only serve to match events. */
  readonly #dropped = new Set<number>();
  /** For a server that has accepted: the event and the answer. Either may come first. */
  #established: PlainEvent | undefined;
  #answer: Mutable<TraceRecord> | undefined;
  /** Whether the last event has been pulled. */
  #closed = false;

  /** A record has started. */
  add(record: Mutable<TraceRecord>): void {
    if (this.#closed) return;
    if (record.direction === "received") {
      this.#waiting.set(record.id, record);
    } else if (record.kind === "head") {
      this.#answer = record;
      if (this.#established !== undefined) addEvent(record, this.#established);
    }
  }

  /** A record causes no event. */
  settle(record: TraceRecord): void {
    this.#waiting.delete(record.id);
  }

  /** The trace has dropped a complete record. */
  forget(record: TraceRecord): void {
    if (!this.#waiting.has(record.id)) return;
    const bytes = record.kind === "frame" ? { payload: EMPTY, inflated: undefined } : { bytes: EMPTY };
    this.#waiting.set(record.id, { ...record, ...bytes });
    this.#dropped.add(record.id);
  }

  /** Adds an event to the record that caused it. Returns the record, unless there is none or it has been dropped. */
  attach(event: PlainEvent): TraceRecord | undefined {
    switch (event.type) {
      case "connectionRequested":
        return this.#give(event, (record) => record.kind === "head", true);
      case "connectionEstablished":
        return this.#attachEstablished(event);
      case "connectionRejected":
        return this.#give(event, (record) => record.kind === "head" && record.status === event.status, true);
      case "rejectionData":
        return this.#give(event, (record) => record.kind === "body", false);
      case "textReceived":
      case "bytesReceived":
        return this.#give(event, isData, event.frameFinished === true);
      case "pingReceived":
        return this.#give(event, hasOpcode(Opcode.PING), true);
      case "pongReceived":
        return this.#give(event, hasOpcode(Opcode.PONG), true);
      case "connectionClosed": {
        const record = this.#attachClosed(event);
        this.#end();
        return record;
      }
    }
  }

  #end(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#dropped.clear();
  }

  #attachEstablished(event: PlainEvent): TraceRecord | undefined {
    const received = this.#give(event, (record) => record.kind === "head" && record.status === 101, true);
    if (received !== undefined) return received;
    this.#established = event;
    if (this.#answer !== undefined) addEvent(this.#answer, event);
    return this.#answer;
  }

  #attachClosed(event: PlainEvent): TraceRecord | undefined {
    if (event.received !== undefined) return this.#give(event, hasOpcode(Opcode.CLOSE), true);
    const code = (event.error as { code?: string } | undefined)?.code;
    // No received bytes caused a deadline or the end of the stream.
    if (code === undefined || code.endsWith("Timeout")) return undefined;
    return this.#give(event, () => true, true);
  }

  /** Adds the event to the first record that fits. Records before it have had all their events, or cause none. */
  #give(event: PlainEvent, fits: Fits, last: boolean): TraceRecord | undefined {
    const record = first(this.#waiting.values(), fits);
    if (record === undefined) return undefined;
    const dropped = this.#dropped.has(record.id);
    for (const id of this.#waiting.keys()) {
      if (id === record.id && !last) break;
      this.#waiting.delete(id);
      this.#dropped.delete(id);
      if (id === record.id) break;
    }
    if (dropped) return undefined;
    addEvent(record, event);
    return record;
  }
}

/** Always keeps the last event, because it shows how the record ended. */
function addEvent(record: Mutable<TraceRecord>, event: PlainEvent): void {
  record.eventCount++;
  record.events = [...record.events.slice(0, MAX_EVENTS - 1), event];
}

function isData(record: TraceRecord): boolean {
  return record.kind === "frame" && record.opcode <= Opcode.BINARY;
}

function hasOpcode(opcode: number): Fits {
  return (record) => record.kind === "frame" && record.opcode === opcode;
}

function first(records: Iterable<Mutable<TraceRecord>>, fits: Fits): Mutable<TraceRecord> | undefined {
  for (const record of records) if (fits(record)) return record;
  return undefined;
}
