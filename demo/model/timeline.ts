/** What crossed the network, in order: chunks as they left and arrived, and the records in them. */
import { permessageDeflate } from "../../src/deflate/index.ts";
import { Decoder, type Role, type TraceRecord } from "../../src/inspect/index.ts";
import type { Bytes, WireObserver } from "../network/lane.ts";

/** An event at one end of an arrow. It is a row of the ladder if it has content. */
export interface Moment {
  readonly atMs: number;
  /** The content of this row; `undefined` if an arrow only starts here. */
  item: WireItem | undefined;
  /** A record starts here that arrives later. */
  beginsRecord: boolean;
  /** Its position on the ladder, in rows. */
  row: number;
}

interface ItemBase {
  /** Numbers the items in the order of their first appearance. */
  readonly id: number;
  readonly from: Role;
  readonly departed: Moment;
}

/** Bytes as they were written, or as the network cut them. `length` is `null` for the end of the direction. */
export interface ChunkItem extends ItemBase {
  readonly kind: "chunk";
  readonly number: number;
  /** Its first bytes, as they arrived, or until then as they left. */
  bytes: Bytes;
  length: number | null;
  /** `undefined` while it is in transit. */
  arrived: Moment | undefined;
  /** The network's fault, if any. */
  spoilt: string | undefined;
}

/** A frame, a head, or bytes that are neither. It has no time until it is complete. */
export interface RecordItem extends ItemBase {
  readonly kind: "record";
  readonly record: TraceRecord;
  /** When the chunk with its latest bytes arrived. */
  reached: Moment;
  arrived: Moment | undefined;
  spoilt: string | undefined;
}

/** A direction was cut off. */
export interface BreakItem extends ItemBase {
  readonly kind: "break";
  readonly why: string;
  readonly arrived: Moment;
}

export type WireItem = ChunkItem | RecordItem | BreakItem;

/** What the ladder and the inspector look at. */
export interface LookedAt {
  readonly moments: readonly Moment[];
  /** Records that are not complete. */
  readonly pending: ReadonlyMap<number, RecordItem>;
  readonly items: readonly WireItem[];
  /** How many items were dropped. */
  readonly dropped: number;
}

/** Above this number of moments, the older half is dropped. */
const MAX_MOMENTS = 50_000;
/** The kept bytes of one chunk, and of one payload. */
const KEPT_CHUNK_BYTES = 512;
const KEPT_PAYLOAD_BYTES = 4096;
/** Up to this time in transit an arrow is level, in milliseconds. */
const INSTANT_MS = 2;

export class Timeline implements WireObserver, LookedAt {
  moments: Moment[] = [];
  /** Records that are not complete. */
  readonly pending = new Map<number, RecordItem>();
  /** How many items were dropped. */
  dropped = 0;
  readonly startedEpochMs = Date.now();
  readonly #startedMs = performance.now();
  readonly #onChange: () => void;
  readonly #records = new Map<number, RecordItem>();
  readonly #onWay = new Map<number, ChunkItem>();
  readonly #decoder: Decoder;
  #current: ChunkItem | undefined;
  #items = 0;
  #chunks = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#decoder = new Decoder({
      extensions: [permessageDeflate()],
      maxPayloadBytes: KEPT_PAYLOAD_BYTES,
      maxInflatedBytes: 4 * 1024 * 1024,
      onRecord: (record) => this.#take(record),
    });
  }

  /** Milliseconds since the start. */
  get nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  departed(from: Role, id: number, bytes: Bytes | null): void {
    const departed = this.#addMoment();
    const item: ChunkItem = {
      kind: "chunk",
      id: this.#items++,
      from,
      number: this.#chunks++,
      departed,
      bytes: bytes?.slice(0, KEPT_CHUNK_BYTES) ?? new Uint8Array(0),
      length: bytes?.length ?? null,
      arrived: undefined,
      spoilt: undefined,
    };
    departed.item = item;
    this.#onWay.set(id, item);
    this.#onChange();
  }

  arrived(from: Role, id: number, bytes: Bytes | null, spoilt: string | undefined): void {
    const item = this.#onWay.get(id);
    if (item === undefined) return;
    this.#onWay.delete(id);
    const { departed } = item;
    const level = this.moments.at(-1) === departed && this.nowMs - departed.atMs < INSTANT_MS;
    if (!level) departed.item = undefined;
    const arrived = level ? departed : this.#addMoment();
    arrived.item = item;
    item.arrived = arrived;
    item.spoilt = spoilt;
    if (bytes !== null) {
      item.bytes = bytes.slice(0, KEPT_CHUNK_BYTES);
      item.length = bytes.length;
      this.#current = item;
      this.#decoder.receive(from, bytes, arrived.atMs);
      this.#current = undefined;
    }
    this.#onChange();
  }

  broke(from: Role, why: string): void {
    const moment = this.#addMoment();
    moment.item = { kind: "break", id: this.#items++, from, departed: moment, arrived: moment, why };
    this.#onChange();
  }

  /** The records for exports. The last ones may still change. */
  get records(): TraceRecord[] {
    return [...this.#records.values()].map(({ record }) => record);
  }

  get items(): WireItem[] {
    const rows = this.moments.flatMap(({ item }) => (item === undefined ? [] : [item]));
    return [...rows, ...this.pending.values()];
  }

  #take(record: TraceRecord): void {
    const chunk = this.#current!;
    let item = this.#records.get(record.id);
    if (item === undefined) {
      const { departed, arrived, from, spoilt } = chunk;
      item = {
        kind: "record",
        id: this.#items++,
        from,
        record,
        departed,
        reached: arrived!,
        arrived: undefined,
        spoilt,
      };
      departed.beginsRecord = true;
      this.#records.set(record.id, item);
      this.pending.set(record.id, item);
    }
    item.reached = chunk.arrived!;
    item.spoilt ??= chunk.spoilt;
    if (!record.complete || item.arrived !== undefined) return;
    this.pending.delete(record.id);
    item.arrived = this.#addMoment();
    item.arrived.item = item;
  }

  #addMoment(): Moment {
    const moment: Moment = { atMs: this.nowMs, item: undefined, beginsRecord: false, row: 0 };
    this.moments.push(moment);
    if (this.moments.length > MAX_MOMENTS) this.#dropOlder();
    return moment;
  }

  #dropOlder(): void {
    const gone = this.moments.slice(0, MAX_MOMENTS / 2);
    this.moments = this.moments.slice(MAX_MOMENTS / 2);
    for (const { item } of gone) {
      if (item === undefined) continue;
      this.dropped++;
      if (item.kind === "record") this.#records.delete(item.record.id);
    }
  }
}
