/** What is kept of one connection: its latest records, counters of all, and how much was dropped to stay within bounds. */
import { EMPTY } from "../core/bytes.ts";
import type { AgreedExtension, Extension } from "../core/extension.ts";
import type { WSEvent } from "../core/events.ts";
import { advice, requireKind, type OptionTable } from "../core/options.ts";
import { aside } from "./aside.ts";
import { Counting, type Counters } from "./counters.ts";
import { Decoder } from "./decode/decoder.ts";
import type { EventLink } from "./eventLink.ts";
import { plainEvent, type PlainEvent } from "./plainEvent.ts";
import { isInterim, type Direction, type Mutable, type TraceRecord } from "./record.ts";
import { other, type Role } from "./role.ts";
import { redactionTable, Redactor, type Redaction } from "./redact.ts";

export interface TraceOptions {
  /** What can decode the extensions that are agreed on: those of the connection, such as `permessageDeflate()`. */
  readonly extensions?: readonly Extension[] | undefined;
  /** `false`: clients need not mask. */
  readonly masking?: boolean | undefined;
  /** The time in milliseconds; by default what the connection was told last, and `performance.now()` before it is told any. */
  readonly now?: (() => number) | undefined;
  /**
   * Most records kept; 10,000 by default. The oldest are dropped first; the heads of the request and of the answer that
   * counts never.
   */
  readonly maxRecords?: number | undefined;
  /** Most bytes of payload kept in all records together; 16 MiB by default. */
  readonly maxBytes?: number | undefined;
  /** Most bytes kept of one payload, and as many of what it is decoded to; 64 KiB by default. Control frames are kept whole. */
  readonly maxPayloadBytes?: number | undefined;
  /** Up to how many bytes a message is decoded; 16 MiB by default. */
  readonly maxInflatedBytes?: number | undefined;
  /** What is not even kept. A payload under redaction is seen once it is whole. */
  readonly redact?: Redaction | undefined;
  /** Is told each record when it begins, and again whenever it has changed: by bytes, its end, or an event. */
  readonly onRecord?: ((record: TraceRecord) => void) | undefined;
  /** Is told each event when it is pulled, and the record that it comes of, if there is one. */
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

/** What the exports take: a {@link Trace}, or records that were decoded from captured bytes. */
export interface Capture {
  /** Whose end was observed. */
  readonly role: Role;
  readonly records: readonly TraceRecord[];
  /** Which time of day a time of the records is, both in milliseconds. */
  readonly clock?: { readonly timeMs: number; readonly epochMs: number } | undefined;
  readonly closed?: PlainEvent | undefined;
}

export interface Trace extends Capture {
  /** In the order in which they began. The last ones may still be changing. */
  readonly records: readonly TraceRecord[];
  /** What was let go to stay within the limits. */
  readonly dropped: { readonly records: number; readonly bytes: number };
  readonly counters: Counters;
  /** The last event, once it has been pulled. */
  readonly closed: PlainEvent | undefined;
  /** Observes no more. What was recorded stays. */
  stop(): void;
}

/** The captures that an export is given. `where` names the function. */
export function capturesOf(where: string, given: Capture | readonly Capture[]): readonly Capture[] {
  const captures = Array.isArray(given) ? (given as readonly Capture[]) : [given as Capture];
  for (const capture of captures) {
    requireKind(
      `${where} takes a capture,`,
      capture,
      "{ role, records }",
      advice({
        kind: "put the records into one",
        receiveBytes: "use what tap() returns",
      }),
    );
  }
  return captures;
}

/** Where a tapped stream begins: with a head, or with frames if it was tapped later. */
export interface Beginnings {
  readonly sent: "head" | "frames";
  readonly received: "head" | "frames";
}

/** Records what passes. Its taps tell it, and are told nothing. */
export class Recorder implements Trace {
  readonly role: Role;
  readonly records: TraceRecord[] = [];
  readonly dropped: { records: number; bytes: number } = { records: 0, bytes: 0 };
  closed: PlainEvent | undefined;
  clock: { readonly timeMs: number; readonly epochMs: number } | undefined;
  /** Undoes the tap. */
  onStop: () => void = () => {};

  readonly #options: TraceOptions;
  readonly #redactor: Redactor | undefined;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #decoder: Decoder;
  readonly #counting = new Counting();
  readonly #link: EventLink | undefined;
  /** What each record that has bytes keeps of them, and all together. */
  readonly #keptOf = new Map<number, number>();
  #kept = 0;
  #stopped = false;

  /** `link` tells which record an event comes of, where events are pulled. */
  constructor(
    role: Role,
    options: TraceOptions,
    beginnings: Beginnings,
    agreed?: readonly AgreedExtension[],
    link?: EventLink,
  ) {
    const { maxRecords = 10_000, maxBytes = 16 * 1024 * 1024, now = () => performance.now() } = options;
    if (!(maxRecords >= 1)) throw new RangeError(`maxRecords is at least 1, not ${String(maxRecords)}`);
    if (!(maxBytes >= 0)) throw new RangeError(`maxBytes is at least 0, not ${String(maxBytes)}`);
    this.role = role;
    this.#options = options;
    this.#link = link;
    this.#redactor = options.redact && new Redactor(options.redact);
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
    this.#now = now;
    const { extensions, masking, maxPayloadBytes, maxInflatedBytes } = options;
    this.#decoder = new Decoder(
      {
        extensions,
        agreed,
        masking,
        maxPayloadBytes,
        maxInflatedBytes,
        observer: role,
        onRecord: (record) => this.#take(record),
      },
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

  /** Takes a chunk that passes, and leaves it unchanged. */
  pass(direction: Direction, bytes: Uint8Array): void {
    if (this.#stopped || bytes.length === 0) return;
    this.#counting.countChunk(direction, bytes.length);
    this.#decoder.receive(this.#senderOf(direction), bytes, this.#time());
  }

  /** Takes the head of a request that somebody else has read. */
  passRequest(head: Uint8Array<ArrayBuffer>): void {
    if (!this.#stopped) this.#decoder.insertRequest(head, this.#time());
  }

  /** Takes an event that was pulled. */
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
    // Complete records change no more but by their events, which are not told here.
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
      // Where the function throws, nothing is shown.
      if (typeof payload === "function") aside(() => (redacted = redactor.record(record)));
      Object.assign(record, redacted);
    } else if (record.kind === "head") {
      if (redactor.secrets.any) record.bytes = EMPTY;
    } else if (payload !== undefined) {
      record.payload = EMPTY;
      record.inflated = undefined;
    }
  }

  /** At least an eighth of them at once, since all that stay have to move up. */
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
