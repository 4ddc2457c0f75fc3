/**
 * Lends engines, and keeps one cleared engine of each window size. Without context takeover a connection needs an
 * engine only during a message, so all connections of an extension can share one.
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

  /** Lends an engine with an empty window. */
  lend(windowBits: number): T {
    const idle = this.#idle.get(windowBits);
    if (idle === undefined) return this.#create(windowBits);
    this.#idle.delete(windowBits);
    return idle;
  }

  /** Takes an engine back and clears its window. */
  takeBack(windowBits: number, engine: T): void {
    engine.reset();
    this.#idle.set(windowBits, engine);
  }
}
