/**
 * Lends engines, and keeps one of each size that has nothing to remember: without context takeover a connection needs
 * an engine only within a message, so that all connections of an extension can take turns with one.
 */

interface Engine {
  reset(): void;
}

export class Lender<T extends Engine> {
  readonly #create: (windowBits: number) => T;
  readonly #idle = new Map<number, T>();

  constructor(create: (windowBits: number) => T) {
    this.#create = create;
  }

  /** An engine that remembers nothing. */
  lend(windowBits: number): T {
    const idle = this.#idle.get(windowBits);
    if (idle === undefined) return this.#create(windowBits);
    this.#idle.delete(windowBits);
    return idle;
  }

  /** Takes one back, and makes it forget. */
  takeBack(windowBits: number, engine: T): void {
    engine.reset();
    this.#idle.set(windowBits, engine);
  }
}
