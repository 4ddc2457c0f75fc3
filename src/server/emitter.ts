/** An EventEmitter that does not need Node, with the members that applications, libraries and `node:events` call. */

import { reportRejection } from "../stream/report.ts";

type Listener = (...args: unknown[]) => unknown;

/** A listener in the list. A once-listener is wrapped in a function whose `listener` is the original, as in Node. */
type Kept = Listener & { readonly listener?: Listener };

/**
 * Events that every emitter emits about itself.
 *
 * @see {@link Emitter}
 */
export interface ListenerEvents {
  /** Before a listener is added. */
  newListener: [event: string | symbol, listener: Listener];
  /** After a listener was removed. */
  removeListener: [event: string | symbol, listener: Listener];
}

/** As in Node. */
const DEFAULT_MAX_LISTENERS = 10;

/**
 * The base of {@link Peer} and {@link WebSocketServer}: an `EventEmitter` like that of Node, for every platform. `Events`
 * maps each event to its arguments. At run time other names work too, as in Node. One difference from Node: if a
 * listener's promise rejects, that is reported as a warning and does not end the process.
 *
 * @example
 * ```ts
 * import { Emitter } from "websocket-over/server";
 *
 * class Room extends Emitter<{ joined: [name: string, count: number]; newListener: []; removeListener: [] }> {
 *   #count = 0;
 *   join = (name: string) => this.emit("joined", name, ++this.#count);
 * }
 * const room = new Room();
 * room.on("joined", (name, count) => console.log(name, count)); // → Ada 1
 * room.join("Ada");
 * ```
 */
export class Emitter<Events extends { [Name in keyof Events]: unknown[] }> {
  /** The value of `setMaxListeners`, under the name that `events.getMaxListeners` reads. */
  _maxListeners: number | undefined = undefined;
  /**
   * Lists are never changed in place, so adding or removing a listener does not affect an event that is being emitted.
   */
  readonly #kept = Object.create(null) as Record<PropertyKey, readonly Kept[] | undefined>;
  /** Events that have already caused a warning about too many listeners. */
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

  /** Adds a listener that is removed before it is called. */
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

  /** Removes the listener once. If it was added several times, removes the last one. */
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
      // Removes listeners that were added meanwhile.
      for (const name of this.eventNames()) Reflect.deleteProperty(this.#kept, name);
    }
    return this;
  }

  /**
   * Calls the listeners in order. If one throws, the rest are skipped and the error is rethrown. Returns whether there
   * were any listeners. An `error` event without a listener throws its error.
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

  /** The number of listeners of an event, or how often `listener` is among them. */
  listenerCount(event: keyof Events, listener?: (...args: never[]) => unknown): number {
    const kept = this.#kept[event] ?? [];
    return listener === undefined ? kept.length : kept.filter((each) => isOf(each, listener as Listener)).length;
  }

  listeners(event: keyof Events): Listener[] {
    return this.rawListeners(event).map(original);
  }

  /** The listeners as stored. A once-listener is wrapped in a function whose `listener` is the original. */
  rawListeners(event: keyof Events): Listener[] {
    return [...(this.#kept[event] ?? [])];
  }

  eventNames(): (keyof Events)[] {
    return Reflect.ownKeys(this.#kept) as (keyof Events)[];
  }

  /**
   * Sets the number of listeners of an event above which Node, Deno and Bun print a warning, once; 0 or `Infinity` for
   * no limit.
   */
  setMaxListeners(count: number): this {
    if (typeof count !== "number") throw new TypeError(`the number of listeners must be a number, not ${typeof count}`);
    if (!(count >= 0)) throw new RangeError(`the number of listeners must be at least 0, not ${count}`);
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
    // Node passes on its argument, unless that was the only listener.
    this.#tell("removeListener", event, kept.length === 1 ? original(kept[0]!) : listener);
  }

  /** Removes the last listener first. */
  #removeAll(event: PropertyKey): void {
    for (const listener of (this.#kept[event] ?? []).toReversed()) this.#remove(event, listener);
  }

  #tell(event: keyof ListenerEvents, ...args: unknown[]): void {
    this.emit(event as keyof Events, ...(args as Events[keyof Events]));
  }

  /** Only Node has the symbol `events.errorMonitor`. */
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
    const message = `possible leak: a ${name} has ${count} ${String(event)} listeners; setMaxListeners() raises the limit of ${most}`;
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
  if (typeof listener !== "function") throw new TypeError(`a listener must be a function, not ${typeof listener}`);
}

function unheard(error: unknown): unknown {
  if (error instanceof Error) return error;
  return Object.assign(new Error("an error event had no listener"), { code: "ERR_UNHANDLED_ERROR", context: error });
}
