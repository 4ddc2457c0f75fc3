/** What a test's server has received on one connection, in order, and which of it has been taken by expectations. */
import type { Bytes } from "../core/bytes.ts";

/** An item that a server's socket has received, as {@link matchers} see it. */
export type Received =
  | { readonly type: "text"; readonly data: string }
  | { readonly type: "bytes"; readonly data: Bytes }
  | { readonly type: "ping"; readonly data: Bytes }
  | { readonly type: "pong"; readonly data: Bytes }
  | { readonly type: "close"; readonly code: number; readonly reason: string };

export class ReceivedLog {
  readonly #items: Received[] = [];
  readonly #taken = new Set<Received>();
  readonly #listeners = new Set<() => void>();
  /** Why nothing more will come, once that is known. */
  ending: string | undefined;

  get items(): readonly Received[] {
    return this.#items;
  }

  /** Returns the items of these types that no expectation has taken. */
  untaken(types: readonly Received["type"][]): Received[] {
    return this.#items.filter((item) => types.includes(item.type) && !this.#taken.has(item));
  }

  take(item: Received): void {
    this.#taken.add(item);
  }

  add(item: Received): void {
    this.#items.push(item);
    this.#tell();
  }

  end(why: string): void {
    this.ending ??= why;
    this.#tell();
  }

  /** Resolves at the next change, or when the other promise settles. */
  async change(orElse: Promise<unknown>): Promise<void> {
    let changed!: () => void;
    const change = new Promise<void>((resolve) => (changed = resolve));
    this.#listeners.add(changed);
    await Promise.race([change, orElse]);
    this.#listeners.delete(changed);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
