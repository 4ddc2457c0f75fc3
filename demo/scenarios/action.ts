/** Every action of the page, as plain data: it is executed, recorded, and can be repeated from a link. */
import { signal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import type { Command } from "../model/command.ts";
import type { Wishes } from "../model/conversation.ts";
import type { Behaviour } from "../model/end.ts";
import { changeBehaviour, changeNetwork, connectAgain, conversation } from "../model/playground.ts";
import type { Mishap, NetworkSettings } from "../network/settings.ts";

export type Action =
  | { readonly type: "connect"; readonly wishes: Partial<Omit<Wishes, "raw">> }
  | {
      readonly type: "perform";
      readonly who: Role;
      readonly commands: readonly Command[];
      /** How often all of them are done, one after the other; once by default. */
      readonly times?: number;
    }
  | { readonly type: "network"; readonly change: Partial<NetworkSettings> }
  | { readonly type: "behave"; readonly who: Role; readonly change: Partial<Behaviour> }
  | { readonly type: "mishap"; readonly from: Role; readonly mishap: Mishap }
  | { readonly type: "inject"; readonly from: Role; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "step" }
  | { readonly type: "reset" };

/** The actions so far: enough to repeat them. */
export const done = signal<readonly Action[]>([]);

/** The most actions that a link can hold. */
const MAX_ACTIONS = 200;

/** Executes it, and records it unless it was refused. Resolves to the reason if it was, otherwise `undefined`. */
export async function act(action: Action): Promise<string | undefined> {
  done.value = remember(done.value, action);
  const refusal = await doIt(action);
  if (refusal !== undefined) done.value = done.value.filter((one) => one !== action);
  return refusal;
}

/** Dragging a slider makes many changes. Only the last one counts. */
function remember(before: readonly Action[], action: Action): readonly Action[] {
  const last = before.at(-1);
  const isDrag = action.type === "network" && last?.type === "network" && sameNames(action.change, last.change);
  if (isDrag) return [...before.slice(0, -1), action];
  return before.length < MAX_ACTIONS ? [...before, action] : before;
}

function sameNames(one: object, other: object): boolean {
  return Object.keys(one).join() === Object.keys(other).join();
}

export async function doIt(action: Action): Promise<string | undefined> {
  const { network } = conversation.value;
  switch (action.type) {
    case "connect":
      return connectAgain(action.wishes);
    case "perform":
      return await conversation.value[action.who].value?.perform(
        ...Array.from({ length: action.times ?? 1 }, () => action.commands).flat(),
      );
    case "network":
      changeNetwork(action.change);
      return undefined;
    case "behave":
      changeBehaviour(action.who, action.change);
      return undefined;
    case "mishap":
      network.arm(action.from, action.mishap);
      return undefined;
    case "inject":
      network.inject(action.from, action.bytes);
      return undefined;
    case "step":
      network.step();
      return undefined;
    case "reset":
      network.reset();
      return undefined;
  }
}
