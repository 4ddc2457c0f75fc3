/** Own methods in front of those that a connection has: how it is observed without knowing. */
import type { WSConnection } from "../connection/wsConnection.ts";
import type { WSEvent } from "../core/events.ts";
import { aside } from "./aside.ts";

/** The methods of a connection by their names. */
export type Methods = {
  [
    Name in keyof WSConnection as WSConnection[Name] extends (...args: never[]) => unknown ? Name : never
  ]: WSConnection[Name];
};

/**
 * Puts an own method in front of the one that a connection has, and returns how to take it away. If somebody has put
 * another one in front of it by then it stays, and leads through.
 */
export function override<Name extends keyof Methods>(
  connection: WSConnection,
  name: Name,
  make: (original: Methods[Name]) => Methods[Name],
): () => void {
  const original = (connection[name] as (...args: never[]) => unknown).bind(connection) as Methods[Name];
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
export function overrideEvents(connection: WSConnection, observe: (event: WSEvent | undefined) => void): () => void {
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
