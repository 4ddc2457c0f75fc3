/** The printed rows: one for each peer, its goal, and the bound if the goal is missed. */
import { goalOf, isMet, microsecondsAChunk, type Goal } from "./goals.ts";
import type { Row } from "./measure.ts";
import { BOUNDS } from "./workloads.ts";

/** A row as it is written to a file. Its bounds are those of `BOUNDS`, ÷ the peer, measured in the same run. */
export interface JudgedRow extends Row {
  readonly goal?: Goal;
  readonly met?: boolean;
  readonly bounds?: Readonly<Record<string, number>>;
}

/** The rows of one workload, with their goals. */
export function judged(rows: readonly Row[]): JudgedRow[] {
  const bounding = rows.filter(({ peerName }) => BOUNDS.includes(peerName));
  return rows.map((row) => {
    const goal = goalOf(row);
    const bounds = Object.fromEntries(bounding.map(({ peerName, peer }) => [peerName, peer / row.peer]));
    return {
      ...row,
      ...(goal !== undefined && { goal, met: isMet(goal, row) }),
      ...(bounding.length > 0 && !bounding.includes(row) && { bounds }),
    };
  });
}

export const HEADING = [
  "".padEnd(8),
  "workload".padEnd(52),
  "role".padEnd(7),
  "kind".padEnd(8),
  "ours".padStart(9),
  "peer".padStart(9),
  "peer".padEnd(27),
  "ratio".padStart(9),
  "spread".padEnd(15),
  "goal",
].join(" ");

export function line(row: JudgedRow): string {
  const [lowest, highest] = row.spread;
  return [
    row.environment.padEnd(8),
    row.workload.padEnd(52),
    row.role.padEnd(7),
    row.kind.padEnd(8),
    rate(row.ours),
    rate(row.peer),
    row.peerName.padEnd(27),
    `${ratio(row.ratio)} ×`.padStart(9),
    `(${ratio(lowest)}–${ratio(highest)})`.padEnd(15),
    verdict(row),
  ].join(" ");
}

function verdict(row: JudgedRow): string {
  const { kind, ours, bytes, goal, met, bounds = {} } = row;
  if (kind === "limit") return `${((ours * bytes) / 1e9).toFixed(2)} GB/s`;
  if (goal === undefined) return "";
  const mark = met === true ? "met" : "MISSED";
  if ("atMostUs" in goal) return `${mark} ≤ ${goal.atMostUs} µs a chunk: ${microsecondsAChunk(row).toFixed(2)} µs`;
  if ("atMostBytes" in goal) return `${mark} ≤ ${goal.atMostBytes} bytes`;
  if ("atMostOfMessage" in goal) return `${mark} ≤ ${goal.atMostOfMessage} × message: ${(ours / bytes).toFixed(3)}`;
  const bounded = met === true ? [] : Object.entries(bounds).map(([name, bound]) => `, ${name} ${ratio(bound)}`);
  return `${mark} ≥ ${goal.atLeast}${bounded.join("")}`;
}

/** How many goals there were, and which were missed. */
export function summary(rows: readonly JudgedRow[]): string {
  const aims = rows.filter(({ goal }) => goal !== undefined);
  if (aims.length === 0) return "";
  const missed = aims.filter(({ met }) => met !== true);
  return [`${aims.length - missed.length} of ${aims.length} goals met`, ...missed.map(line), ""].join("\n");
}

function ratio(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** Messages per second; in rows about memory, bytes. */
function rate(perSecond: number): string {
  if (perSecond >= 10_000_000) return `${(perSecond / 1_000_000).toFixed(1)} M`.padStart(9);
  return (perSecond >= 10_000 ? `${(perSecond / 1000).toFixed(0)} k` : perSecond.toFixed(1)).padStart(9);
}
