/** The view of the ladder: zoom, follow, pause, filter. */
import { computed, effect, signal } from "@preact/signals";
import { lookedAt } from "../model/playground.ts";
import type { WireItem } from "../model/timeline.ts";
import { filterOf } from "./filter.ts";
import type { Geometry } from "./geometry.ts";

/** Heights of a row in CSS pixels, smallest first. */
export const ROW_HEIGHTS: readonly number[] = [4, 8, 18, 24, 30, 38];
/** Lower rows have no room for text. */
export const WORDS_FROM = 18;

/** The index of the current height. */
export const zoom = signal(3);
/** What is typed into the filter. */
export const filterText = signal("");
/** What it keeps, or what is wrong with it. */
export const filter = computed(() => filterOf(filterText.value));
export const showsChunks = signal(true);
/** Whether runs of equal frames are folded. */
export const folds = signal(true);
/** The first frames of the runs that are shown whole all the same. */
export const unfolded = signal<ReadonlySet<WireItem>>(new Set());
/** Whether the view follows the end. */
export const follows = signal(true);
/** The state that the ladder shows while it is paused. */
export const paused = signal<Geometry | undefined>(undefined);

// Another conversation has another ladder.
effect(() => {
  void lookedAt.value;
  paused.value = undefined;
  follows.value = true;
  unfolded.value = new Set();
});

export function unfold(first: WireItem): void {
  unfolded.value = new Set([...unfolded.value, first]);
}

export function changeZoom(by: number): void {
  zoom.value = Math.min(ROW_HEIGHTS.length - 1, Math.max(0, zoom.value + by));
}
