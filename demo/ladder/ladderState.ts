/** How the ladder is looked at. */
import { computed, effect, signal } from "@preact/signals";
import { lookedAt } from "../model/playground.ts";
import { filterOf } from "./filter.ts";
import type { Geometry } from "./geometry.ts";

/** CSS pixels of a row, smallest first. */
export const ROW_HEIGHTS: readonly number[] = [4, 8, 18, 24, 30, 38];
/** In lower rows there is no room for words. */
export const WORDS_FROM = 18;

/** Which of the heights. */
export const zoom = signal(3);
/** What is typed into the filter. */
export const filterText = signal("");
/** What it keeps, or what is wrong with it. */
export const filter = computed(() => filterOf(filterText.value));
export const showsChunks = signal(true);
/** Whether its end is kept in sight. */
export const follows = signal(true);
/** What the ladder is held at, while it is paused. */
export const paused = signal<Geometry | undefined>(undefined);

// Another conversation has a ladder of its own.
effect(() => {
  void lookedAt.value;
  paused.value = undefined;
  follows.value = true;
});

export function changeZoom(by: number): void {
  zoom.value = Math.min(ROW_HEIGHTS.length - 1, Math.max(0, zoom.value + by));
}
