/** Describes a range of captured bytes, down to single bits. */
import type { Bytes } from "../../core/bytes.ts";
import type { TraceRecord, Violation } from "../record.ts";

/**
 * A field, or a part of one.
 *
 * @see {@link annotate}
 */
export interface Annotation {
  /** The kind of field, such as `"fin"`, `"payloadLength"`, `"maskingKey"`, `"header.host"`. Stable across versions. */
  readonly name: string;
  /** The field's name for display, such as `"FIN"`. */
  readonly label: string;
  /** Start and end in the sender's stream, in bytes; the end is exclusive. */
  readonly start: number;
  readonly end: number;
  /** The first bit of the field in the byte at `start`, 0 being the most significant, and the number of bits. */
  readonly bit: number;
  readonly bits: number;
  /** The bytes on the wire, as far as kept. Whole bytes, even if the field has only some of their bits. */
  readonly bytes: Bytes;
  readonly value: string | number | boolean;
  /** The value, formatted for display. */
  readonly display: string;
  /** What the field is for, and what this value means, in plain words. */
  readonly explanation: string;
  /** The section that defines it, such as `"RFC 6455 §5.2"`. */
  readonly section: string;
  /** The rules that this field breaks. */
  readonly violations: readonly Violation[];
  readonly parts: readonly Annotation[];
}

type Given = Omit<Annotation, "start" | "end" | "bit" | "bits" | "bytes" | "violations" | "parts">;

/** Creates the annotations of one record. */
export class Annotator {
  readonly #record: TraceRecord;
  /** The record's bytes on the wire, from its start. */
  readonly #wire: Bytes;

  constructor(record: TraceRecord, wire: Bytes) {
    this.#record = record;
    this.#wire = wire;
  }

  /** A field of whole bytes, from `start` to `end` in the record. */
  bytes(start: number, end: number, given: Given, parts: readonly Annotation[] = []): Annotation {
    return this.#make(start, end, 0, (end - start) * 8, given, parts);
  }

  /** A field of some bits of one byte. */
  bits(at: number, bit: number, bits: number, given: Given): Annotation {
    return this.#make(at, at + 1, bit, bits, given, []);
  }

  #make(start: number, end: number, bit: number, bits: number, given: Given, parts: readonly Annotation[]): Annotation {
    const { offset, violations } = this.#record;
    return {
      ...given,
      start: offset + start,
      end: offset + end,
      bit,
      bits,
      bytes: this.#wire.slice(start, end),
      violations: violations.filter(({ field }) => field === given.name),
      parts,
    };
  }
}
