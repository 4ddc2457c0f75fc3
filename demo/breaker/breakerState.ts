/** The bytes to send by hand, and their receiver. */
import { signal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import { connectAgain, conversation, wishes } from "../model/playground.ts";
import type { Conversation } from "../model/conversation.ts";
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

export function takePreset(preset: Preset): void {
  chosenPreset.value = preset.name;
  frameIndex.value = preset.frames.length - 1;
  draft.value = preset;
}

/** Sends the draft's frames on an open connection. Returns the error of the draft, if any. */
export async function sendDraft(): Promise<string | undefined> {
  const { from, compression, frames } = draft.value;
  const encoded: Uint8Array<ArrayBuffer>[] = [];
  for (const frame of frames) {
    const bytes = encodeSpec(frame);
    if (typeof bytes === "string") return bytes;
    encoded.push(bytes);
  }
  if (!isOpen() || wishes.value.compression !== compression) {
    await act({ type: "connect", wishes: { compression } });
  }
  if (!(await opened())) return "The connection does not open.";
  const judge = from === "client" ? "server" : "client";
  trial.value = { conversation: conversation.value, judge, what: chosenPreset.value ?? "A frame by hand" };
  for (const bytes of encoded) await act({ type: "inject", from, bytes });
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
  }
  return refusal;
}

function isOpen(): boolean {
  const { client, server } = conversation.value;
  return client.value?.state.value === "open" && (server.value?.state.value ?? "open") === "open";
}

function opened(): Promise<boolean> {
  if (isOpen()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const until = performance.now() + OPEN_MS;
    const look = setInterval(() => {
      const over = isOpen() || performance.now() > until;
      if (!over) return;
      clearInterval(look);
      resolve(isOpen());
    }, 20);
  });
}
