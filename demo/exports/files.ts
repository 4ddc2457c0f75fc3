/** The contents of the exported files. */
import { toHAR, toPcapng, type Capture } from "../../src/inspect/index.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Side } from "../model/side.ts";

export interface File {
  readonly type: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
}

export async function vectorFile(side: Side): Promise<File> {
  return { type: "application/json", content: `${JSON.stringify(await side.vector(), null, 2)}\n` };
}

export function harFile(conversation: Conversation): File {
  return { type: "application/json", content: `${JSON.stringify(toHAR(captureOf(conversation)), null, 2)}\n` };
}

export function pcapngFile(conversation: Conversation): File {
  return { type: "application/octet-stream", content: toPcapng(captureOf(conversation)) };
}

/** The capture as if it was recorded at the client. */
function captureOf({ timeline }: Conversation): Capture {
  return { role: "client", records: timeline.records, clock: { timeMs: 0, epochMs: timeline.startedEpochMs } };
}

/** Makes the browser save it. */
export function save(name: string, { type, content }: File): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
