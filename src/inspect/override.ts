/** Shadows a connection's methods to observe it. */
import type { Connection } from "../connection/connection.ts";
import type { WSConnection } from "../connection/wsConnection.ts";
import type { WSEvent } from "../core/events.ts";
import { aside } from "./aside.ts";

/** A connection's methods by name. A client lacks those that answer a request. */
export type Methods = {
  [
    Name in keyof WSConnection as WSConnection[Name] extends (...args: never[]) => unknown ? Name : never
  ]: WSConnection[Name];
};

/**
 * Shadows a method of the connection. Returns a function that restores the original. If another override has been added
 * since, restoring does nothing, and calls still pass through this one. Does nothing if the connection does not have
 * the method.
 */
export function override<Name extends keyof Methods>(
  observed: Connection,
  name: Name,
  make: (original: Methods[Name]) => Methods[Name],
): () => void {
  const connection = observed as Connection & Partial<Methods>;
  const method = connection[name] as ((...args: never[]) => unknown) | undefined;
  if (method === undefined) return () => {};
  const original = method.bind(connection) as Methods[Name];
  const value = make(original);
  const before = Object.getOwnPropertyDescriptor(connection, name);
  Object.defineProperty(connection, name, { value, writable: true, configurable: true });
  return () => {
    if (connection[name] !== value) return;
    if (before === undefined) Reflect.deleteProperty(connection, name);
    else Object.defineProperty(connection, name, before);
  };
}

/** Calls `observe` with each event that is pulled, and with `undefined` when there is none. */
export function overrideEvents(connection: Connection, observe: (event: WSEvent | undefined) => void): () => void {
  return override(connection, "events", (events) => {
    const tapped = new ObservedEvents(events(), observe);
    return () => tapped;
  });
}

class ObservedEvents implements IterableIterator<WSEvent> {
  readonly #events: IterableIterator<WSEvent>;
  readonly #observe: (event: WSEvent | undefined) => void;

  constructor(events: IterableIterator<WSEvent>, observe: (event: WSEvent | undefined) => void) {
    this.#events = events;
    this.#observe = observe;
  }

  next(): IteratorResult<WSEvent, undefined> {
    const result = this.#events.next() as IteratorResult<WSEvent, undefined>;
    aside(() => this.#observe(result.value));
    return result;
  }

  [Symbol.iterator](): this {
    return this;
  }
}
