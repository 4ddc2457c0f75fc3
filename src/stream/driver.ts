/**
 * Connects a connection to a byte transport: carries out the commands of the driver's machine and reports back what
 * happens.
 */
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
 * Handles an event. Must copy any bytes it keeps, because their memory is reused. Return a promise to ask for time:
 * later events, and with them the peer, wait for it. The last event is `connectionClosed`. It comes when the last bytes
 * have been written or are lost, and does not wait for such a promise.
 */
export type EventHandler = (event: WSEvent) => PromiseLike<void> | undefined;

/** Called when the transport has accepted all bytes queued earlier, or with the reason why it never will. */
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

/** Runs one connection over one transport, and owns both. {@link DriverMachine} makes all decisions. */
export class Driver {
  /** Resolves when the transport has ended both ways or was abandoned, and nothing is left to clean up. */
  readonly finished: Promise<void>;
  readonly #machine: DriverMachine;
  readonly #transport: ByteTransport;
  readonly #copiesChunks: boolean;
  readonly #reader: ChunkReader;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #handle: EventHandler;
  readonly #clock: Clock;
  #finish!: () => void;

  /** The machine is handling something, or its commands are being carried out. */
  #running = false;
  #again = false;
  /** `called` is about to be reported. */
  #calling = false;

  /** Callbacks that wait for the current write, and for the next one. */
  #inWrite: WrittenCallback[] | undefined;
  #waiting: WrittenCallback[] = [];

  #timer: unknown;
  /** When the timer fires: at or before the next deadline; `Infinity` if there is none. */
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
  /** Updates the time as well: what the peer sent waited meanwhile, so whatever comes after it is not late. */
  readonly #onTaken = (): void => this.#tell(TAKEN);
  readonly #onTakerFailed = (reason: unknown): void => this.abort(reason);

  /** Starts in the next microtask. Throws `TypeError` if one of the transport's streams is locked. */
  constructor(connection: Connection, transport: ByteTransport, options: DriverOptions, handle: EventHandler) {
    // Reads each member once, before locking anything: they may be getters that throw.
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
    // Write failures are handled where the write happens.
    this.#writer.closed.catch(ignore);
    if (closed !== undefined) {
      const tell = (): void => this.#tell(TRANSPORT_CLOSED);
      Promise.resolve(closed).then(tell, tell);
    }
    this.flush();
  }

  /** Why the transport failed, or the reason passed to `abort`. */
  get fault(): unknown {
    return this.#machine.fault;
  }

  /** Whether messages were dropped because nobody took them. */
  get dropped(): boolean {
    return this.#machine.dropped;
  }

  /** Bytes that the transport has not accepted yet, framing included. */
  get unsentBytes(): number {
    return this.#machine.unsentBytes;
  }

  /** Whether a sender may continue, or should wait until the queue has been written. */
  get hasRoom(): boolean {
    return this.#machine.hasRoom;
  }

  /** Whether the close has started or is over. */
  get isClosing(): boolean {
    return this.#machine.phase !== "running";
  }

  /**
   * The time by the connection's clock, in milliseconds. Never goes back. Throws `RangeError` if the clock returns no
   * finite number.
   */
  nowMs(): number {
    const clockMs = this.#clock.now();
    if (!Number.isFinite(clockMs)) throw new RangeError(`clock.now() must be finite, not ${String(clockMs)}`);
    return this.#machine.timeOf(clockMs);
  }

  /** The time of the last thing that happened, at which the events that it caused are delivered. */
  get happenedMs(): number {
    return this.#machine.nowMs;
  }

  /** Sends what is queued, together with the rest of this turn. Call it after any method call on the connection. */
  flush(): void {
    if (this.#calling || !this.#machine.noticesCalls) return;
    this.#calling = true;
    void AT_ONCE.then(this.#onCalled);
  }

  /** Calls back when the transport has accepted all bytes queued now, or with the reason why it never will. */
  written(callback: WrittenCallback): void {
    this.#waiting.push(callback);
    if (this.#calling) return;
    this.#calling = true;
    void AT_ONCE.then(this.#onCalled);
  }

  /** Starts a close that the connection does not know of yet. From now on ending may take `closeTimeoutMs`. */
  beginClose(): void {
    this.#tell({ type: "closeWanted" });
  }

  /** Drops all further messages. */
  discard(): void {
    this.#tell({ type: "discarded" });
  }

  /** Abandons the transport at once, both ways. Drops messages that have not been taken. */
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

  /** Returns whether the handler asked for time. */
  #deliver(event: WSEvent): boolean {
    try {
      const taken = this.#handle(event);
      if (taken === undefined || event.type === "connectionClosed") return false;
      // First, because a thenable may call back at once.
      const holds = this.#machine.hold();
      taken.then(this.#onTaken, this.#onTakerFailed);
      return holds;
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

  /** A sender that awaits each call adds a message every few microtasks. */
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

  /** Calls back those whose bytes were in the last write; on an error, or if everything is written, all others too. */
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
   * Keeps a timer that fires too early and re-arms it then, because each piece of a message moves its deadline and
   * timers cost. An overdue timer is replaced: it may never fire, for example if it belongs to removed fake timers.
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
      // If it fires later, that does no harm.
    }
  }
}

/**
 * Closes the transport. Ignores what `close` throws or rejects with: some transports do so if they have already ended.
 */
export function closeTransport(transport: ByteTransport): void {
  try {
    const closing: unknown = transport.close?.();
    if (closing !== undefined) Promise.resolve(closing).catch(ignore);
  } catch {
    // It has already ended.
  }
}
