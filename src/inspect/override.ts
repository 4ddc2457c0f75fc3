/** Own methods in front of those that a connection has: how it is observed without knowing. */
import type { Connection } from "../connection/connection.ts";
import type { WSConnection } from "../connection/wsConnection.ts";
import type { WSEvent } from "../core/events.ts";
import { aside } from "./aside.ts";

/** The methods of a connection by their names. A client has none of those that answer a request. */
export type Methods = {
  [
    Name in keyof WSConnection as WSConnection[Name] extends (...args: never[]) => unknown ? Name : never
  ]: WSConnection[Name];
};

/**
 * Puts an own method in front of the one that a connection has, and returns how to take it away. If somebody has put
 * another one in front of it by then it stays, and leads through. Nothing happens if the connection has no such method.
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

/** Leads the events past `observe`, which is told `undefined` when there is none. */
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
