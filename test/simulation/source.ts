/** The source of a server's transports: an iterator that yields one for each client that connects. */
import type { SimTransport } from "./network.ts";
import type { World } from "./world.ts";

export class Source implements AsyncIterableIterator<SimTransport> {
  readonly #world: World;
  readonly #most: number;
  readonly #waiting: SimTransport[] = [];
  #asking: ((result: IteratorResult<SimTransport>) => void)[] = [];
  #over = false;
  readonly #taken: SimTransport[] = [];

  /** How long it takes to bring a transport, in milliseconds. */
  readonly #lateMs: number;

  /** `most` is how many the server may hold at once. */
  constructor(world: World, most: number) {
    this.#world = world;
    this.#most = most;
    this.#lateMs = world.choices.stream("source").pick([0, 0, 0, 5, 60]);
  }

  push(transport: SimTransport): void {
    if (this.#over) {
      refuse(transport);
      return;
    }
    const asking = this.#asking.shift();
    if (asking !== undefined) {
      void this.#bring(transport).then(asking);
      return;
    }
    this.#world.mark("connections waited for room");
    this.#waiting.push(transport);
  }

  /** There will be no more. */
  finish(): void {
    this.#over = true;
    for (const transport of this.#waiting.splice(0)) refuse(transport);
    for (const asking of this.#asking.splice(0)) asking({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<SimTransport>> {
    const transport = this.#waiting.shift();
    if (transport !== undefined) return this.#bring(transport);
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  return(): Promise<IteratorResult<SimTransport>> {
    this.#world.log("source returned");
    this.finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #bring(transport: SimTransport): Promise<IteratorResult<SimTransport>> {
    if (this.#lateMs === 0) return Promise.resolve(this.#give(transport));
    this.#world.mark("transport came late");
    return this.#world.sleep(this.#lateMs).then(() => this.#give(transport));
  }

  #give(transport: SimTransport): IteratorResult<SimTransport> {
    transport.given = true;
    this.#taken.push(transport);
    this.#world.log(`${transport.outgoing.name} taken`);
    const held = this.#taken.filter(({ hasEnded }) => !hasEnded).length;
    if (held > this.#most) this.#world.fail("bounded", "the server holds more transports than maxConnections");
    return { done: false, value: transport };
  }
}

/** What becomes of a connection that nobody takes. */
function refuse({ incoming, outgoing }: SimTransport): void {
  incoming.failWriter("connection refused");
  outgoing.failReader("connection refused");
}
