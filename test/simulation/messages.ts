/** Messages that contain their sender, channel and number, so that received ones can be compared with sent ones. */

import type { Draws } from "./choices.ts";

export type Content = string | Uint8Array<ArrayBuffer>;

export interface Sent {
  readonly channel: string;
  readonly index: number;
  readonly content: Content;
  /** Its size in UTF-8, about. */
  readonly bytes: number;
  state: "pending" | "fulfilled" | "failed";
}

const FILLERS = ["x", "é", "😀"] as const;

const SIZES = [20, 20, 130, 20, 1000, 200, 5000, 20, 70_000] as const;

/** Sometimes more than any queue holds. */
export const LARGEST = 300 * 1024;

/** The size of a message, in bytes or characters. */
export function drawSize(draws: Draws): number {
  const size = draws.pick(SIZES);
  return size === 70_000 && draws.oneIn(6) ? LARGEST : size;
}

/** About `size` characters or bytes. */
export function makeContent(from: string, channel: string, index: number, size: number, kind: number): Content {
  const head = `${from}/${channel}/${index}/`;
  if (kind === 0) {
    const bytes = new Uint8Array(Math.max(size, head.length));
    bytes.fill((index * 7 + size) & 255);
    for (let at = 0; at < head.length; at++) bytes[at] = head.charCodeAt(at);
    return bytes;
  }
  const filler = FILLERS[(kind - 1) % FILLERS.length]!;
  return head + filler.repeat(Math.max(0, Math.floor((size - head.length) / filler.length)));
}

/** How many bytes content of this kind has, about: its fillers have two for each code unit, but the first. */
export function bytesOf(content: Content, kind: number): number {
  return kind === 0 || kind === 1 ? content.length : content.length * 2;
}

/** The channel and index that a message says; `undefined` if it says nothing of the kind. */
export function headOf(content: Content): { from: string; channel: string; index: number } | undefined {
  const start = typeof content === "string" ? content.slice(0, 40) : String.fromCharCode(...content.subarray(0, 40));
  const [from, channel, index, rest] = start.split("/", 4);
  if (from === undefined || channel === undefined || rest === undefined) return undefined;
  return { from, channel, index: Number(index) };
}

export function isEqual(a: Content, b: Content): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
