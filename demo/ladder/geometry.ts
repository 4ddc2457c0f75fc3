/** The positions on the ladder, in rows: time runs down, and only events take room. */
import type { Keeps } from "./filter.ts";
import type { Fold } from "./folding.ts";
import type { LookedAt, Moment, WireItem } from "../model/timeline.ts";

export interface Row {
  readonly item: WireItem;
  /** Where its arrow starts and ends, in rows from the top. */
  readonly start: number;
  readonly end: number;
  /** It is not complete yet. */
  readonly open: boolean;
  /** Its place among all rows, counted from 1. */
  readonly position: number;
  /** Equal frames that are hidden here. */
  readonly fold?: Fold;
}

/** A time without events. */
export interface Gap {
  readonly at: number;
  readonly ms: number;
}

export interface Geometry {
  /** Number of arrows, folded ones included. */
  readonly arrows: number;
  /** Sorted by their ends. */
  readonly rows: readonly Row[];
  readonly gaps: readonly Gap[];
  readonly height: number;
  /** The height of the longest arrow, in rows. */
  readonly longest: number;
}

/** A silence of at least this many milliseconds gets a separate row. */
const GAP_MS = 100;

/** `chunks`: whether chunks are shown beside the records in them. `keeps` chooses the items to show. */
export function geometryOf({ moments, pending }: LookedAt, chunks: boolean, keeps?: Keeps): Geometry {
  const shown: WireItem[] = [];
  const gaps: Gap[] = [];
  let at = 0;
  let before: Moment | undefined;
  for (const moment of moments) {
    const silenceMs = before === undefined ? 0 : moment.atMs - before.atMs;
    if (silenceMs >= GAP_MS) gaps.push({ at: at++, ms: silenceMs });
    before = moment;
    moment.row = at;
    const { item } = moment;
    // The end of a direction is always shown.
    const isWanted = item === undefined || keeps === undefined || keeps(item);
    const isShown = isWanted && item !== undefined && (item.kind !== "chunk" || chunks || item.length === null);
    if (isShown) shown.push(item);
    if (isShown || (keeps === undefined && item === undefined && (chunks || moment.beginsRecord))) at++;
  }
  let longest = 0;
  const rows = shown.map((item, index): Row => {
    const row = { item, ...spanOf(item), open: item.arrived === undefined, position: index + 1 };
    longest = Math.max(longest, row.end - row.start);
    return row;
  });
  for (const item of pending.values()) {
    if (keeps?.(item) === false) continue;
    const start = item.departed.row;
    rows.push({ item, start, end: at, open: true, position: rows.length + 1 });
    longest = Math.max(longest, at++ - start);
  }
  return { arrows: rows.length, rows, gaps, height: at, longest };
}

function spanOf(item: WireItem): { readonly start: number; readonly end: number } {
  const end = (item.arrived ?? item.departed).row;
  if (item.kind === "break") return { start: end, end };
  const start = item.departed.row;
  if (item.kind === "chunk") return { start, end };
  // The arrow of a record runs beside its chunks, with the same slope.
  return { start: end - (item.reached.row - start), end };
}

/**
 * How many arrows to draw that start above the view and end below it. There may be thousands, if as many messages are
 * in transit.
 */
const MOST_PASSING = 50;

/**
 * The rows that overlap the view from `top` to `bottom`. Of those that start above and end below it, only the first
 * few.
 */
export function rowsBetween({ rows, longest }: Geometry, top: number, bottom: number): readonly Row[] {
  const found: Row[] = [];
  let passing = 0;
  for (let at = firstEndingAt(rows, top); at < rows.length; at++) {
    const row = rows[at]!;
    if (row.end > bottom + longest) break;
    if (row.start > bottom) continue;
    if (row.start < top && row.end > bottom && ++passing > MOST_PASSING) continue;
    found.push(row);
  }
  return found;
}

export function gapsBetween({ gaps }: Geometry, top: number, bottom: number): readonly Gap[] {
  const found: Gap[] = [];
  let [low, high] = [0, gaps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (gaps[middle]!.at < top) low = middle + 1;
    else high = middle;
  }
  for (; low < gaps.length && gaps[low]!.at <= bottom; low++) found.push(gaps[low]!);
  return found;
}

/** The index of the first row that ends at or below `top`. */
function firstEndingAt(rows: readonly Row[], top: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.end < top) low = middle + 1;
    else high = middle;
  }
  return low;
}
