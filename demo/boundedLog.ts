/** A log that keeps its newest entries, counts the ones it drops, and tells of changes at most once a frame. */
import { signal, type ReadonlySignal } from "@preact/signals";

const MAX_ENTRIES = 500;

export interface LogView<Entry> {
  readonly entries: readonly Entry[];
  /** How many older entries are gone; the first entry that is left has this index. */
  readonly dropped: number;
}

export class BoundedLog<Entry> {
  readonly #view = signal<LogView<Entry>>({ entries: [], dropped: 0 });
  #waiting: Entry[] = [];

  get view(): ReadonlySignal<LogView<Entry>> {
    return this.#view;
  }

  append(entry: Entry): void {
    // A burst of a thousand messages is one change of the page, not a thousand.
    if (this.#waiting.length === 0) requestAnimationFrame(() => this.#publish());
    this.#waiting.push(entry);
  }

  #publish(): void {
    const { entries, dropped } = this.#view.value;
    const all = [...entries, ...this.#waiting];
    this.#waiting = [];
    const excess = Math.max(0, all.length - MAX_ENTRIES);
    this.#view.value = { entries: all.slice(excess), dropped: dropped + excess };
  }
}
