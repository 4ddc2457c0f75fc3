/** One end of a session as a byte transport: carries out what its machine commands. */
import type { Bytes } from "../core/bytes.ts";
import { LONGEST_TIMER_MS, type Clock } from "../stream/clock.ts";
import { discard } from "../stream/discard.ts";
import { Fifo } from "../stream/fifo.ts";
import { attempt } from "../stream/report.ts";
import { withResolvers } from "../stream/withResolvers.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { startTimer } from "../transports/startTimer.ts";
import { TransportError } from "../transports/transportError.ts";
import { Carrier } from "./carrier.ts";
import type { FrameReader } from "./frames.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Command, Happening, ResumeState, SessionMachine } from "./sessionMachine.ts";
import { Unread } from "./unread.ts";

/**
 * Opens a carrier. If the signal is aborted, the carrier is not needed any more.
 *
 * @see {@link resumable}
 */
export type DialCarrier = (signal: AbortSignal) => ByteTransport | PromiseLike<ByteTransport>;

/**
 * A byte transport that outlives its carriers. Chunks are copied when they are written, so the writer may reuse them; the
 * reader owns the chunks that it reads. Closing the writer waits until the reader at the other end has taken everything.
 * If the session is lost, both streams fail with a {@link ResumeError}, and `closed` rejects with it.
 *
 * @see {@link resumable}
 */
export interface ResumableTransport extends ByteTransport {
  /**
   * `connecting` until the other end has answered for the first time, `connected` while there is a carrier, `resuming`
   * while there is none; finally `closed` if both directions have ended, or `failed` if the session was lost or
   * aborted.
   */
  readonly state: ResumeState;
  /** Called when `state` has changed. */
  onstatechange: (() => void) | null;
  /** The last measured round trip over a carrier, in milliseconds. */
  readonly roundTripMs: number | undefined;
  /** How many written bytes the reader at the other end has not taken. */
  readonly waitingBytes: number;
  /**
   * Client: dials again while the current carrier is in use, and moves to the new one once it has answered. Nothing is
   * lost or delayed. If the dial fails, nothing changes. Does nothing on the server, or while a dial is under way.
   */
  redial(): void;
  close(): void;
}

/** A dial under way, or an open carrier. */
interface Link {
  readonly dial: AbortController;
  carrier: Carrier | undefined;
}

export interface SessionHooks {
  readonly dial?: DialCarrier;
  /** Called after each happening. */
  readonly followed?: () => void;
  /** Nothing will happen any more. */
  readonly forgotten?: () => void;
}

export class SessionTransport {
  readonly transport: ResumableTransport;
  readonly #machine: SessionMachine;
  readonly #clock: Clock;
  readonly #probeMs: number;
  readonly #hooks: SessionHooks;
  readonly #links = new Map<number, Link>();
  readonly #closed = withResolvers();
  #unsubscribe = ignore;

  readonly #commands = new Fifo<Command>();
  #isExecuting = false;
  #timer: unknown;
  #timerMs = Infinity;

  #reading!: ReadableStreamDefaultController<Uint8Array>;
  #unread = new Unread();
  #isWanted = false;
  #isInputEnding = false;
  #isInputOver = false;

  #writing!: WritableStreamDefaultController;
  #outputEnded = withResolvers();
  #wake = ignore;

  constructor(machine: SessionMachine, { clock, probeMs, signal }: ResolvedOptions, hooks: SessionHooks, origin = {}) {
    this.#machine = machine;
    this.#clock = clock;
    this.#probeMs = probeMs;
    this.#hooks = hooks;
    this.transport = this.#makeTransport(origin);
    this.#closed.promise.catch(ignore);
    this.#outputEnded.promise.catch(ignore);
    this.#unsubscribe = onAbort(signal, (reason) => this.handle({ type: "aborted", reason }));
  }

  /** Server: takes over a carrier that has named this session. */
  adopt(carrier: Carrier, number: number, attachment: number, windowBytes: number, reader: FrameReader): void {
    this.#links.set(number, { dial: new AbortController(), carrier });
    this.#listenTo(carrier, number);
    this.handle({ type: "greeted", carrier: number, attachment, windowBytes, reader });
  }

  handle(happening: Happening): void {
    try {
      for (const command of this.#machine.handle(happening, this.#clock.now())) this.#commands.push(command);
      if (this.#isExecuting) return;
      this.#isExecuting = true;
      while (this.#commands.size > 0) this.#execute(this.#commands.shift());
      this.#isExecuting = false;
      this.#setTimer();
    } catch (error) {
      // The clock or the source of random bytes has thrown.
      this.#isExecuting = false;
      if (happening.type === "aborted") throw error;
      this.handle({ type: "aborted", reason: error });
    }
    this.#hooks.followed?.();
  }

  #execute(command: Command): void {
    switch (command.type) {
      case "dial":
        void this.#dial(command.carrier);
        return;
      case "write":
        this.#links.get(command.carrier)?.carrier?.write(command.chunk);
        return;
      case "hangUp":
        void this.#hangUp(command.carrier);
        return;
      case "drop": {
        const link = this.#links.get(command.carrier);
        this.#links.delete(command.carrier);
        link?.dial.abort();
        link?.carrier?.drop();
        return;
      }
      case "deliver":
        // A reader that waits gets the bytes as they came.
        if (this.#isWanted) this.#pass(command.bytes);
        else this.#unread.push(command.bytes);
        return;
      case "endInput":
        this.#isInputEnding = true;
        this.#finishInput();
        return;
      case "failInput":
        if (!this.#isInputOver) this.#reading.error(command.error);
        this.#endInput();
        return;
      case "outputEnded":
        this.#outputEnded.resolve();
        return;
      case "failOutput":
        this.#failOutput(command.error);
        return;
      case "room":
        this.#wake();
        return;
      case "state": {
        const { state, fault } = this.#machine;
        if (state === "closed") this.#closed.resolve();
        if (state === "failed") this.#closed.reject(fault);
        attempt(() => this.transport.onstatechange?.());
        return;
      }
      case "forget":
        this.#clock.clearTimeout(this.#timer);
        this.#unsubscribe();
        this.#hooks.forgotten?.();
        return;
      default:
        command satisfies never;
    }
  }

  // Carriers

  async #dial(number: number): Promise<void> {
    const link: Link = { dial: new AbortController(), carrier: undefined };
    this.#links.set(number, link);
    try {
      const transport = await this.#hooks.dial!(link.dial.signal);
      requireTransport("resumable()", transport);
      if (this.#links.get(number) !== link) {
        discard(transport, link.dial.signal.reason);
        return;
      }
      link.carrier = new Carrier(transport);
    } catch (error) {
      this.handle({ type: "lost", carrier: number, error });
      return;
    }
    this.#listenTo(link.carrier, number);
    this.handle({ type: "opened", carrier: number });
  }

  #listenTo(carrier: Carrier, number: number): void {
    carrier.report({
      chunk: (chunk) => this.handle({ type: "chunk", carrier: number, chunk }),
      written: () => this.handle({ type: "written", carrier: number }),
      lost: (error) => this.handle({ type: "lost", carrier: number, error }),
    });
  }

  async #hangUp(number: number): Promise<void> {
    const { carrier } = this.#links.get(number)!;
    this.#links.delete(number);
    if (carrier === undefined) return;
    const stopTimer = startTimer(this.#probeMs, () => carrier.drop(), this.#clock);
    await carrier.hangUp();
    stopTimer();
    carrier.drop();
  }

  #setTimer(): void {
    const dueMs = this.#machine.nextDeadlineMs;
    if (dueMs >= this.#timerMs) return; // the timer that is set finds out
    this.#clock.clearTimeout(this.#timer);
    this.#timerMs = dueMs;
    const ring = (): void => {
      this.#timerMs = Infinity;
      this.handle({ type: "time" });
    };
    // Whole milliseconds: the rest of one may be too short for the clock to advance.
    this.#timer = this.#clock.setTimeout(
      ring,
      Math.max(0, Math.min(Math.ceil(dueMs - this.#clock.now()), LONGEST_TIMER_MS)),
    );
  }

  // The application's streams

  #makeTransport(origin: Partial<ByteTransport>): ResumableTransport {
    const machine = this.#machine;
    const readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#reading = controller),
        pull: () => this.#pull(),
        cancel: () => {
          this.#endInput();
          this.handle({ type: "stopped" });
        },
      },
      // A chunk counts as taken when it is asked for.
      { highWaterMark: 0 },
    );
    const writable = new WritableStream<Bytes>({
      start: (controller) => {
        this.#writing = controller;
        controller.signal.addEventListener("abort", () => {
          this.handle({ type: "reset" });
          this.#outputEnded.reject(controller.signal.reason);
        });
      },
      write: (chunk) => this.#write(chunk),
      close: () => {
        this.handle({ type: "ended" });
        return this.#outputEnded.promise;
      },
    });
    return {
      ...origin,
      readable,
      writable,
      copiesChunks: true,
      closed: this.#closed.promise,
      onstatechange: null,
      get state() {
        return machine.state;
      },
      get roundTripMs() {
        return machine.roundTripMs;
      },
      get waitingBytes() {
        return machine.waitingBytes;
      },
      redial: () => this.handle({ type: "redial" }),
      close: () => this.#close(),
    };
  }

  #pull(): void {
    if (this.#unread.isEmpty) this.#isWanted = true;
    else this.#pass(this.#unread.shift());
  }

  /** Hands bytes to the reader that has asked for some. */
  #pass(bytes: Uint8Array): void {
    this.#isWanted = false;
    this.#reading.enqueue(bytes);
    this.handle({ type: "taken", bytes: bytes.length });
    this.#finishInput();
  }

  /** Ends the reader's stream once it has read everything. */
  #finishInput(): void {
    if (this.#isInputOver || !this.#isInputEnding || !this.#unread.isEmpty) return;
    this.#reading.close();
    this.#endInput();
    this.handle({ type: "endTaken" });
  }

  #endInput(): void {
    this.#isInputOver = true;
    this.#isWanted = false;
    this.#unread = new Unread();
  }

  #write(chunk: unknown): Promise<void> | undefined {
    if (!(chunk instanceof Uint8Array)) {
      const error = new TypeError("a transport carries Uint8Array chunks");
      this.handle({ type: "reset" });
      throw error;
    }
    if (chunk.length === 0) return undefined; // it may be detached
    const done = this.#offer(chunk, 0);
    return done < chunk.length ? this.#writeRest(chunk, done) : undefined;
  }

  #offer(chunk: Uint8Array, from: number): number {
    const count = this.#machine.offer(chunk, from);
    if (count > 0) this.handle({ type: "offered" });
    return from + count;
  }

  async #writeRest(chunk: Uint8Array, from: number): Promise<void> {
    for (let done = from; done < chunk.length; done = this.#offer(chunk, done)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #failOutput(error: unknown): void {
    this.#writing.error(error);
    this.#outputEnded.reject(error);
    this.#wake();
  }

  #close(): void {
    if (this.#machine.isForgotten) return;
    this.handle({ type: "closed" });
    this.#failOutput(new TransportError("closed", "the transport was closed"));
    // What has arrived may still be read.
    this.#isInputEnding = true;
    this.#finishInput();
    this.#closed.resolve();
  }
}
