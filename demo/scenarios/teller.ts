/** Runs a scenario step by step: executes the actions, waits until their result is visible, and shows it. */
import { signal } from "@preact/signals";
import { behaviour, conversation, selected } from "../model/playground.ts";
import type { WireItem } from "../model/timeline.ts";
import { until } from "../model/until.ts";
import { doIt } from "./action.ts";
import { hashOf, storyIn } from "./link.ts";
import type { Step, Story } from "./story.ts";

export interface Telling {
  readonly story: Story;
  readonly step: number;
}

export const telling = signal<Telling | undefined>(undefined);
/** Why the scenario of the hash can't be shown, if so. */
export const unreadable = signal<string | undefined>(undefined);

/** How long to wait for what a step shows, in milliseconds. */
const PATIENCE_MS = 3000;
/** The same for a single chunk, which may complete nothing. */
const STEP_MS = 150;
/** How long to wait for more frames of the same message, in milliseconds. */
const SAME_MS = 30;

let turn = 0;
/** The number of the current run, so that an older one stops. */
let run = 0;
/** Runs the actions of the steps in order: pressing “Next” early skips no action. */
let deeds: Promise<void> = Promise.resolve();

/** Starts it from the first step. */
export async function tell(story: Story): Promise<void> {
  const hash = hashOf(story);
  if (location.hash !== hash) history.replaceState(null, "", hash);
  run++;
  deeds = Promise.resolve();
  await goTo({ story, step: 0 });
}

export async function next(): Promise<void> {
  const now = telling.value;
  if (now === undefined || now.step + 1 >= now.story.steps.length) return;
  await goTo({ ...now, step: now.step + 1 });
}

/** To the step before: what happened is done again from the beginning, since it can't be undone. */
export async function back(): Promise<void> {
  const now = telling.value;
  if (now === undefined || now.step === 0) return;
  run++;
  deeds = Promise.resolve();
  for (let step = 0; step < now.step; step++) await goTo({ ...now, step });
}

export function endStory(): void {
  turn++;
  run++;
  telling.value = undefined;
  history.replaceState(null, "", location.pathname + location.search);
}

/** Runs the scenario of the hash, now and whenever the hash changes. Returns whether there is one now. */
export function followHash(): boolean {
  const read = (): boolean => {
    const story = storyIn(location.hash);
    unreadable.value = typeof story === "string" ? story : undefined;
    if (story === undefined || typeof story === "string") return false;
    void tell(story);
    return true;
  };
  addEventListener("hashchange", read);
  return read();
}

async function goTo(to: Telling): Promise<void> {
  const mine = ++turn;
  const myRun = run;
  telling.value = to;
  const step = to.story.steps[to.step]!;
  let before: Seen;
  deeds = deeds.then(async () => {
    before = seen(sought(step).at(-1));
    for (const action of step.do ?? []) {
      if (myRun !== run) return;
      await doIt(action);
      if (action.type === "connect") await untilAnswered();
    }
  });
  await deeds;
  if (mine === turn && step.look !== undefined) await show(step, before, mine);
}

/** A connection is open or has ended, or its request waits for the user. */
async function untilAnswered(): Promise<void> {
  await until(() => {
    const { client, server } = conversation.value;
    const waits = !behaviour.server.value.acceptsAtOnce && server.value?.request.value !== undefined;
    return waits || (client.value !== undefined && client.value.state.value !== "connecting");
  }, PATIENCE_MS);
}

/** What was last there before a step, and whether all of it was. */
type Seen = { readonly item: WireItem | undefined; readonly whole: boolean } | undefined;

function seen(item: WireItem | undefined): Seen {
  return { item, whole: item?.arrived !== undefined };
}

async function show(step: Step, before: Seen, mine: number): Promise<void> {
  const added = step.do?.some(({ type }) => type === "step") === true ? STEP_MS : PATIENCE_MS;
  await until(() => {
    if (mine !== turn) return true;
    const last = sought(step).at(-1);
    if (step.do === undefined) return last !== undefined;
    // A record that had begun before counts as new once it is complete.
    return last !== before?.item || (last?.arrived !== undefined && !before!.whole);
  }, added);
  await new Promise((resolve) => setTimeout(resolve, SAME_MS));
  if (mine !== turn) return;
  const all = sought(step);
  const firstNew = all[all.findIndex((item) => item === before?.item) + 1];
  const isNew = step.do !== undefined && step.look?.last !== true && firstNew !== undefined;
  selected.value = (isNew ? firstNew : all.at(-1)) ?? selected.value;
}

function sought({ look }: Step): WireItem[] {
  if (look === undefined) return [];
  return conversation.value.timeline.items.filter((item) => {
    if (item.from !== look.from) return false;
    return look.kind === "chunk" ? item.kind === "chunk" : item.kind === "record" && item.record.kind === look.kind;
  });
}
