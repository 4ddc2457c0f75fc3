/** Reads and decodes the input beside the page: a capture of 50 MiB takes a while, and can be stopped. */
import { explanationOf, type Explanation, type ReadAs } from "./explanation.ts";
import { recogniseFile, recogniseText, type Bytes, type Chunk, type Recognised } from "./recognise.ts";
import { redactChunks } from "./redaction.ts";
import type { Found } from "./recognise.ts";

export type ToWorker =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "bytes"; readonly bytes: Bytes }
  /** Out of a link, where it is known already. */
  | { readonly type: "found"; readonly found: Found }
  | { readonly type: "explain"; readonly index: number; readonly as: ReadAs };

/** What was found, without its bytes. */
export interface Contents {
  readonly as: string;
  readonly labels: readonly string[];
  readonly oneWay: boolean;
  readonly madeUp: boolean;
}

/** What can be passed on of a connection. */
export interface Shareable {
  readonly found: Found;
  readonly redacted: readonly Chunk[];
  /** How many secrets were blanked in that. */
  readonly secrets: number;
}

export type FromWorker =
  | { readonly type: "refused"; readonly why: string }
  | { readonly type: "read"; readonly contents: Contents }
  /** From 0 to 1. */
  | { readonly type: "progress"; readonly share: number }
  | {
      readonly type: "explained";
      readonly index: number;
      readonly explanation: Explanation;
      /** How many records there are beyond those that are passed on. */
      readonly more: number;
      /** `undefined` if it is too long for a link. */
      readonly share: Shareable | undefined;
    };

/** More arrows nobody reads. */
const MAX_RECORDS = 20_000;
/** Longer streams make links that are not passed on well. */
const MAX_SHARED_BYTES = 64 * 1024;
const PROGRESS_MS = 100;

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};
let found: readonly Found[] = [];

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case "text":
      take(recogniseText(data.text));
      break;
    case "bytes":
      take(recogniseFile(data.bytes));
      break;
    case "found":
      take({ as: "what a link has in it", found: [data.found], madeUp: false });
      break;
    case "explain":
      explain(data.index, data.as);
      break;
  }
};

function take(given: Recognised | string): void {
  if (typeof given === "string") {
    scope.postMessage({ type: "refused", why: given });
    return;
  }
  ({ found } = given);
  const { as, madeUp } = given;
  const contents = { as, madeUp, labels: found.map(({ label }) => label), oneWay: found[0]?.oneWay === true };
  scope.postMessage({ type: "read", contents });
}

function explain(index: number, as: ReadAs): void {
  const one = found[index];
  if (one === undefined) return;
  const total = one.chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let toldMs = performance.now();
  const explanation = explanationOf(one, as, (bytes) => {
    if (performance.now() - toldMs < PROGRESS_MS) return;
    toldMs = performance.now();
    scope.postMessage({ type: "progress", share: Math.min(1, bytes / total) });
  });
  const { records } = explanation;
  scope.postMessage({
    type: "explained",
    index,
    explanation: { ...explanation, records: records.slice(0, MAX_RECORDS) },
    more: Math.max(0, records.length - MAX_RECORDS),
    share: total > MAX_SHARED_BYTES ? undefined : { found: one, ...redactChunks(one.chunks, records) },
  });
}
