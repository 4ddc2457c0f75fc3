/** Node's EventEmitter, as far as libraries that were made for ws use it. */

import { reportRejection } from "../stream/report.ts";

type Listener = (...args: unknown[]) => unknown;

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

/** `Events` names the arguments of each event. Names that it does not know are let pass at run time, as in Node. */
export class Emitter<Events extends { [Name in keyof Events]: unknown[] }> {
  /** Never changed in place: a listener that is added or removed meanwhile makes no difference to an event under way. */
  readonly #entries = new Map<keyof Events, readonly Entry[]>();

  on<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => unknown): this {
    return this.#add(event, listener as Listener, { once: false });
  }

  addListener<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => unknown): this {
    return this.#add(event, listener as Listener, { once: false });
  }

  /** The listener is removed before it is called. */
  once<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => unknown): this {
    return this.#add(event, listener as Listener, { once: true });
  }

  prependListener<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: Events[Name]) => unknown,
  ): this {
    return this.#add(event, listener as Listener, { once: false, first: true });
  }

  off<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => unknown): this {
    return this.removeListener(event, listener);
  }

  /** Removes the listener once: of equal ones that which was added last. */
  removeListener<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: Events[Name]) => unknown,
  ): this {
    const entries = this.#entries.get(event) ?? [];
    this.#remove(
      event,
      entries.findLast((entry) => entry.listener === listener),
    );
    return this;
  }

  removeAllListeners(event?: keyof Events): this {
    if (event === undefined) this.#entries.clear();
    else this.#entries.delete(event);
    return this;
  }

  /**
   * Calls the listeners one after the other; what one of them throws ends that and is thrown. A promise of one that
   * rejects is reported as a warning. Returns whether there was any.
   */
  emit<Name extends keyof Events>(event: Name, ...args: Events[Name]): boolean {
    const entries = this.#entries.get(event);
    if (entries === undefined) return false;
    for (const entry of entries) {
      if (entry.once) this.#remove(event, entry);
      reportRejection(Reflect.apply(entry.listener, this, args));
    }
    return true;
  }

  listenerCount(event: keyof Events): number {
    return this.#entries.get(event)?.length ?? 0;
  }

  listeners(event: keyof Events): Listener[] {
    return (this.#entries.get(event) ?? []).map(({ listener }) => listener);
  }

  eventNames(): (keyof Events)[] {
    return [...this.#entries.keys()];
  }

  #add(event: keyof Events, listener: Listener, { once, first = false }: { once: boolean; first?: boolean }): this {
    if (typeof listener !== "function") throw new TypeError(`a listener is a function, not ${typeof listener}`);
    const entries = this.#entries.get(event) ?? [];
    const entry = { listener, once };
    this.#entries.set(event, first ? [entry, ...entries] : [...entries, entry]);
    return this;
  }

  #remove(event: keyof Events, gone: Entry | undefined): void {
    const left = this.#entries.get(event)?.filter((entry) => entry !== gone) ?? [];
    if (left.length > 0) this.#entries.set(event, left);
    else this.#entries.delete(event);
  }
}
