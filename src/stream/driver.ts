/** Joins a connection to a byte transport: carries out what the driver's machine decides, and tells it what happens. */
import type { Connection } from "../connection/connection.ts";
import { putTogether, type Bytes } from "../core/bytes.ts";
import type { WSEvent } from "../core/events.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { ChunkReader } from "./chunkReader.ts";
import { LONGEST_TIMER_MS, systemClock, type Clock, type ClockOption } from "./clock.ts";
import { DriverMachine, GATHERED_BYTES, type Command, type DriverTiming, type Happening } from "./driverMachine.ts";
import { report } from "./report.ts";
import { keepSpare, takeSpare } from "./spareBlock.ts";

const AT_ONCE = Promise.resolve();

/**
 * Takes an event, and copies what it keeps of its bytes, whose memory is read into again. A promise asks for time: the
 * events after it wait, and with them the peer. The last event is `connectionClosed`. It comes when the last bytes have
 * been written or are lost, and does not wait for such a promise.
 */
export type EventHandler = (event: WSEvent) => PromiseLike<void> | undefined;

/** Called when the transport has taken what was queued before, or with the reason why it never will. */
export type WrittenCallback = (error?: unknown) => void;

export interface DriverOptions extends DriverTiming, ClockOption {}

const CALLED: Happening = { type: "called" };
const INPUT_ENDED: Happening = { type: "inputEnded" };
const YIELDED: Happening = { type: "yielded" };
const RESTED: Happening = { type: "rested" };
const WRITTEN: Happening = { type: "written" };
const OUTPUT_ENDED: Happening = { type: "outputEnded" };
const TRANSPORT_CLOSED: Happening = { type: "transportClosed" };
const TAKEN: Happening = { type: "taken" };
const TIME: Happening = { type: "time" };

/**
 * Runs one connection over one transport, both of which are its own from now on. Decides nothing itself: see
 * {@link DriverMachine}.
 */
export class Driver {
  /** Fulfilled when the transport has ended both ways, or was given up, and nothing is left behind. */
  readonly finished: Promise<void>;
  readonly #machine: DriverMachine;
  readonly #transport: ByteTransport;
  readonly #copiesChunks: boolean;
  readonly #reader: ChunkReader;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #handle: EventHandler;
  readonly #clock: Clock;
  #finish!: () => void;

  /** The machine is being told something, and what it decides is being done. */
  #running = false;
  #again = false;
  /** `called` is about to be told. */
  #calling = false;

  /** Who waits for what is being written, and for what is written next. */
  #inWrite: WrittenCallback[] | undefined;
  #waiting: WrittenCallback[] = [];

  #timer: unknown;
  /** When the timer rings: at the next deadline, or before it; `Infinity` if there is none. */
  #ringsMs = Infinity;
  #yieldTimer: unknown;

  readonly #onCalled = (): void => {
    this.#calling = false;
    this.#tell(CALLED);
  };
  readonly #onRead = ({ done, value }: ReadableStreamReadResult<Uint8Array>): void =>
    this.#tell(done ? INPUT_ENDED : { type: "chunk", chunk: value });
  readonly #onReadFailed = (error: unknown): void => this.#tell({ type: "inputFailed", error });
  readonly #onWritten = (): void => this.#tell(WRITTEN);
  readonly #onWriteFailed = (error: unknown): void => this.#tell({ type: "writeFailed", error });
  /** With the time: what the peer sent waited meanwhile, and what follows it is not late. */
  readonly #onTaken = (): void => this.#tell(TAKEN);
  readonly #onTakerFailed = (reason: unknown): void => this.abort(reason);

  /** Begins with the next microtask. `TypeError` if one of the transport's streams is locked. */
  constructor(connection: Connection, transport: ByteTransport, options: DriverOptions, handle: EventHandler) {
    // Each once, and before anything is locked: they may be getters that throw.
    const { readable, writable, closed, copiesChunks } = transport;
    if (readable.locked || writable.locked) {
      throw new TypeError("the transport is in use: one of its streams is locked");
    }
    this.#copiesChunks = copiesChunks === true;
    this.#machine = new DriverMachine(connection, this.#copiesChunks, options);
    this.#transport = transport;
    this.#handle = handle;
    this.#clock = options.clock ?? systemClock;
    this.#reader = new ChunkReader(readable);
    try {
      this.#writer = writable.getWriter();
    } catch (error) {
      this.#reader.release();
      throw error;
    }
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    // How a write fails is seen where it is written.
    this.#writer.closed.catch(ignore);
    if (closed !== undefined) {
      const tell = (): void => this.#tell(TRANSPORT_CLOSED);
      Promise.resolve(closed).then(tell, tell);
    }
    this.flush();
  }

  /** Why the transport failed, if it did, or what `abort` was told. */
  get fault(): unknown {
    return this.#machine.fault;
  }

  /** Whether messages were dropped that nobody took. */
  get dropped(): boolean {
    return this.#machine.dropped;
  }

  /** Bytes that the transport has not taken yet, framing included. */
  get unsentBytes(): number {
    return this.#machine.unsentBytes;
  }

  /** Whether a sender may go on, or should wait until what is queued has been written. */
  get hasRoom(): boolean {
    return this.#machine.hasRoom;
  }

  /** Whether the close has begun, or is over. */
  get isClosing(): boolean {
    return this.#machine.phase !== "running";
  }

  /** The time by the connection's clock, in milliseconds. Never goes back. Throws `RangeError` if the clock tells no time. */
  nowMs(): number {
    const clockMs = this.#clock.now();
    if (!Number.isFinite(clockMs)) throw new RangeError(`the clock says ${String(clockMs)}`);
    return this.#machine.timeOf(clockMs);
  }

  /** Call it after anything that was done with the connection: sends what is queued, together with the rest of this turn. */
  flush(): void {
    if (this.#calling || !this.#machine.noticesCalls) return;
    this.#calling = true;
    void AT_ONCE.then(this.#onCalled);
  }

  /** Calls back when the transport has taken all that is queued now, or with the reason why it never will. */
  written(callback: WrittenCallback): void {
    this.#waiting.push(callback);
    if (this.#calling) return;
    this.#calling = true;
    void AT_ONCE.then(this.#onCalled);
  }

  /** A close begins that the connection does not know of yet: from now on the end may take `closeTimeoutMs`. */
  beginClose(): void {
    this.#tell({ type: "closeWanted" });
  }

  /** Messages that still come are dropped. */
  discard(): void {
    this.#tell({ type: "discarded" });
  }

  /** Gives the transport up at once, both ways. Messages that have not been taken are dropped. */
  abort(reason: unknown): void {
    this.#tell({ type: "aborted", reason });
  }

  #tell(happening: Happening): void {
    let nowMs: number;
    try {
      nowMs = this.nowMs();
    } catch (reason) {
      this.#tellAt({ type: "aborted", reason }, -Infinity);
      return;
    }
    this.#tellAt(happening, nowMs);
  }

  #tellAt(happening: Happening, nowMs: number): void {
    try {
      this.#machine.handle(happening, nowMs);
    } catch (reason) {
      this.#machine.handle({ type: "aborted", reason }, nowMs);
    }
    this.#runAll();
  }

  #runAll(): void {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    while (this.#again) {
      this.#again = false;
      this.#run();
    }
    this.#running = false;
    this.#setTimer();
  }

  #run(): void {
    const machine = this.#machine;
    for (;;) {
      this.#executeAll(machine.takeCommands());
      const event = machine.nextEvent();
      if (event === undefined || this.#deliver(event)) break;
    }
    this.#executeAll(machine.commands());
    if (this.#waiting.length > 0 && machine.isFlushed) this.#settle(undefined);
  }

  /** Whether the taker asked for time. */
  #deliver(event: WSEvent): boolean {
    try {
      const taken = this.#handle(event);
      if (taken === undefined || event.type === "connectionClosed") return false;
      taken.then(this.#onTaken, this.#onTakerFailed);
      return this.#machine.hold();
    } catch (error) {
      // After the last event nobody else tells of it.
      if (event.type === "connectionClosed") report(error);
      this.abort(error);
      return false;
    }
  }

  #executeAll(commands: readonly Command[]): void {
    if (commands.length === 0) return;
    for (const command of commands) {
      try {
        this.#execute(command);
      } catch (error) {
        this.abort(error);
      }
    }
  }

  #execute(command: Command): void {
    switch (command.type) {
      case "read":
        this.#reader.read(command.reuse).then(this.#onRead, this.#onReadFailed);
        break;
      case "yield":
        this.#yieldTimer = this.#clock.setTimeout(() => this.#tell(YIELDED), 1);
        break;
      case "rest":
        void this.#rest();
        break;
      case "write":
        if (this.#inWrite === undefined) {
          this.#inWrite = this.#waiting;
          this.#waiting = [];
        }
        this.#write(command.chunks).then(this.#onWritten, this.#onWriteFailed);
        break;
      case "settle":
        this.#settle(command.error);
        break;
      case "endOutput": {
        const ended = (): void => this.#tell(OUTPUT_ENDED);
        this.#writer.close().then(ended, ended);
        break;
      }
      case "cancelInput":
        this.#reader.cancel(command.reason).catch(ignore);
        break;
      case "abortOutput":
        this.#writer.abort(command.reason).catch(ignore);
        break;
      case "closeTransport":
        closeTransport(this.#transport);
        break;
      case "finish":
        this.#clear(this.#yieldTimer);
        this.#finish();
        break;
      default:
        command satisfies never;
    }
  }

  /** A sender that awaits each call brings a message every few microtasks. */
  async #rest(): Promise<void> {
    do {
      await AT_ONCE;
      await AT_ONCE;
      await AT_ONCE;
    } while (this.#machine.senderGoesOn());
    this.#tell(RESTED);
  }

  #write(chunks: readonly Bytes[]): Promise<unknown> {
    if (chunks.length === 1) return this.#writer.write(chunks[0]!);
    if (!this.#copiesChunks) return Promise.all(chunks.map((chunk) => this.#writer.write(chunk)));
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const block = takeSpare(length) ?? new Uint8Array(GATHERED_BYTES);
    putTogether(chunks, block);
    return this.#writer.write(block.subarray(0, length)).then(() => keepSpare(block));
  }

  /** Calls back those whose bytes were in the last write; with an error, or if all is written, all others, too. */
  #settle(error: unknown): void {
    const machine = this.#machine;
    const callbacks = this.#inWrite ?? [];
    this.#inWrite = undefined;
    if (machine.isFlushed) callbacks.push(...this.#waiting.splice(0));
    const fault = machine.output === "lost" ? (error ?? machine.fault) : undefined;
    for (const callback of callbacks) {
      try {
        callback(fault);
      } catch (thrown) {
        this.abort(thrown);
      }
    }
  }

  /**
   * A timer that fires early is set again then: each piece of a message moves its deadline, and timers cost. One that is
   * overdue may never fire, as those of fake timers that have been removed.
   */
  #setTimer(): void {
    const dueMs = this.#machine.nextDeadlineMs;
    const ringsMs = this.#ringsMs;
    if (dueMs === Infinity ? ringsMs === Infinity : dueMs >= ringsMs && ringsMs > this.#machine.nowMs) return;
    this.#clear(this.#timer);
    this.#ringsMs = dueMs;
    if (dueMs === Infinity) return;
    try {
      const ms = Math.min(Math.max(dueMs - this.nowMs(), 0), LONGEST_TIMER_MS);
      this.#timer = this.#clock.setTimeout(() => {
        this.#ringsMs = Infinity;
        this.#tell(TIME);
      }, ms);
    } catch (error) {
      this.abort(error);
    }
  }

  #clear(timer: unknown): void {
    if (timer === undefined) return;
    try {
      this.#clock.clearTimeout(timer);
    } catch {
      // Then it rings in vain.
    }
  }
}

/** Closes it, whatever that throws or rejects with: some transports say so where they have ended already. */
export function closeTransport(transport: ByteTransport): void {
  try {
    const closing: unknown = transport.close?.();
    if (closing !== undefined) Promise.resolve(closing).catch(ignore);
  } catch {
    // It has ended already.
  }
}
