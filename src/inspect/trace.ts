/** The trace of one connection: its latest records, counters of all records, and how much was dropped. */
import { EMPTY } from "../core/bytes.ts";
import type { AgreedExtension, Extension } from "../core/extension.ts";
import type { WSEvent } from "../core/events.ts";
import { advice, passOn, requireKind, type OptionTable } from "../core/options.ts";
import { aside } from "./aside.ts";
import { Counting, type Counters } from "./counters.ts";
import { Decoder } from "./decode/decoder.ts";
import type { EventLink } from "./eventLink.ts";
import { plainEvent, type PlainEvent } from "./plainEvent.ts";
import { isInterim, type Direction, type Mutable, type TraceRecord } from "./record.ts";
import { other, type Role } from "./role.ts";
import { redactionTable, Redactor, type Redaction } from "./redact.ts";

/** The options of {@link tap} and {@link tapTransport}. */
export interface TraceOptions {
  /** The extensions to decode with: those of the connection, such as `permessageDeflate()`. */
  readonly extensions?: readonly Extension[] | undefined;
  /** `false`: clients need not mask. */
  readonly masking?: boolean | undefined;
  /** The clock, in milliseconds. By default the last `advanceTime()`, and `performance.now()` before the first. */
  readonly now?: (() => number) | undefined;
  /**
   * Maximum number of records kept; 10,000 by default. Drops the oldest first, but never the heads of the request and
   * the final response.
   */
  readonly maxRecords?: number | undefined;
  /** Maximum payload kept in all records together, in bytes; 16 MiB by default. */
  readonly maxBytes?: number | undefined;
  /**
   * Maximum kept of a payload, and of what it decodes to, in bytes; 64 KiB by default. Control frames are kept whole.
   */
  readonly maxPayloadBytes?: number | undefined;
  /** Largest message to decode, in bytes; 16 MiB by default. */
  readonly maxInflatedBytes?: number | undefined;
  /** What to overwrite before it is kept. A redacted payload appears in its record once it is complete. */
  readonly redact?: Redaction | undefined;
  /** Called with each record when it starts and whenever it changes: through bytes, its end, or an event. */
  readonly onRecord?: ((record: TraceRecord) => void) | undefined;
  /** Called with each event when it is pulled, and with the record that caused it, if any. */
  readonly onEvent?: ((event: PlainEvent, record: TraceRecord | undefined) => void) | undefined;
}

export const traceTable: OptionTable<TraceOptions> = {
  extensions: "an object",
  masking: "a boolean",
  now: "a function",
  maxRecords: "a number",
  maxBytes: "a number",
  maxPayloadBytes: "a number",
  maxInflatedBytes: "a number",
  redact: redactionTable,
  onRecord: "a function",
  onEvent: "a function",
};

/**
 * The input of the exports: a {@link Trace}, or records decoded from captured bytes.
 *
 * @see {@link toHAR}
 */
export interface Capture {
  /** The observed end. */
  readonly role: Role;
  readonly records: readonly TraceRecord[];
  /** Maps the records' clock to the time of day: two readings of the same moment, in milliseconds. */
  readonly clock?: { readonly timeMs: number; readonly epochMs: number } | undefined;
  readonly closed?: PlainEvent | undefined;
}

/** What a {@link tap} has recorded, up to now. */
export interface Trace extends Capture {
  /** In the order in which they started. The last ones may still change. */
  readonly records: readonly TraceRecord[];
  /** What was dropped to stay within the limits. */
  readonly dropped: { readonly records: number; readonly bytes: number };
  readonly counters: Counters;
  /** The last event, once it has been pulled. */
  readonly closed: PlainEvent | undefined;
  /** Stops recording. The existing records stay. */
  stop(): void;
}

/** Returns an export's captures as a list. `where` names the function. */
export function capturesOf(where: string, given: Capture | readonly Capture[]): readonly Capture[] {
  const captures = Array.isArray(given) ? (given as readonly Capture[]) : [given as Capture];
  for (const capture of captures) {
    requireKind(
      `${where} takes a capture,`,
      capture,
      "{ role, records }",
      advice({
        kind: "put the records into a capture",
        receiveBytes: "use what tap() returns",
      }),
    );
  }
  return captures;
}

/** Whether a tapped stream starts with a head, or with frames because it was tapped later. */
export interface Beginnings {
  readonly sent: "head" | "frames";
  readonly received: "head" | "frames";
}

/** Records the bytes and events that its taps pass to it. */
export class Recorder implements Trace {
  readonly role: Role;
  readonly records: TraceRecord[] = [];
  readonly dropped: { records: number; bytes: number } = { records: 0, bytes: 0 };
  closed: PlainEvent | undefined;
  clock: { readonly timeMs: number; readonly epochMs: number } | undefined;
  /** Removes the tap. */
  onStop: () => void = () => {};

  readonly #options: TraceOptions;
  readonly #redactor: Redactor | undefined;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #decoder: Decoder;
  readonly #counting = new Counting();
  readonly #link: EventLink | undefined;
  /** How many bytes each record keeps. `#kept` is their sum. */
  readonly #keptOf = new Map<number, number>();
  #kept = 0;
  #stopped = false;

  /** `link` matches events to records; omitted if no events are pulled. */
  constructor(
    role: Role,
    options: TraceOptions,
    beginnings: Beginnings,
    agreed?: readonly AgreedExtension[],
    link?: EventLink,
  ) {
    const { maxRecords = 10_000, maxBytes = 16 * 1024 * 1024, now = () => performance.now() } = options;
    if (!(maxRecords >= 1)) throw new RangeError(`maxRecords must be at least 1, not ${String(maxRecords)}`);
    if (!(maxBytes >= 0)) throw new RangeError(`maxBytes must be at least 0, not ${String(maxBytes)}`);
    this.role = role;
    this.#options = options;
    this.#link = link;
    this.#redactor = options.redact && new Redactor(options.redact);
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
    this.#now = now;
    const { extensions, masking, maxPayloadBytes, maxInflatedBytes } = options;
    this.#decoder = new Decoder(
      passOn({
        extensions,
        agreed,
        masking,
        maxPayloadBytes,
        maxInflatedBytes,
        observer: role,
        onRecord: (record: TraceRecord) => this.#take(record),
      }),
      { [role]: beginnings.sent, [other(role)]: beginnings.received } as Record<Role, "head" | "frames">,
    );
  }

  get counters(): Counters {
    return this.#counting.counters;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.onStop();
  }

  /** Takes a chunk. Does not modify it. */
  pass(direction: Direction, bytes: Uint8Array): void {
    if (this.#stopped || bytes.length === 0) return;
    this.#counting.countChunk(direction, bytes.length);
    this.#decoder.receive(this.#senderOf(direction), bytes, this.#time());
  }

  /** Takes the head of a request that has already been parsed. */
  passRequest(head: Uint8Array<ArrayBuffer>): void {
    if (!this.#stopped) this.#decoder.insertRequest(head, this.#time());
  }

  /** Takes an event that has been pulled. */
  passEvent(event: WSEvent): void {
    if (this.#stopped) return;
    const whole = plainEvent(event);
    const plain = this.#redactor?.event(whole) ?? whole;
    if (event.type === "connectionClosed") this.closed = plain;
    const record = this.#link?.attach(plain);
    aside(() => this.#options.onEvent?.(plain, record));
    if (record !== undefined) this.#tell(record);
  }

  #senderOf(direction: Direction): Role {
    return (direction === "sent") === (this.role === "client") ? "client" : "server";
  }

  #time(): number {
    const timeMs = this.#now();
    this.clock ??= { timeMs, epochMs: Date.now() };
    return timeMs;
  }

  #take(record: Mutable<TraceRecord>): void {
    // A complete record changes only through its events, which are not passed here.
    const before = this.#keptOf.get(record.id);
    if (before === undefined) {
      this.records.push(record);
      this.#link?.add(record);
    }
    if (record.complete) this.#counting.countRecord(record);
    if (isInterim(record)) this.#link?.settle(record);
    if (this.#redactor !== undefined) this.#redact(record, this.#redactor);
    const kept = keptBytes(record);
    this.#kept += kept - (before ?? 0);
    this.#keptOf.set(record.id, kept);
    this.#dropOldest();
    this.#tell(record);
  }

  #tell(record: TraceRecord): void {
    aside(() => this.#options.onRecord?.(record));
  }

  #redact(record: Mutable<TraceRecord>, redactor: Redactor): void {
    const payload = this.#options.redact?.payload;
    if (record.complete || record.kind === "body") {
      let redacted = redactor.record(record, payload && "length");
      // If the function throws, the payload stays hidden.
      if (typeof payload === "function") aside(() => (redacted = redactor.record(record)));
      Object.assign(record, redacted);
    } else if (record.kind === "head") {
      if (redactor.secrets.any) record.bytes = EMPTY;
    } else if (payload !== undefined) {
      record.payload = EMPTY;
      record.inflated = undefined;
    }
  }

  /** Drops at least an eighth of the records at once, because all that stay have to move. */
  #dropOldest(): void {
    const { records } = this;
    if (records.length <= this.#maxRecords && this.#kept <= this.#maxBytes) return;
    const enough = Math.min(this.#maxRecords, records.length - (records.length >> 3));
    let left = records.length;
    let stay = 0;
    for (const record of records) {
      const isDue = left > enough || this.#kept > this.#maxBytes;
      if (isDue && record.complete && (record.kind !== "head" || isInterim(record))) {
        left--;
        this.#drop(record);
      } else {
        records[stay++] = record;
      }
    }
    records.length = stay;
  }

  #drop(record: TraceRecord): void {
    this.#link?.forget(record);
    this.#kept -= this.#keptOf.get(record.id) ?? 0;
    this.#keptOf.delete(record.id);
    this.dropped.records++;
    this.dropped.bytes += record.length;
  }
}

function keptBytes(record: TraceRecord): number {
  if (record.kind !== "frame") return record.bytes.length;
  return record.payload.length + (record.inflated?.length ?? 0);
}
