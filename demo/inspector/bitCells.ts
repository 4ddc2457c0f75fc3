/** Cuts the fields of a header into cells. A field that reaches into the next row gets one cell in each row. */
import type { Field } from "./fields.ts";

export interface Cell {
  readonly field: Field;
  /** From the frame's first bit on. */
  readonly first: number;
  readonly bits: number;
  readonly isFirst: boolean;
}

/** Counted from the first bit of the byte at `from` in the stream. */
export function firstBit({ start, bit }: { readonly start: number; readonly bit: number }, from: number): number {
  return (start - from) * 8 + bit;
}

/** One for each row that it reaches into. */
export function cellsOf(field: Field, start: number, columns: number): Cell[] {
  const from = firstBit(field.annotation, start);
  const to = from + field.annotation.bits;
  const cells: Cell[] = [];
  for (let first = from; first < to;) {
    const end = Math.min(to, (Math.floor(first / columns) + 1) * columns);
    cells.push({ field, first, bits: end - first, isFirst: first === from });
    first = end;
  }
  return cells;
}

/** The bits themselves, with a space between every four. */
export function bitsText({ annotation: { bytes, bit } }: Field, skipped: number, bits: number): string {
  const digits = Array.from({ length: bits }, (_, index) => {
    const at = bit + skipped + index;
    return ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
  });
  return digits.join("").replaceAll(/(.{4})(?=.)/g, bits > 8 ? "$1 " : "$1");
}
