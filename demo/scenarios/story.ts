/** A scenario is a list of steps, each with a text and actions. Plain data, for links. */
import type { Role } from "../../src/inspect/index.ts";
import type { Action } from "./action.ts";

export interface Step {
  readonly say: string;
  readonly do?: readonly Action[];
  /** What the inspector shows then: the first of those that are new, or with `last` the last one. */
  readonly look?: { readonly from: Role; readonly kind: "head" | "frame" | "chunk"; readonly last?: boolean };
}

export interface Story {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly steps: readonly Step[];
}
