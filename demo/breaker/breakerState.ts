/** The bytes to send by hand, and their receiver. */
import { signal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import { connectAgain, conversation, selected, wishes } from "../model/playground.ts";
import { violates } from "../ladder/labels.ts";
import type { Conversation } from "../model/conversation.ts";
import type { WireItem } from "../model/timeline.ts";
import { until } from "../model/until.ts";
import { act } from "../scenarios/action.ts";
import { encodeSpec, plainFrame, type FrameSpec } from "./frameSpec.ts";
import { handshakePresets, wireText, type HandshakePreset } from "./handshakePresets.ts";
import type { Preset } from "./presets.ts";

export interface Draft {
  readonly from: Role;
  readonly compression: boolean;
  readonly frames: readonly FrameSpec[];
}

export const draft = signal<Draft>({ from: "client", compression: false, frames: [plainFrame] });
/** Which of its frames is selected. */
export const frameIndex = signal(0);
export const chosenPreset = signal<string | undefined>(undefined);

export const handshake = signal<Pick<HandshakePreset, "from" | "text" | "bare">>(handshakePresets[0]!);

/** The side that answers what was sent, and its conversation. */
export const trial = signal<
  { readonly conversation: Conversation; readonly judge: Role; readonly what: string } | undefined
>(undefined);

/** How long to wait for a connection to open, in milliseconds. */
const OPEN_MS = 10_000;
/** How long to wait until the frames have arrived, in milliseconds. */
const SHOW_MS = 3000;

export function takePreset(preset: Preset): void {
  chosenPreset.value = preset.name;
  frameIndex.value = preset.frames.length - 1;
  draft.value = preset;
}

/** Sends the draft's frames. Returns the error of the draft, if any. */
export async function sendDraft(): Promise<string | undefined> {
  const { from, compression, frames } = draft.value;
  const encoded: Uint8Array<ArrayBuffer>[] = [];
  for (const frame of frames) {
    const bytes = encodeSpec(frame);
    if (typeof bytes === "string") return bytes;
    encoded.push(bytes);
  }
  return await sendFrames(chosenPreset.value ?? "A frame by hand", from, compression, encoded);
}

/** Sends frames as they are, on a connection that is open for them. Returns why not, if they can't be sent. */
export async function sendFrames(
  what: string,
  from: Role,
  compression: boolean,
  frames: readonly Uint8Array<ArrayBuffer>[],
): Promise<string | undefined> {
  if (!isOpen() || wishes.value.compression !== compression) {
    await act({ type: "connect", wishes: { compression } });
  }
  if (!(await until(isOpen, OPEN_MS))) return "The connection does not open.";
  const judge = from === "client" ? "server" : "client";
  trial.value = { conversation: conversation.value, judge, what };
  const before = sentBy(from).length;
  for (const bytes of frames) await act({ type: "inject", from, bytes });
  void showOffence(from, before, frames.length);
  return undefined;
}

/** Starts a conversation in which one end is the handwritten text. */
export function sendHandshake(what: string): string | undefined {
  const { from, text, bare = false } = handshake.value;
  const refusal = connectAgain({
    carrier: { name: "pipe" },
    compression: false,
    raw: { role: from, text: wireText(text, bare) },
  });
  if (refusal === undefined) {
    trial.value = { conversation: conversation.value, judge: from === "client" ? "server" : "client", what };
    void showOffence(from, 0, 1);
  }
  return refusal;
}

/** Chooses what breaks a rule among the records that `from` has sent since, or the last one if none does. */
async function showOffence(from: Role, before: number, count: number): Promise<void> {
  const { value: mine } = conversation;
  const chosen = selected.value;
  const news = (): WireItem[] => sentBy(from).slice(before);
  await until(() => news().length >= count || news().some(violates), SHOW_MS);
  // The reader may have chosen something else in the meantime.
  if (mine !== conversation.value || selected.value !== chosen) return;
  selected.value = news().find(violates) ?? news().at(-1) ?? chosen;
}

function sentBy(from: Role): WireItem[] {
  return conversation.value.timeline.items.filter((item) => item.kind === "record" && item.from === from);
}

function isOpen(): boolean {
  const { client, server } = conversation.value;
  return client.value?.state.value === "open" && (server.value?.state.value ?? "open") === "open";
}
