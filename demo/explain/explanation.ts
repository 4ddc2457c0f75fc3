/** Decodes a connection under the reader's assumptions, and judges it. */
import { permessageDeflate } from "../../src/deflate/index.ts";
import { Decoder, type Role, type TraceRecord } from "../../src/inspect/index.ts";
import { senderOf, type Bytes, type Chunk, type Found } from "./recognise.ts";
import { verdictOf, type Verdict } from "./verdict.ts";

/** The assumptions about the bytes. The reader can change each of them. */
export interface ReadAs {
  /** Which end sent them, if they are of one direction; `undefined` for what they look like. */
  readonly sender: Role | undefined;
  readonly handshake: "auto" | "http1" | "none";
  /** Whether permessage-deflate was agreed on, where there is no handshake that says so. */
  readonly deflate: "auto" | "yes" | "no";
  /** `false`: clients need not mask. */
  readonly masking: boolean;
  /** How many bytes to leave out at the beginning, if they are of one direction. */
  readonly skip: number;
}

export const asItLooks: ReadAs = { sender: undefined, handshake: "auto", deflate: "auto", masking: true, skip: 0 };

export interface Explanation {
  readonly records: readonly TraceRecord[];
  readonly verdict: Verdict;
  /** Which end sent them, if they are of one direction. */
  readonly sender: Role | undefined;
  /** Whether compressed frames were inflated though no handshake says so. */
  readonly inflates: boolean;
}

/** How much is decoded between two looks at the progress, in bytes. */
const SLICE_BYTES = 64 * 1024;

/** Calls `progress` with the number of bytes decoded so far. */
export function explanationOf(found: Found, as: ReadAs, progress: (bytes: number) => void = () => {}): Explanation {
  const chunks = chunksAs(found, as);
  const sender = found.oneWay ? chunks[0]?.sender : undefined;
  const plain = as.deflate === "yes" ? undefined : recordsOf(chunks, as, false, progress);
  // If frames are invalid without an agreement and valid with one, there was one.
  const inflates =
    plain === undefined ||
    (as.deflate === "auto" && plain.some(isCompressed) && isBetter(recordsOf(chunks, as, true), plain));
  const records = inflates ? recordsOf(chunks, as, true, progress) : plain;
  return { records, verdict: verdictOf(records, found), sender, inflates };
}

function chunksAs({ chunks, oneWay }: Found, { sender, skip }: ReadAs): readonly Chunk[] {
  if (!oneWay) return chunks;
  return chunks.map(({ bytes: all, timeMs }) => {
    const bytes = all.subarray(skip);
    return { sender: sender ?? senderOf(bytes), bytes, timeMs };
  });
}

function recordsOf(
  chunks: readonly Chunk[],
  { handshake, masking }: ReadAs,
  deflate: boolean,
  progress: (bytes: number) => void = () => {},
): TraceRecord[] {
  const records: TraceRecord[] = [];
  const hasHead = chunks.some(({ bytes }) => handshake !== "none" && startsHead(bytes));
  const decoder = new Decoder({
    ...(handshake !== "auto" && { handshake }),
    masking,
    // With a handshake, the extension only decodes what the handshake agrees on.
    extensions: deflate || hasHead ? [permessageDeflate()] : [],
    onRecord: (record) => (records[record.id] = record),
  });
  const startMs = chunks[0]?.timeMs ?? 0;
  let done = 0;
  for (const { sender, bytes, timeMs } of chunks) {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      decoder.receive(sender, bytes.subarray(at, at + SLICE_BYTES), timeMs - startMs);
      progress((done += Math.min(SLICE_BYTES, bytes.length - at)));
    }
  }
  return records;
}

function startsHead(bytes: Bytes): boolean {
  return /^(?:[A-Z]+ \S|HTTP\/)/.test(String.fromCharCode(...bytes.subarray(0, 12)));
}

function isCompressed(record: TraceRecord): boolean {
  return record.kind === "frame" && record.rsv === 4 && (record.opcode === 1 || record.opcode === 2);
}

function isBetter(records: readonly TraceRecord[], than: readonly TraceRecord[]): boolean {
  const faults = (all: readonly TraceRecord[]): number =>
    all.reduce((sum, { violations }) => sum + violations.length, 0);
  return faults(records) < faults(than);
}
