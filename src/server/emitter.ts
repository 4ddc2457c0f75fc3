/** Node's EventEmitter where there may be no Node: the members that applications, libraries and `node:events` call. */

import { reportRejection } from "../stream/report.ts";

type Listener = (...args: unknown[]) => unknown;

/** A listener as it is kept: around one that is called once there is a function that names it, as in Node. */
type Kept = Listener & { readonly listener?: Listener };

/** What every emitter tells of itself. */
export interface ListenerEvents {
  /** Before a listener is added. */
  newListener: [event: string | symbol, listener: Listener];
  /** After a listener was removed. */
  removeListener: [event: string | symbol, listener: Listener];
}

/** As in Node. */
const DEFAULT_MAX_LISTENERS = 10;

/**
 * `Events` names the arguments of each event. Names that it does not know are let pass at run time, as in Node. Differs
 * from Node's in one thing: a listener's promise that rejects is reported as a warning, and does not end the process.
 */
export class Emitter<Events extends { [Name in keyof Events]: unknown[] }> {
  /** What was set, under the name where `events.getMaxListeners` looks for it. */
  _maxListeners: number | undefined = undefined;
  /** Lists are never changed in place: a listener that is added or removed makes no difference to an event under way. */
  readonly #kept = Object.create(null) as Record<PropertyKey, readonly Kept[] | undefined>;
  /** The events of which a warning has said that they have too many listeners. */
  readonly #warned = new Set<PropertyKey>();

  on<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => unknown): this {
    return this.#add(event, listener as Listener);
  }

  addListener<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => unknown): this {
    return this.#add(event, listener as Listener);
  }

  prependListener<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: Events[Name]) => unknown,
  ): this {
    return this.#add(event, listener as Listener, true);
  }

  /** The listener is removed before it is called. */
  once<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => unknown): this {
    return this.#add(event, this.#onceOnly(event, listener as Listener));
  }

  prependOnceListener<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: Events[Name]) => unknown,
  ): this {
    return this.#add(event, this.#onceOnly(event, listener as Listener), true);
  }

  off<Name extends keyof Events>(event: Name, listener: (this: this, ...args: Events[Name]) => unknown): this {
    return this.removeListener(event, listener);
  }

  /** Removes the listener once: of equal ones that which was added last. */
  removeListener<Name extends keyof Events>(
    event: Name,
    listener: (this: this, ...args: Events[Name]) => unknown,
  ): this {
    this.#remove(event, listener as Listener);
    return this;
  }

  removeAllListeners(event?: keyof Events): this {
    if (event !== undefined) this.#removeAll(event);
    else {
      for (const name of this.eventNames()) if (name !== "removeListener") this.#removeAll(name);
      this.#removeAll("removeListener");
      // Those that were added meanwhile.
      for (const name of this.eventNames()) Reflect.deleteProperty(this.#kept, name);
    }
    return this;
  }

  /**
   * Calls the listeners one after the other; what one of them throws ends that and is thrown. Returns whether there was
   * any. An `error` that has none is thrown.
   */
  emit<Name extends keyof Events>(event: Name, ...args: Events[Name]): boolean {
    if (event === "error") this.#monitor(args);
    const listeners = this.#kept[event];
    if (listeners === undefined) {
      if (event === "error") throw unheard(args[0]);
      return false;
    }
    for (const listener of listeners) reportRejection(Reflect.apply(listener, this, args));
    return true;
  }

  /** How many there are; with `listener` how many times that one is there. */
  listenerCount(event: keyof Events, listener?: (...args: never[]) => unknown): number {
    const kept = this.#kept[event] ?? [];
    return listener === undefined ? kept.length : kept.filter((each) => isOf(each, listener as Listener)).length;
  }

  listeners(event: keyof Events): Listener[] {
    return this.rawListeners(event).map(original);
  }

  /** As they are kept: one that is called once is in a function whose `listener` it is. */
  rawListeners(event: keyof Events): Listener[] {
    return [...(this.#kept[event] ?? [])];
  }

  eventNames(): (keyof Events)[] {
    return Reflect.ownKeys(this.#kept) as (keyof Events)[];
  }

  /** On Node, Deno and Bun a warning tells if an event has more listeners than that, once; 0 or `Infinity` for no limit. */
  setMaxListeners(count: number): this {
    if (typeof count !== "number") throw new TypeError(`a number of listeners is a number, not ${typeof count}`);
    if (!(count >= 0)) throw new RangeError(`a number of listeners is at least 0, not ${count}`);
    this._maxListeners = count;
    return this;
  }

  getMaxListeners(): number {
    return this._maxListeners ?? DEFAULT_MAX_LISTENERS;
  }

  #add(event: PropertyKey, listener: Kept, first = false): this {
    requireFunction(listener);
    if (this.#kept.newListener !== undefined) this.#tell("newListener", event, original(listener));
    const kept = this.#kept[event] ?? [];
    const now = first ? [listener, ...kept] : [...kept, listener];
    this.#kept[event] = now;
    this.#warn(event, now.length);
    return this;
  }

  #onceOnly(event: PropertyKey, listener: Listener): Kept {
    requireFunction(listener);
    let called = false;
    const once = (...args: unknown[]): unknown => {
      if (called) return undefined;
      this.#remove(event, once);
      called = true;
      return Reflect.apply(listener, this, args);
    };
    return Object.assign(once, { listener });
  }

  #remove(event: PropertyKey, listener: Listener): void {
    requireFunction(listener);
    const kept = this.#kept[event] ?? [];
    const at = kept.findLastIndex((each) => isOf(each, listener));
    if (at < 0) return;
    if (kept.length > 1) this.#kept[event] = kept.toSpliced(at, 1);
    else Reflect.deleteProperty(this.#kept, event);
    if (kept.length <= 2) this.#warned.delete(event);
    if (this.#kept.removeListener === undefined) return;
    // Node names what it was given, unless that was the only listener.
    this.#tell("removeListener", event, kept.length === 1 ? original(kept[0]!) : listener);
  }

  /** The last one first. */
  #removeAll(event: PropertyKey): void {
    for (const listener of (this.#kept[event] ?? []).toReversed()) this.#remove(event, listener);
  }

  #tell(event: keyof ListenerEvents, ...args: unknown[]): void {
    this.emit(event as keyof Events, ...(args as Events[keyof Events]));
  }

  /** `events.errorMonitor` is a symbol that only Node has. */
  #monitor(args: Events[keyof Events]): void {
    for (const name of Object.getOwnPropertySymbols(this.#kept)) {
      if (name.description === "events.errorMonitor") this.emit(name as keyof Events, ...args);
    }
  }

  #warn(event: PropertyKey, count: number): void {
    const most = this.getMaxListeners();
    if (most === 0 || count <= most || this.#warned.has(event)) return;
    this.#warned.add(event);
    const { process } = globalThis as { process?: { emitWarning?: (warning: Error) => void } };
    const { name } = this.constructor;
    const message = `${count} ${String(event)} listeners were added to a ${name}, which may be a leak: setMaxListeners() raises the limit of ${most}`;
    const warning = Object.assign(new Error(message), { name: "MaxListenersExceededWarning" });
    process?.emitWarning?.(Object.assign(warning, { emitter: this, type: event, count }));
  }
}

function original(kept: Kept): Listener {
  return kept.listener ?? kept;
}

function isOf(kept: Kept, listener: Listener): boolean {
  return kept === listener || kept.listener === listener;
}

function requireFunction(listener: unknown): void {
  if (typeof listener !== "function") throw new TypeError(`a listener is a function, not ${typeof listener}`);
}

function unheard(error: unknown): unknown {
  if (error instanceof Error) return error;
  return Object.assign(new Error("an error event had no listener"), { code: "ERR_UNHANDLED_ERROR", context: error });
}
