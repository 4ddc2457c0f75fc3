/** What the inspector links: the fields of a record, and the fields in each half of a byte. */
import type { Annotation } from "../../src/inspect/index.ts";

export interface Field {
  /** Unique, unlike the name of its annotation. */
  readonly key: string;
  readonly annotation: Annotation;
  /** The hue, in degrees. */
  readonly hue: number;
}

/** The header's fields have fixed colours. */
const HUES: Readonly<Record<string, number>> = {
  fin: 25,
  rsv1: 50,
  rsv2: 62,
  rsv3: 74,
  opcode: 105,
  mask: 150,
  payloadLength: 190,
  extendedPayloadLength: 222,
  maskingKey: 265,
  payload: 325,
  closeCode: 300,
  closeReason: 345,
};
/** The hue step between lines of a head, large enough to distinguish them. */
const HUE_STEP = 67;

/** A payload with parts is replaced by them. */
export function fieldsOf(annotations: readonly Annotation[]): Field[] {
  const flat = annotations.flatMap((annotation) =>
    annotation.name === "payload" && annotation.parts.length > 0 ? annotation.parts : [annotation],
  );
  return flat.map((annotation, index) => ({
    key: `${annotation.name.replaceAll(/[^\w-]/g, "-")}-${index}`,
    annotation,
    hue: HUES[annotation.name] ?? (210 + index * HUE_STEP) % 360,
  }));
}

/** Whether it breaks a rule. */
export function isGuilty({ annotation }: Field): boolean {
  return annotation.violations.length > 0;
}

/** Four bits of a byte, or several in a row that belong to the same fields. */
export interface Stretch {
  readonly text: string;
  readonly fields: readonly Field[];
}

const NO_FIELDS: readonly Field[] = [];

/** For each half of the bytes from `start` on, the fields that it belongs to. */
export class FieldMap {
  readonly #ofByte: (readonly Field[])[] = [];
  readonly #start: number;

  constructor(fields: readonly Field[], start: number) {
    this.#start = start;
    const byEnds = new Map<string, readonly Field[]>();
    for (const field of fields) {
      for (let at = field.annotation.start; at < field.annotation.end; at++) {
        const before = this.#ofByte[at - start] ?? NO_FIELDS;
        const ends = [...before, field];
        const key = ends.map((one) => one.key).join();
        if (!byEnds.has(key)) byEnds.set(key, ends);
        this.#ofByte[at - start] = byEnds.get(key)!;
      }
    }
  }

  at(index: number): readonly Field[] {
    return this.#ofByte[index] ?? NO_FIELDS;
  }

  /** The fields of the first or the last four bits. */
  atHalf(index: number, half: 0 | 1): readonly Field[] {
    const all = this.at(index);
    if (all.length < 2) return all;
    return all.filter(({ annotation: { start, bit, bits } }) => {
      const first = (this.#start + index - start) * 8 + half * 4;
      return bit < first + 4 && bit + bits > first;
    });
  }
}

/** For `data-fields`, which connects everything that belongs to a field. */
export function keysOf(fields: readonly Field[]): string {
  return fields.map(({ key }) => key).join(" ");
}
