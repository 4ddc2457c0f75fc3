/** Runs of equal frames on the ladder: the first and the last one are shown, and a fold for those in between. */
import { contentOf } from "../../src/inspect/index.ts";
import type { WireItem } from "../model/timeline.ts";
import type { Geometry, Row } from "./geometry.ts";

/** What a row stands for besides its own item. */
export interface Fold {
  /** The run's first frame, which is shown. */
  readonly first: WireItem;
  /** How many frames are hidden. */
  readonly frames: number;
}

/** A shorter run stays as it is, in frames. */
const LEAST = 5;

/** The indices of rows. */
interface Run {
  readonly first: number;
  readonly second: number;
  readonly last: number;
  readonly frames: number;
}

/** `stays`: whether a run is shown whole, by its first frame and the rows that would be hidden. */
export function foldRuns(
  geometry: Geometry,
  stays: (first: WireItem, hidden: readonly Row[]) => boolean = () => false,
): Geometry {
  const { rows } = geometry;
  const runs = runsIn(rows).filter(({ first, second, last }) => {
    const hidden = rows.slice(first + 1, last).filter((_, at) => at !== second - first - 1);
    return !stays(rows[first]!.item, hidden);
  });
  if (runs.length === 0) return geometry;
  const to = placesWithout(runs.map(({ first, last }) => [rows[first]!.end, rows[last]!.end]));
  const kept: Row[] = [];
  let at = 0;
  const keepUpTo = (end: number): void => {
    for (; at < end; at++) {
      const row = rows[at]!;
      kept.push({ ...row, start: to(row.start), end: to(row.end), position: kept.length + 1 });
    }
  };
  for (const { first, second, last, frames } of runs) {
    keepUpTo(first + 1);
    const { item, end } = rows[second]!;
    const fold = { first: rows[first]!.item, frames: frames - 2 };
    kept.push({ item, start: to(end), end: to(end), open: false, position: kept.length + 1, fold });
    at = last;
  }
  keepUpTo(rows.length);
  const gaps = geometry.gaps
    .filter(({ at }) => !runs.some(({ first, last }) => at > rows[first]!.end && at < rows[last]!.end))
    .map(({ at, ms }) => ({ at: to(at), ms }));
  const longest = kept.reduce((most, { start, end }) => Math.max(most, end - start), 0);
  return { ...geometry, rows: kept, gaps, height: to(geometry.height), longest };
}

/** The position on the ladder after the rows between each of these pairs have become one. */
function placesWithout(pairs: readonly (readonly [from: number, to: number])[]): (place: number) => number {
  const saved: number[] = [];
  for (const [from, to] of pairs) saved.push((saved.at(-1) ?? 0) + to - from - 2);
  return (place) => {
    let [low, high] = [0, pairs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[middle]![0] < place) low = middle + 1;
      else high = middle;
    }
    // The last pair that begins above the place.
    const [from, to] = pairs[low - 1] ?? [-Infinity, -Infinity];
    const before = saved[low - 2] ?? 0;
    return place < to ? from + 1 - before : place - (saved[low - 1] ?? 0);
  };
}

function runsIn(rows: readonly Row[]): Run[] {
  const runs: Run[] = [];
  let run: number[] = [];
  const finish = (): void => {
    const [first, second] = run as [number, number];
    if (run.length >= LEAST) runs.push({ first, second, last: run.at(-1)!, frames: run.length });
  };
  for (const [index, { item }] of rows.entries()) {
    const last = rows[run.at(-1) ?? -1]?.item;
    if (last !== undefined && isBeside(item, last)) continue;
    if (last !== undefined && isLike(item, last)) {
      run.push(index);
      continue;
    }
    finish();
    run = isFoldable(item) ? [index] : [];
  }
  finish();
  return runs;
}

/** A chunk that may carry the next frame of the run. */
function isBeside(item: WireItem, last: WireItem): boolean {
  return (
    item.kind === "chunk" &&
    item.from === last.from &&
    item.length !== null &&
    item.arrived !== undefined &&
    item.spoilt === undefined
  );
}

function isFoldable(item: WireItem): boolean {
  return (
    item.kind === "record" &&
    item.record.kind === "frame" &&
    item.arrived !== undefined &&
    item.spoilt === undefined &&
    item.record.violations.length === 0 &&
    item.record.payload.length === item.record.payloadLength
  );
}

/** Which item was found to be like another one: payloads are compared once. */
const likes = new WeakMap<WireItem, WireItem>();

/** Whether they say the same. The masking keys may differ. */
function isLike(one: WireItem, other: WireItem): boolean {
  if (likes.get(one) === other) return true;
  if (!isFoldable(one) || !isFoldable(other) || one.from !== other.from) return false;
  if (one.kind !== "record" || other.kind !== "record") return false;
  const [a, b] = [one.record, other.record];
  if (a.kind !== "frame" || b.kind !== "frame") return false;
  const isSame =
    a.opcode === b.opcode &&
    a.fin === b.fin &&
    a.rsv === b.rsv &&
    a.masked === b.masked &&
    sameBytes(contentOf(a), contentOf(b));
  if (isSame) likes.set(one, other);
  return isSame;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
