/** The goals, as ours ÷ a peer in one run. Rows without a goal are measured for information. */
import type { Environment, Row } from "./measure.ts";

/**
 * A ratio to reach; or how long a chunk may take, in microseconds; or how much memory there may be, in bytes, or as a
 * part of the message.
 */
export type Goal =
  | { readonly atLeast: number }
  | { readonly atMostUs: number }
  | { readonly atMostBytes: number }
  | { readonly atMostOfMessage: number };

/** A number is a ratio. */
type Cell = number | { readonly us: number } | undefined;

export interface Line {
  readonly environment: Environment;
  readonly peerName: string;
  readonly workloads: readonly string[];
  readonly receive?: readonly [server: Cell, client: Cell];
  readonly send?: readonly [server: Cell, client: Cell];
  readonly open?: readonly [server: Cell, client: Cell];
}

const ws = { environment: "node", peerName: "ws" } as const;
const withNative = { environment: "node", peerName: "ws + bufferutil" } as const;
const inPage = { environment: "chromium", peerName: "ws with polyfills" } as const;

const none = undefined;
const us = (us: number) => ({ us });

/** Both directions of what is carried, beside the carrier alone. */
const overRaw = (ratio: number, peerName: string, ours: string): Line => ({
  environment: "chromium",
  peerName,
  workloads: [`${ours}, 64 KiB binary`],
  receive: [none, ratio],
  send: [none, ratio],
});

export const LINES: readonly Line[] = [
  { ...ws, workloads: ["16 B binary"], receive: [7, 6], send: [3, 3] },
  { ...ws, workloads: ["125 B binary"], receive: [7, 6], send: [3, 5] },
  { ...ws, workloads: ["16 B text"], receive: [9, 6], send: [4, 3] },
  { ...ws, workloads: ["125 B text"], receive: [9, 6], send: [4, 4] },
  { ...ws, workloads: ["125 B non-ASCII text"], receive: [1.5, 1.5], send: [2, 3] },
  { ...ws, workloads: ["4 KiB binary"], receive: [10, 3.5], send: [none, 9] },
  // Without a copy, as `ws` sends.
  { ...ws, workloads: ["4 KiB binary, handed over"], send: [1.9, none] },
  { ...ws, workloads: ["4 KiB text"], receive: [4.5, 2], send: [1.9, 9] },
  { ...ws, workloads: ["64 KiB binary"], receive: [10, 1.1], send: [none, 8] },
  { ...ws, workloads: ["64 KiB binary, handed over"], send: [1.5, none] },
  { ...ws, workloads: ["64 KiB binary, streamed"], receive: [15, 8] },
  {
    ...ws,
    workloads: ["16 MiB binary in 16 KiB chunks, streamed", "16 MiB binary in 64 KiB chunks, streamed"],
    receive: [15, us(1)],
  },
  {
    ...ws,
    workloads: ["16 MiB binary in 16 KiB fragments, handed over", "16 MiB binary in 64 KiB fragments, handed over"],
    send: [5, 5],
  },
  { ...ws, workloads: ["16 MiB binary, assembled"], receive: [3, 1] },
  { ...ws, workloads: ["16 MiB text, assembled"], receive: [1.5, 1] },
  { ...ws, workloads: ["1 MiB binary in 1 KiB fragments"], receive: [4.5, 1.5] },
  { ...ws, workloads: ["1 MiB binary in 1 KiB fragments, streamed"], receive: [9, 4] },
  { ...ws, workloads: ["125 B binary, one byte at a time"], receive: [2.4, 4] },
  { ...withNative, workloads: ["16 B binary"], receive: [7, none] },
  { ...withNative, workloads: ["125 B binary"], receive: [6, none] },
  { ...withNative, workloads: ["4 KiB binary"], receive: [1.5, none] },
  { ...withNative, workloads: ["4 KiB text"], receive: [1.2, none] },
  { ...withNative, workloads: ["64 KiB binary"], receive: [1, none] },
  { environment: "node", peerName: "websocket-driver", workloads: ["handshake"], open: [7, 7] },
  {
    environment: "node",
    peerName: "session over a pipe",
    workloads: ["session over a resumable pipe, 64 KiB binary"],
    send: [none, 0.5],
  },
  {
    environment: "node",
    peerName: "pipe() between TCP sockets",
    workloads: ["bridgeBytes between TCP sockets, 64 KiB"],
    send: [none, 0.9],
  },
  {
    environment: "node",
    peerName: "raw HTTP/2 stream",
    workloads: ["session over HTTP/2, 64 KiB binary"],
    receive: [none, 0.9],
    send: [none, 0.9],
  },
  // What costs is the same in either role.
  { ...ws, workloads: ["200 B JSON, deflate level 6"], receive: [none, 8], send: [8, none] },
  { ...ws, workloads: ["8 KiB JSON, deflate level 6"], receive: [none, 2], send: [0.8, none] },
  { ...ws, workloads: ["8 KiB JSON, deflate level 1"], send: [3, none] },
  {
    ...inPage,
    workloads: ["16 B binary", "125 B binary"],
    receive: [14, 14],
  },
  { ...inPage, workloads: ["16 B text", "125 B text"], receive: [14, 14], send: [12, 12] },
  { ...inPage, workloads: ["4 KiB binary"], receive: [6, 4] },
  { ...inPage, workloads: ["4 KiB text"], receive: [none, 4] },
  { ...inPage, workloads: ["64 KiB binary, streamed"], receive: [14, none] },
  overRaw(0.95, "raw data channel", "session over a data channel"),
  overRaw(0.95, "raw WebTransport stream", "session over a WebTransport stream"),
  overRaw(0.8, "transferred buffers", "session over a MessagePort"),
  overRaw(0.8, "transferred buffers", "unmasked session over a MessagePort"),
];

/** Without permessage-deflate. */
const AT_REST: Goal = { atMostBytes: 2000 };

export function goalOf({
  environment,
  workload,
  role,
  kind,
  peerName,
}: Pick<Row, "environment" | "workload" | "role" | "kind" | "peerName">): Goal | undefined {
  if (kind === "limit" || kind === "growth") return undefined;
  if (kind === "memory") {
    if (workload.endsWith("assembled")) return { atMostOfMessage: 1.15 };
    if (workload.endsWith("streamed")) return { atMostOfMessage: 0.1 };
    return workload.endsWith("pipe") ? undefined : AT_REST;
  }
  const line = LINES.find(
    (line) =>
      line.environment === environment &&
      line.peerName === peerName &&
      line.workloads.includes(workload) &&
      line[kind] !== undefined,
  );
  const cell = line?.[kind]?.[role === "server" ? 0 : 1];
  if (cell === undefined) return undefined;
  return typeof cell === "number" ? { atLeast: cell } : { atMostUs: cell.us };
}

export function isMet(goal: Goal, row: Row): boolean {
  if ("atLeast" in goal) return row.ratio >= goal.atLeast;
  if ("atMostUs" in goal) return microsecondsAChunk(row) <= goal.atMostUs;
  if ("atMostBytes" in goal) return row.ours <= goal.atMostBytes;
  return row.ours <= goal.atMostOfMessage * row.bytes;
}

export function microsecondsAChunk({ ours, chunks }: Pick<Row, "ours" | "chunks">): number {
  return 1_000_000 / (ours * chunks);
}
