/** One direction of the network: delivers the sender's chunks late, in pieces, corrupted, or not at all. */
import type { Role } from "../../src/inspect/index.ts";
import { Slices } from "../model/task.ts";
import type { Mishap, NetworkSettings } from "./settings.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Called with everything that passes, in order. `null` is the end of a direction. */
export interface WireObserver {
  departed(from: Role, id: number, bytes: Bytes | null): void;
  /** `bytes` as they arrive, valid only during the call; `spoilt` describes the corruption. */
  arrived(from: Role, id: number, bytes: Bytes | null, spoilt: string | undefined): void;
  /** A direction was cut off without an end. */
  broke(from: Role, why: string): void;
}

interface Departed {
  readonly id: number;
  readonly bytes: Bytes | null;
  readonly departedMs: number;
}

/** How many bytes can be in transit before the sender has to wait: about the size of a socket's buffers. */
const CAPACITY_BYTES = 64 * 1024;

export class Lane {
  readonly #from: Role;
  readonly #settings: () => NetworkSettings;
  readonly #observer: WireObserver;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #nextId: () => number;
  readonly #cutOff: (from: Role) => void;
  #queue: Departed[] = [];
  /** How many queued chunks were delivered. */
  #gone = 0;
  #queuedBytes = 0;
  #passedBytes = 0;
  #steps = 0;
  #mishap: Mishap | undefined;
  #delivering = false;
  #over = false;
  #wakeDelivery = (): void => {};
  #wakeReading = (): void => {};

  constructor(given: {
    readonly from: Role;
    readonly source: ReadableStream<Uint8Array>;
    readonly sink: WritableStream<Bytes>;
    readonly settings: () => NetworkSettings;
    readonly observer: WireObserver;
    readonly nextId: () => number;
    /** The network goes down after this delivery. */
    readonly cutOff: (from: Role) => void;
  }) {
    this.#from = given.from;
    this.#settings = given.settings;
    this.#observer = given.observer;
    this.#nextId = given.nextId;
    this.#cutOff = given.cutOff;
    this.#reader = given.source.getReader();
    this.#writer = given.sink.getWriter();
    this.#writer.closed.catch((error: unknown) => this.#sinkFailed(error));
    void this.#read();
  }

  /** When the next undelivered chunk departed; `undefined` if there is none. */
  get oldestMs(): number | undefined {
    return this.#queue[this.#gone]?.departedMs;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Sends bytes as if the sender had. */
  inject(bytes: Bytes): void {
    if (!this.#over) this.#depart(bytes);
  }

  arm(mishap: Mishap | undefined): void {
    this.#mishap = mishap;
  }

  /** Delivers one more chunk without further delay. */
  step(): void {
    this.#steps++;
    this.#wakeDelivery();
  }

  /** The settings have changed. */
  wake(): void {
    this.#wakeDelivery();
  }

  /** Ends the direction for both, cleanly or not, and drops what is in transit. */
  end(failure?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#queue = [];
    this.#gone = 0;
    this.#queuedBytes = 0;
    if (failure === undefined) this.#writer.close().catch(ignore);
    else this.#writer.abort(failure).catch(ignore);
    this.#reader.cancel(failure).catch(ignore);
    this.#wakeDelivery();
    this.#wakeReading();
  }

  async #read(): Promise<void> {
    for (;;) {
      while (this.#queuedBytes >= CAPACITY_BYTES) await new Promise<void>((resolve) => (this.#wakeReading = resolve));
      let chunk: Uint8Array | undefined;
      try {
        ({ value: chunk } = await this.#reader.read());
      } catch (error) {
        this.#break(error);
        return;
      }
      if (this.#over) return;
      this.#depart(chunk === undefined ? null : (chunk as Bytes));
      if (chunk === undefined) return;
    }
  }

  #depart(bytes: Bytes | null): void {
    const size = this.#settings().chunkBytes;
    const length = bytes?.length ?? 0;
    for (let at = 0; at === 0 || at < length;) {
      const piece = bytes === null || size === 0 ? bytes : bytes.subarray(at, at + size);
      const one = { id: this.#nextId(), bytes: piece, departedMs: performance.now() };
      this.#queue.push(one);
      this.#queuedBytes += piece?.length ?? 0;
      this.#observer.departed(this.#from, one.id, piece);
      at += Math.max(piece?.length ?? 0, 1);
    }
    void this.#deliver();
  }

  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    // Thousands of small chunks would hold the page otherwise.
    const slices = new Slices();
    for (let next; (next = this.#queue[this.#gone]) !== undefined;) {
      await slices.next();
      await this.#untilDue(next);
      if (this.#over) break;
      this.#gone++;
      if (this.#gone === this.#queue.length || this.#gone === 1024) {
        this.#queue.splice(0, this.#gone);
        this.#gone = 0;
      }
      await this.#pass(next);
      this.#queuedBytes -= this.#over ? 0 : (next.bytes?.length ?? 0);
      this.#wakeReading();
    }
    this.#delivering = false;
  }

  async #untilDue({ departedMs }: Departed): Promise<void> {
    while (!this.#over) {
      const { latencyMs, stepping } = this.#settings();
      if (this.#steps > 0) {
        this.#steps--;
        return;
      }
      const restMs = stepping ? Infinity : departedMs + latencyMs - performance.now();
      if (restMs <= 0) return;
      await this.#woken(restMs);
    }
  }

  #woken(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = atMostMs === Infinity ? undefined : setTimeout(resolve, atMostMs);
      this.#wakeDelivery = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #pass({ id, bytes }: Departed): Promise<void> {
    if (bytes === null) {
      this.#over = true;
      this.#observer.arrived(this.#from, id, null, undefined);
      await this.#writer.close().catch(ignore);
      return;
    }
    const { bytes: arriving, spoilt, cut } = this.#spoil(bytes);
    this.#observer.arrived(this.#from, id, arriving, spoilt);
    // A reader that does not read stops the whole lane here.
    if (arriving.length > 0) await this.#writer.write(arriving).catch(ignore);
    if (cut) this.#cutOff(this.#from);
  }

  #spoil(bytes: Bytes): { readonly bytes: Bytes; readonly spoilt: string | undefined; readonly cut: boolean } {
    const mishap = this.#mishap;
    this.#mishap = undefined;
    if (mishap?.kind === "cut") {
      return { bytes: bytes.slice(0, Math.ceil(bytes.length / 2)), spoilt: "cut", cut: true };
    }
    let flipped = 0;
    const arriving = bytes.slice();
    const flip = (at: number, mask: number): void => {
      arriving[at]! ^= mask;
      flipped++;
    };
    if (mishap !== undefined) flip(Math.min(mishap.offset, bytes.length - 1), mishap.mask);
    const { corruptEvery } = this.#settings();
    if (corruptEvery > 0) {
      const before = this.#passedBytes % corruptEvery;
      for (let at = corruptEvery - 1 - before; at < bytes.length; at += corruptEvery) flip(at, 0x04);
    }
    this.#passedBytes += bytes.length;
    const spoilt = flipped === 0 ? undefined : `${flipped === 1 ? "one byte" : `${flipped} bytes`} corrupted`;
    return { bytes: arriving, spoilt, cut: false };
  }

  /** The sender was cut off. */
  #break(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#observer.broke(this.#from, error instanceof Error ? error.message : String(error));
    this.#writer.abort(error).catch(ignore);
    this.#wakeDelivery();
  }

  /** The receiver stopped reading. */
  #sinkFailed(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#observer.broke(this.#from, error instanceof Error ? error.message : String(error));
    this.#reader.cancel(error).catch(ignore);
    this.#wakeDelivery();
    this.#wakeReading();
  }
}

function ignore(): void {}
