/** The wire between a test's server and its transport, which can simulate the faults of a network. */
import { concat, EMPTY, type Bytes } from "../core/bytes.ts";
import type { Clock } from "../stream/clock.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { encodeFrame } from "./frame.ts";
import { realTimeout } from "./realTime.ts";

/** A direction as the server sees it; see {@link webSocketServer}. */
export type Direction = "incoming" | "outgoing";

/** The options of `fault.cut()`; see {@link webSocketServer}. */
export interface CutOptions {
  /** Sends half of a frame first: of what is waiting to be sent, or else of a made-up text frame. */
  readonly midFrame?: boolean;
  /** Cuts after this many more outgoing bytes. At once by default. */
  readonly afterBytes?: number;
}

/** The options of `fault.corrupt()`; see {@link webSocketServer}. */
export interface CorruptOptions {
  /** Which of the outgoing bytes to corrupt, counted from now on; the next one by default. */
  readonly offset?: number;
  /** The bits to flip; by default the reserved bits of a frame's first byte, `0x70`. */
  readonly xor?: number;
}

/**
 * Faults of one connection. Sizes are in bytes, times in milliseconds.
 *
 * @see {@link webSocketServer}
 */
export interface Fault {
  /** Ends the stream without a Close frame, as a lost connection does. Resolves when the transport has ended. */
  cut(options?: CutOptions): Promise<void>;
  /** Aborts the transport: a TCP connection is reset, and bytes in flight are lost. */
  reset(): Promise<void>;
  /** Stops one direction or both, until `resume`. `"incoming"` simulates a server that does not read. */
  stall(direction?: Direction): void;
  resume(direction?: Direction): void;
  /** Sends outgoing bytes in pieces of at most `bytes` bytes; `Infinity` ends that. */
  chunk(bytes: number): void;
  /** Delays each outgoing piece by `ms` milliseconds; 0 ends that. */
  delay(ms: number): void;
  /** Flips bits in one byte of the next output. */
  corrupt(options?: CorruptOptions): void;
}

/** How long the last bytes may take before the transport is closed anyway, in milliseconds. */
const LAST_BYTES_MS = 1000;

export class Wire implements Fault {
  /** Resolves when nothing passes any more, whichever side ended it. */
  readonly ended: Promise<void>;
  readonly #atTheEnd: Promise<{ done: true; value: undefined }>;
  readonly #transport: ByteTransport;
  readonly #clock: Clock;
  readonly #observe: (direction: Direction, bytes: Uint8Array) => void;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #end: () => void;
  #isOver = false;

  readonly #stalled = { incoming: false, outgoing: false };
  #chunkBytes = Infinity;
  #delayMs = 0;
  #corruption: { offset: number; xor: number } | undefined;
  /** How many bytes may still be sent before the cut. */
  #cutAfter = Infinity;
  #cutDone: Promise<void> | undefined;

  #queue: { bytes: Bytes; sent: () => void }[] = [];
  #pumping: Promise<void> | undefined;
  /** Ends the current waits for a stall or a delay. */
  readonly #wake = new Set<() => void>();

  /** `observe` is called with the bytes that actually pass in either direction. It must not change them. */
  constructor(transport: ByteTransport, clock: Clock, observe: (direction: Direction, bytes: Uint8Array) => void) {
    if (transport.readable.locked || transport.writable.locked) {
      throw new TypeError("the transport is in use: one of its streams is locked");
    }
    this.#transport = transport;
    this.#clock = clock;
    this.#observe = observe;
    this.#reader = transport.readable.getReader();
    this.#writer = transport.writable.getWriter();
    this.#writer.closed.catch(ignore);
    Promise.resolve(transport.closed).catch(ignore);
    let end!: () => void;
    this.ended = new Promise((resolve) => (end = resolve));
    this.#end = end;
    this.#atTheEnd = this.ended.then(() => ({ done: true, value: undefined }));
  }

  /** Reads the next bytes. `bytes` is `null` at the end, or if the transport failed; then `fault` is its error. */
  async read(): Promise<{ bytes: Uint8Array | null; fault?: unknown }> {
    try {
      const { done, value } = await Promise.race([this.#reader.read(), this.#atTheEnd]);
      while (this.#stalled.incoming && !this.#isOver) await this.#until();
      if (done || this.#isOver) return { bytes: null };
      // Node's Buffer is a Uint8Array whose `slice` does not copy.
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.length);
      this.#observe("incoming", bytes);
      return { bytes };
    } catch (fault) {
      return { bytes: null, fault };
    }
  }

  /** Sends a copy of the bytes. Resolves when the transport has accepted them, or never will. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#isOver || bytes.length === 0) return Promise.resolve();
    return new Promise((sent) => {
      this.#queue.push({ bytes: new Uint8Array(bytes), sent });
      this.#pumping ??= this.#pump();
    });
  }

  /** Sends what is left, then ends. A stall or a delay holds this up too, because the test asked for it. */
  async close(): Promise<void> {
    await Promise.race([this.#pumping, this.ended]);
    if (!this.#isEnding) await (this.#cutDone = this.#cut(EMPTY));
    await this.ended;
  }

  async cut({ midFrame = false, afterBytes }: CutOptions = {}): Promise<void> {
    if (afterBytes !== undefined && requireCount("afterBytes", afterBytes) > 0) {
      this.#cutAfter = afterBytes;
      return this.ended;
    }
    if (this.#isOver) return this.ended;
    return (this.#cutDone ??= this.#cut(midFrame ? this.#halfAFrame() : EMPTY));
  }

  reset(): Promise<void> {
    if (!this.#isOver) {
      const reason = "the connection was reset";
      this.#writer.abort(reason).catch(ignore);
      this.#reader.cancel(reason).catch(ignore);
      this.#finish();
    }
    return this.ended;
  }

  stall(direction?: Direction): void {
    for (const one of directionsOf(direction)) this.#stalled[one] = true;
  }

  resume(direction?: Direction): void {
    for (const one of directionsOf(direction)) this.#stalled[one] = false;
    this.#retry();
  }

  chunk(bytes: number): void {
    if (bytes !== Infinity) requireCount("chunk", bytes, 1);
    this.#chunkBytes = bytes;
  }

  delay(ms: number): void {
    if (!(ms >= 0 && ms < Infinity))
      throw new RangeError(`a delay must be a number of milliseconds, not ${String(ms)}`);
    this.#delayMs = ms;
    this.#retry();
  }

  corrupt({ offset = 0, xor = 0x70 }: CorruptOptions = {}): void {
    requireCount("offset", offset);
    if (!Number.isInteger(xor) || xor < 1 || xor > 255) {
      throw new RangeError(`xor must be 1 to 255, not ${String(xor)}`);
    }
    this.#corruption = { offset, xor };
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0 && !this.#isEnding) {
      const dueMs = this.#clock.now() + this.#delayMs;
      while (!this.#isEnding && (this.#stalled.outgoing || (this.#delayMs > 0 && this.#clock.now() < dueMs))) {
        await this.#until(this.#stalled.outgoing ? undefined : dueMs - this.#clock.now());
      }
      if (!this.#isEnding) await this.#send(this.#take());
    }
    this.#pumping = undefined;
  }

  get #isEnding(): boolean {
    return this.#isOver || this.#cutDone !== undefined;
  }

  /** Returns the next piece that may be sent. */
  #take(): { bytes: Bytes; sent: () => void } {
    const next = this.#queue[0]!;
    const length = Math.min(next.bytes.length, this.#chunkBytes, this.#cutAfter);
    if (length === next.bytes.length) return this.#queue.shift()!;
    const bytes = next.bytes.slice(0, length);
    next.bytes = next.bytes.subarray(length);
    return { bytes, sent: ignore };
  }

  async #send({ bytes, sent }: { bytes: Bytes; sent: () => void }): Promise<void> {
    this.#corruptIn(bytes);
    this.#cutAfter -= bytes.length;
    await Promise.race([this.#put(bytes).catch(ignore), this.ended]);
    sent();
    if (this.#cutAfter === 0) void this.cut();
  }

  #put(bytes: Bytes): Promise<void> {
    this.#observe("outgoing", bytes);
    return this.#writer.write(bytes);
  }

  #corruptIn(bytes: Bytes): void {
    if (this.#corruption === undefined) return;
    const { offset, xor } = this.#corruption;
    if (offset < bytes.length) {
      bytes[offset]! ^= xor;
      this.#corruption = undefined;
    } else {
      this.#corruption = { offset: offset - bytes.length, xor };
    }
  }

  #halfAFrame(): Bytes {
    const waiting = concat(this.#queue.map(({ bytes }) => bytes));
    const frame = waiting.length > 1 ? waiting : encodeFrame({ opcode: "text", payload: "half a frame" });
    return frame.slice(0, frame.length >> 1);
  }

  async #cut(last: Bytes): Promise<void> {
    this.#retry();
    const patience = realTimeout(LAST_BYTES_MS);
    const written = Promise.all([last.length > 0 ? this.#put(last) : undefined, this.#writer.close()]);
    // Unread bytes would make TCP reset the connection, and the last bytes might be lost.
    const over = written.then(() => this.#readToTheEnd());
    await Promise.race([over.catch(ignore), this.ended, patience.passed]);
    patience.cancel();
    this.#finish();
  }

  async #readToTheEnd(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.#transport.close?.();
    } catch {
      // It has already ended; some transports throw then.
    }
    for (const { sent } of this.#queue.splice(0)) sent();
    this.#end();
    this.#retry();
  }

  /** Resolves when something has changed, or after `ms` milliseconds. */
  #until(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : this.#clock.setTimeout(() => done(), ms);
      const done = (): void => {
        if (timer !== undefined) this.#clock.clearTimeout(timer);
        this.#wake.delete(done);
        resolve();
      };
      this.#wake.add(done);
    });
  }

  #retry(): void {
    for (const done of [...this.#wake]) done();
  }
}

function directionsOf(direction: Direction | undefined): readonly Direction[] {
  if (direction === undefined) return ["incoming", "outgoing"];
  if (direction !== "incoming" && direction !== "outgoing") {
    throw new TypeError(`a direction must be "incoming" or "outgoing", not ${String(direction)}`);
  }
  return [direction];
}

function requireCount(name: string, value: number, least = 0): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number of bytes, at least ${least}, not ${String(value)}`);
  }
  return value;
}
