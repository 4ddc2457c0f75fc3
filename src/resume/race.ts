/** Dials several carriers and takes the first one that works, in the spirit of RFC 8305. */
import { copyOf, type Bytes } from "../core/bytes.ts";
import { checkOptions, refuse, requireKind, type OptionTable } from "../core/options.ts";
import { systemClock, type ClockOption } from "../stream/clock.ts";
import { discard } from "../stream/discard.ts";
import { withResolvers } from "../stream/withResolvers.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { startTimer } from "../transports/startTimer.ts";
import { TransportError } from "../transports/transportError.ts";
import { requireAtLeast } from "./options.ts";
import type { DialCarrier } from "./sessionTransport.ts";

/** The options of {@link race}. */
export interface RaceOptions extends ClockOption {
  /** How long an arm may take before the next one starts, in milliseconds. 250 by default (RFC 8305 §5). */
  readonly headStartMs?: number | undefined;
  /** Aborting this signal ends the race, and the transport that it has led to. */
  readonly signal?: AbortSignal | undefined;
}

const table: OptionTable<RaceOptions> = {
  headStartMs: "a number",
  signal: "{ aborted, reason }",
  clock: "{ now, setTimeout, clearTimeout }",
};

/** How long a winner starts first, in milliseconds: then the order of the array counts again. */
const REMEMBERED_MS = 10 * 60_000;

/** The most bytes that are written before there is an answer. They are kept for the arms that open later. */
const OPENING_BYTES = 64 * 1024;

/** When each dial has last won. */
const winners = new WeakMap<DialCarrier, number>();

/**
 * Dials one after the other, each `headStartMs` after the one before it, or at once when that has failed. Resolves with a
 * transport as soon as one arm has opened.
 *
 * The race goes on until the first byte of the other end's answer: an arm that opens may still stall. Until then, at most
 * 64 KiB can be written, and go to each arm that is open. The first arm that brings a byte wins. All others are ended,
 * including those that open later. Whether an arm refuses or breaks off does not matter while another one is left. If all
 * fail, the promise or the streams of the transport reject with an `AggregateError` of all failures.
 *
 * The winner is remembered for ten minutes, by its function, and starts first then. So pass the same functions each time.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { race } from "websocket-over/resume";
 * import { accept, connect } from "websocket-over/stream";
 *
 * const [near, far] = pipe();
 * void accept(far).then(async (request) => (await request.accept()).send("over TCP"));
 * const dialUDP = () => Promise.reject(new Error("this network blocks UDP"));
 * const dialTCP = () => near;
 * const session = await connect(await race([dialUDP, dialTCP]));
 * console.log(await session.receive()); // → over TCP
 * await session.close();
 * ```
 */
export function race(dials: readonly DialCarrier[], options: RaceOptions = {}): Promise<ByteTransport> {
  return new Promise((resolve) => {
    if (!Array.isArray(dials) || dials.length === 0) refuse("race() takes an array of dials", dials);
    for (const dial of dials as readonly DialCarrier[]) {
      requireKind("race() takes dials, each", dial, "a function");
    }
    const checked = checkOptions("race()", options, table);
    const { headStartMs = 250, clock = systemClock, signal } = checked;
    requireAtLeast("headStartMs", headStartMs, 0);
    signal?.throwIfAborted();
    resolve(new Race(dials, headStartMs, clock, signal).opened);
  });
}

interface Arm {
  readonly dial: DialCarrier;
  readonly controller: AbortController;
  transport?: ByteTransport;
  reader?: ReadableStreamDefaultReader<Uint8Array>;
  writer?: WritableStreamDefaultWriter<Bytes>;
  closing?: Promise<void>;
  /** How many of the kept chunks have been written to it. */
  written: number;
  isOver: boolean;
}

class Race {
  readonly #opened = withResolvers<ByteTransport>();
  readonly #arms: Arm[];
  readonly #headStartMs: number;
  readonly #clock: NonNullable<RaceOptions["clock"]>;
  readonly #transport: ByteTransport;
  readonly #closed = withResolvers();
  readonly #unsubscribe: () => void;
  #started = 0;
  #stopTimer = ignore;
  readonly #errors: unknown[] = [];
  #winner: Arm | undefined;
  #isOver = false;

  /** What was written before there was a winner. */
  #kept: Bytes[] = [];
  #keptBytes = 0;
  #hasEnded = false;
  readonly #decided = withResolvers<Arm>();
  #reading!: ReadableStreamDefaultController<Uint8Array>;
  #writing!: WritableStreamDefaultController;
  #ended = 0;

  constructor(
    dials: readonly DialCarrier[],
    headStartMs: number,
    clock: NonNullable<RaceOptions["clock"]>,
    signal: AbortSignal | undefined,
  ) {
    this.#headStartMs = headStartMs;
    this.#clock = clock;
    const nowMs = clock.now();
    const wonMs = (dial: DialCarrier): number => {
      const ms = winners.get(dial) ?? -Infinity;
      return nowMs - ms < REMEMBERED_MS ? ms : -Infinity;
    };
    // The latest winner first; the others keep their order.
    const order = dials.toSorted((one, other) => (wonMs(other) > wonMs(one) ? 1 : wonMs(other) < wonMs(one) ? -1 : 0));
    this.#arms = order.map((dial) => ({ dial, controller: new AbortController(), written: 0, isOver: false }));
    this.#transport = this.#makeTransport();
    for (const { promise } of [this.#opened, this.#closed, this.#decided]) promise.catch(ignore);
    this.#unsubscribe = onAbort(signal, (reason) => this.#fail(reason));
    this.#startNext();
  }

  get opened(): Promise<ByteTransport> {
    return this.#opened.promise;
  }

  /** Starts the next arm, and sets the timer for the one after it. */
  #startNext(): void {
    this.#stopTimer();
    if (this.#isOver || this.#winner !== undefined) return;
    const arm = this.#arms[this.#started];
    if (arm === undefined) return;
    this.#started++;
    if (this.#started < this.#arms.length) {
      this.#stopTimer = startTimer(this.#headStartMs, () => this.#startNext(), this.#clock);
    }
    void this.#run(arm);
  }

  async #run(arm: Arm): Promise<void> {
    try {
      const transport = await arm.dial(arm.controller.signal);
      requireTransport("race()", transport);
      if (arm.isOver) {
        discard(transport, arm.controller.signal.reason);
        return;
      }
      arm.transport = transport;
      arm.reader = transport.readable.getReader();
      arm.writer = transport.writable.getWriter();
      arm.reader.closed.catch(ignore);
      arm.writer.closed.catch(ignore);
      this.#opened.resolve(this.#transport);
      this.#catchUp(arm);
      const { done, value } = await arm.reader.read();
      if (arm.isOver) return;
      if (done) throw new Error("the carrier has ended without an answer");
      this.#win(arm, value);
    } catch (error) {
      this.#lose(arm, error);
    }
  }

  #win(arm: Arm, first: Uint8Array): void {
    winners.set(arm.dial, this.#clock.now());
    this.#winner = arm;
    this.#stopTimer();
    for (const other of this.#arms) if (other !== arm) this.#end(other, new Error("another carrier was faster"));
    this.#kept = [];
    this.#reading.enqueue(first);
    this.#decided.resolve(arm);
  }

  #lose(arm: Arm, error: unknown): void {
    if (arm.isOver) return;
    this.#errors.push(error);
    this.#end(arm, error);
    if (this.#errors.length < this.#arms.length) this.#startNext();
    else this.#fail(new AggregateError(this.#errors, "no carrier could be reached"));
  }

  #end(arm: Arm, reason: unknown): void {
    if (arm.isOver) return;
    arm.isOver = true;
    arm.controller.abort(reason);
    if (arm.transport === undefined) return;
    void arm.reader?.cancel(reason).catch(ignore);
    void arm.writer?.abort(reason).catch(ignore);
    arm.reader?.releaseLock();
    arm.writer?.releaseLock();
    discard(arm.transport, reason);
  }

  /** Ends everything, whichever arm has won. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.#reading.error(error);
    this.#writing.error(error);
    this.#opened.reject(error);
    this.#decided.reject(error);
    for (const arm of this.#arms) this.#end(arm, error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#stopTimer();
    this.#unsubscribe();
    this.#closed.resolve();
  }

  /** One direction has ended. */
  #endDirection(): void {
    if (++this.#ended === 2 && !this.#isOver) this.#finish();
  }

  // The transport

  #makeTransport(): ByteTransport {
    const readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#reading = controller),
        pull: () => this.#pull(),
        cancel: (reason: unknown) => {
          this.#endDirection();
          if (this.#winner === undefined) this.#fail(reason ?? new Error("the answer is not wanted any more"));
          return this.#winner?.reader?.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    const writable = new WritableStream<Bytes>({
      start: (controller) => {
        this.#writing = controller;
        controller.signal.addEventListener("abort", () => {
          const { reason } = controller.signal as { reason: unknown };
          this.#endDirection();
          if (this.#winner === undefined) this.#fail(reason);
          else void this.#winner.writer?.abort(reason).catch(ignore);
        });
      },
      write: (chunk) => this.#write(chunk),
      close: async () => {
        this.#hasEnded = true;
        for (const arm of this.#arms) this.#catchUp(arm);
        await (this.#winner ?? (await this.#decided.promise)).closing;
        this.#endDirection();
      },
    });
    return { readable, writable, closed: this.#closed.promise, close: () => this.#close() };
  }

  async #pull(): Promise<void> {
    const { reader } = this.#winner ?? {};
    if (reader === undefined) {
      // The first chunk answers the read that waits.
      await this.#decided.promise.catch(ignore);
      return;
    }
    try {
      const { done, value } = await reader.read();
      if (!done) this.#reading.enqueue(value);
      else {
        this.#reading.close();
        this.#endDirection();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #write(chunk: Bytes): Promise<void> {
    if (this.#winner !== undefined) {
      await this.#winner.writer?.write(chunk);
      return;
    }
    this.#kept.push(copyOf(chunk));
    this.#keptBytes += chunk.length;
    for (const arm of this.#arms) this.#catchUp(arm);
    if (this.#keptBytes >= OPENING_BYTES) await this.#decided.promise;
  }

  /** Writes the remaining kept chunks to an open arm, as copies: it may take chunks over. */
  #catchUp(arm: Arm): void {
    const { writer } = arm;
    if (writer === undefined || arm.isOver) return;
    const fail = (error: unknown): void => {
      if (this.#winner === undefined) this.#lose(arm, error);
    };
    while (arm.written < this.#kept.length) writer.write(copyOf(this.#kept[arm.written++]!)).catch(fail);
    if (!this.#hasEnded) return;
    arm.closing = writer.close();
    arm.closing.catch(fail);
  }

  #close(): void {
    const error = new TransportError("closed", "the transport was closed");
    if (this.#winner === undefined) this.#fail(error);
    if (this.#isOver) return;
    this.#writing.error(error);
    this.#winner?.transport?.close?.();
    this.#finish();
  }
}
