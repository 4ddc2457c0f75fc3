/** Blanks secrets before bytes are shared: cookies, authorization and tokens in the heads of a connection. */
import { isSecretHeader, redactRecord, type Role, type TraceRecord } from "../../src/inspect/index.ts";
import type { Explanation } from "./explanation.ts";
import type { Chunk } from "./recognise.ts";

export interface Redacted {
  readonly redacted: readonly Chunk[];
  /** Number of secrets found. */
  readonly secrets: number;
}

/** Overwrites secrets byte for byte, as the exports of `inspect` do, so that all other bytes keep their positions. */
export function redactChunks(chunks: readonly Chunk[], records: readonly TraceRecord[]): Redacted {
  const blanks: { readonly sender: Role; readonly offset: number; readonly bytes: Uint8Array }[] = [];
  let secrets = 0;
  for (const record of records) {
    if (record.kind === "frame" || record.length === 0) continue;
    const redacted = redactRecord(record, { headers: isSecretHeader, tokens: true });
    if (redacted === record || isSame(record.bytes, redacted.bytes)) continue;
    blanks.push({ sender: record.sender, offset: record.offset, bytes: redacted.bytes });
    secrets += differences(record, redacted);
  }
  const at = { client: 0, server: 0 };
  const redacted = chunks.map((chunk): Chunk => {
    const start = at[chunk.sender];
    at[chunk.sender] += chunk.bytes.length;
    const own = blanks.filter(({ sender }) => sender === chunk.sender);
    if (own.length === 0) return chunk;
    const bytes = chunk.bytes.slice();
    for (const { offset, bytes: blank } of own) {
      for (const [index, byte] of blank.entries()) {
        const to = offset + index - start;
        if (to >= 0 && to < bytes.length) bytes[to] = byte;
      }
    }
    return { ...chunk, bytes };
  });
  return { redacted, secrets };
}

/** Returns the explanation without secrets. Works for any size. */
export function redactExplanation(explanation: Explanation): Explanation {
  const { records, verdict } = explanation;
  const blank = records.map((record) =>
    record.kind === "frame" ? record : redactRecord(record, { headers: isSecretHeader, tokens: true }),
  );
  const { fault } = verdict;
  const record = fault && blank[records.indexOf(fault.record)];
  return {
    ...explanation,
    records: blank,
    verdict: { ...verdict, fault: fault && { ...fault, record: record ?? fault.record } },
  };
}

/** Number of lines that differ; 1 for a body. */
function differences(before: TraceRecord, after: TraceRecord): number {
  if (before.kind !== "head" || after.kind !== "head") return 1;
  const lines = before.fields.filter(({ value }, index) => value !== after.fields[index]?.value).length;
  return Math.max(1, lines + (before.startLine === after.startLine ? 0 : 1));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
