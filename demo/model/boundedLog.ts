/** A log that keeps its newest entries, counts the dropped ones, and notifies at most once per animation frame. */
import { signal, type ReadonlySignal } from "@preact/signals";

const MAX_ENTRIES = 200;

export interface LogView<Entry> {
  readonly entries: readonly Entry[];
  /** How many older entries were dropped; this is the index of the first one left. */
  readonly dropped: number;
}

export class BoundedLog<Entry> {
  readonly #view = signal<LogView<Entry>>({ entries: [], dropped: 0 });
  /** At most twice the limit, so that trimming is rare. */
  #entries: Entry[] = [];
  #total = 0;
  #frame: number | undefined;

  get view(): ReadonlySignal<LogView<Entry>> {
    return this.#view;
  }

  append(entry: Entry): void {
    this.#entries.push(entry);
    this.#total++;
    if (this.#entries.length === 2 * MAX_ENTRIES) this.#entries = this.#entries.slice(-MAX_ENTRIES);
    // A burst of a thousand messages causes one update of the page.
    this.#frame ??= requestAnimationFrame(() => this.#publish());
  }

  #publish(): void {
    this.#frame = undefined;
    const entries = this.#entries.slice(-MAX_ENTRIES);
    this.#view.value = { entries, dropped: this.#total - entries.length };
  }
}
