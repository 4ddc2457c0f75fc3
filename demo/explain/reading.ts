/** The progress of reading the input: the state of the box, updated by a worker that can be stopped. */
import { batch, signal } from "@preact/signals";
import { borrowed, selected } from "../model/playground.ts";
import type { WireItem } from "../model/timeline.ts";
import { given, type Given } from "./explained.ts";
import { sharedIn } from "./explainLink.ts";
import type { Contents, FromWorker, Shareable, ToWorker } from "./explainWorker.ts";
import { asItLooks, type Explanation, type ReadAs } from "./explanation.ts";
import { stillTimeline } from "./stillTimeline.ts";

export const MAX_FILE_BYTES = 50 * 1024 * 1024;

/** How far it is, from 0 to 1, while something is read. */
export const progress = signal<number | undefined>(undefined);
/** Why it can't be explained, if so. */
export const refusal = signal<string | undefined>(undefined);
export const contents = signal<Contents | undefined>(undefined);
/** Which of the connections that were found. */
export const chosen = signal(0);
export const readAs = signal<ReadAs>(asItLooks);
export const explanation = signal<Explanation | undefined>(undefined);
export const moreRecords = signal(0);
export const shareable = signal<Shareable | undefined>(undefined);
/** Of a link. */
export const title = signal("");
export const note = signal("");

let worker: Worker | undefined;
/** What was chosen of the live connection. */
let liveChoice: WireItem | undefined;

/** Starts with a new input and drops the previous one. */
export async function readGiven(what: Given): Promise<void> {
  batch(() => {
    drop();
    progress.value = 0;
  });
  const message = await messageFor(what);
  if (given.value !== what) return; // something else has been given in the meantime
  if (typeof message === "string") refuse(message);
  else tell(message);
}

/** Leaves what is being read. */
export function cancel(): void {
  given.value = undefined;
  drop();
}

/** Forgets the input, and what was shown of it, because the worker that holds the rest of it ends. */
function drop(): void {
  batch(() => {
    stopWorker();
    refusal.value = undefined;
    contents.value = undefined;
    chosen.value = 0;
    readAs.value = asItLooks;
    title.value = "";
    note.value = "";
    show(undefined);
  });
}

function stopWorker(): void {
  worker?.terminate();
  worker = undefined;
  progress.value = undefined;
}

/** Explains another connection, or the same one taken for something else. */
export function explainAs(index: number, as: ReadAs): void {
  chosen.value = index;
  readAs.value = as;
  progress.value = 0;
  tell({ type: "explain", index, as });
}

/** Leaves the ladder and the inspector to the live connection. */
export function giveBack(): void {
  stopWorker();
  show(undefined);
  selected.value = liveChoice;
  liveChoice = undefined;
}

async function messageFor(what: Given): Promise<ToWorker | string> {
  switch (what.kind) {
    case "text":
      return { type: "text", text: what.text };
    case "file":
      if (what.file.size > MAX_FILE_BYTES) return "This file has more than 50 MiB: cut out the part that matters.";
      return { type: "bytes", bytes: new Uint8Array(await what.file.arrayBuffer()) };
    case "link": {
      const shared = await sharedIn(what.value);
      if (typeof shared === "string") return shared;
      readAs.value = shared.as;
      title.value = shared.title;
      note.value = shared.note;
      return { type: "found", found: shared.found };
    }
  }
}

function tell(message: ToWorker): void {
  worker ??= startWorker();
  worker.postMessage(message);
}

function startWorker(): Worker {
  const started = new Worker(new URL("./explainWorker.ts", import.meta.url), { type: "module" });
  started.onmessage = ({ data }: MessageEvent<FromWorker>) => take(data);
  started.onerror = (event) => {
    event.preventDefault();
    refuse("These bytes could not be read: this page has a mistake. Please report it with what you gave.");
  };
  return started;
}

function take(message: FromWorker): void {
  switch (message.type) {
    case "refused":
      refuse(message.why);
      break;
    case "progress":
      progress.value = message.share;
      break;
    case "read":
      contents.value = message.contents;
      tell({ type: "explain", index: 0, as: readAs.value });
      break;
    case "explained":
      batch(() => {
        progress.value = undefined;
        moreRecords.value = message.more;
        shareable.value = message.share;
        show(message.explanation);
      });
      break;
  }
}

function refuse(why: string): void {
  batch(() => {
    drop();
    refusal.value = why;
  });
}

/** Shows it on the ladder and in the inspector, with the guilty record selected. */
function show(what: Explanation | undefined): void {
  if (borrowed.value === undefined) liveChoice ??= selected.value;
  explanation.value = what;
  borrowed.value = what && stillTimeline(what.records);
  const { items = [] } = borrowed.value ?? {};
  const guilty = what?.verdict.fault?.record;
  selected.value =
    items.find((item) => item.kind === "record" && item.record === guilty) ??
    items.find((item) => item.kind === "record" && item.record.kind === "frame") ??
    items[0];
}
