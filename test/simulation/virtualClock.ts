/** Time that stands still until the world advances it to the next timer. */
import type { Clock } from "../../src/stream/clock.ts";

interface Entry {
  dueMs: number;
  readonly order: number;
  readonly run: () => void;
  /** Set by the library, which has to clear its timers. */
  readonly ofLibrary: boolean;
  over: boolean;
}

export class VirtualClock implements Clock {
  /** Library timers that have been set, and neither rung nor been cleared. */
  liveTimers = 0;
  /** Counts every timer that is set, as a sign of activity. */
  set = 0;
  readonly #heap: Entry[] = [];
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    this.liveTimers++;
    return this.#push(callback, ms, true);
  }

  clearTimeout(timer: unknown): void {
    const entry = timer as Entry | undefined;
    if (entry === undefined || entry.over) return;
    entry.over = true;
    if (entry.ofLibrary) this.liveTimers--;
  }

  /** Runs something of the world's own after some time. */
  after(ms: number, run: () => void): unknown {
    return this.#push(run, ms, false);
  }

  /** When the next thing is due; `undefined` if there is none. */
  get nextMs(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.over) this.#pop();
    return this.#heap[0]?.dueMs;
  }

  /** The process stands still for some time. Of what falls due meanwhile its timers run first, as on Node. */
  stall(ms: number): void {
    this.#nowMs += ms;
    for (const entry of this.#heap) if (!entry.ofLibrary) entry.dueMs = Math.max(entry.dueMs, this.#nowMs);
    this.#heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** Moves the time to the next thing that is due, and runs that. */
  step(): void {
    if (this.nextMs === undefined) return;
    const entry = this.#pop();
    entry.over = true;
    if (entry.ofLibrary) this.liveTimers--;
    this.#nowMs = Math.max(this.#nowMs, entry.dueMs);
    entry.run();
  }

  #push(run: () => void, ms: number, ofLibrary: boolean): Entry {
    const entry = { dueMs: this.#nowMs + (ms > 0 ? ms : 0), order: this.set++, run, ofLibrary, over: false };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
    return entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
