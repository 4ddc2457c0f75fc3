/** The state of the page: the current conversation, its controls, and the selection. */
import { computed, effect, signal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import { plainNetwork, type NetworkSettings } from "../network/settings.ts";
import { startConversation, type Conversation, type Wishes } from "./conversation.ts";
import type { Behaviour } from "./end.ts";
import { refusalOf } from "./refusal.ts";
import type { LookedAt, WireItem } from "./timeline.ts";

export const networkSettings = signal<NetworkSettings>(plainNetwork);

export const behaviour = {
  client: signal<Behaviour>({ acceptsAtOnce: true, echoes: false, reads: true }),
  server: signal<Behaviour>({ acceptsAtOnce: true, echoes: false, reads: true }),
};

export const firstWishes: Wishes = {
  resource: "/chat",
  subprotocols: [],
  compression: false,
  carrier: { name: "pipe" },
};

/** The options of the next conversation. */
export const wishes = signal<Wishes>(firstWishes);

export const conversation = signal<Conversation>(begin(firstWishes));

/** The item in the inspector; `undefined` until one is selected. */
export const selected = signal<WireItem | undefined>(undefined);

/** Records decoded from given bytes, shown in place of the current conversation. */
export const borrowed = signal<LookedAt | undefined>(undefined);

/** What the ladder shows and the inspector looks into. */
export const lookedAt = computed<LookedAt>(() => borrowed.value ?? conversation.value.timeline);

/** Changes whenever something crosses the wire of the current conversation. */
export const wireVersion = computed(() => conversation.value.version.value);

effect(() => {
  void networkSettings.value;
  conversation.peek().network.wake();
});

/** Starts a conversation in place of the current one. If it can't, returns the reason and keeps the current one. */
export function connectAgain(next: Partial<Wishes> = {}): string | undefined {
  return refusalOf(() => {
    const all: Wishes = { ...wishes.value, raw: undefined, ...next };
    const begun = begin(all);
    conversation.value.abandon();
    wishes.value = { ...all, raw: undefined };
    selected.value = undefined;
    conversation.value = begun;
  });
}

export function changeNetwork(change: Partial<NetworkSettings>): void {
  networkSettings.value = { ...networkSettings.value, ...change };
}

export function changeBehaviour(role: Role, change: Partial<Behaviour>): void {
  behaviour[role].value = { ...behaviour[role].value, ...change };
}

function begin(all: Wishes): Conversation {
  return startConversation(all, { network: networkSettings, behaviour });
}
