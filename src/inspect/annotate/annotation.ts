/** What an annotated stretch of captured bytes is, down to single bits. */
import type { Bytes } from "../../core/bytes.ts";
import type { TraceRecord, Violation } from "../record.ts";

/** A field, or a part of one. */
export interface Annotation {
  /** What field it is, such as `"fin"`, `"payloadLength"`, `"maskingKey"`, `"header.host"`: the same in every version. */
  readonly name: string;
  /** What it is called, such as `"FIN"`. */
  readonly label: string;
  /** From which byte of the sender's stream to which, the end not included. */
  readonly start: number;
  readonly end: number;
  /** The first bit of the byte at `start` that belongs to it, 0 being the most significant, and how many bits do. */
  readonly bit: number;
  readonly bits: number;
  /** As it was on the wire, as much as is kept: whole bytes, of which it may be only some bits. */
  readonly bytes: Bytes;
  readonly value: string | number | boolean;
  /** The value for a reader. */
  readonly display: string;
  /** In plain words: what the field is for, and what this value means. */
  readonly explanation: string;
  /** Where that is laid down, such as `"RFC 6455 §5.2"`. */
  readonly section: string;
  /** The rules that are broken here. */
  readonly violations: readonly Violation[];
  readonly parts: readonly Annotation[];
}

type Given = Omit<Annotation, "start" | "end" | "bit" | "bits" | "bytes" | "violations" | "parts">;

/** Makes annotations for one record. */
export class Annotator {
  readonly #record: TraceRecord;
  /** The record's bytes from its beginning on, as on the wire. */
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
