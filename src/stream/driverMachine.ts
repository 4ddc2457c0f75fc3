/**
 * Decides what a driver does in each situation, as tables. The driver reports what happens; the machine returns the
 * events to deliver and the commands to carry out. It touches no stream, clock or promise.
 */
import { keepAliveAgain, queuedAtLeast, type Connection } from "../connection/connection.ts";
import { copyOf, type Bytes } from "../core/bytes.ts";
import { CloseCode } from "../core/closeCodes.ts";
import type { Keepalive } from "../core/deadlines.ts";
import { RemoteProtocolError } from "../core/errors.ts";
import type { ConnectionClosed, WSEvent } from "../core/events.ts";
import type { Transitions } from "../core/lifeCycle.ts";

/**
 * From this many unsent bytes on, senders should wait. A few times the largest chunk that transports accept at once.
 */
const HIGH_WATER_BYTES = 256 * 1024;

/** While less than this is queued, waits for a sender that keeps sending, so that its messages go out together. */
const COALESCED_BYTES = 64 * 1024;

/**
 * The most bytes to copy into one chunk, for transports that copy chunks anyway. Each chunk costs a WebTransport stream
 * more than copying 64 KiB. Sending 64 KiB messages, each a header and a payload, takes a quarter less processor time
 * in Chromium.
 */
export const GATHERED_BYTES: number = 512 * 1024;

/**
 * The most bytes to read ahead while the taker asks for time: enough to see pongs, a reset or the end behind some data.
 */
const READ_AHEAD_BYTES = 64 * 1024;

/** What a chunk costs besides its bytes, so that empty chunks count too. */
const CHUNK_OVERHEAD_BYTES = 128;

/** After this many useless chunks in a row, lets timers run: a stream may always have a chunk ready. */
const USELESS_CHUNKS = 32;

/**
 * After this many chunks of any kind, lets timers run if they may not have run for `LONGEST_TURN_MS`. Yielding costs a
 * millisecond.
 */
const CHUNKS_IN_TURN = 256;
const LONGEST_TURN_MS = 100;

/** The longest the time stands still after the clock went back. */
const STANDSTILL_MS = 1000;

/** If a deadline is missed by more than this, the process stood still and could not read what arrived. */
const STALL_MS = 10;

/** Then it gets this much time for that, and again this often if it has stood still again without reading anything. */
const REPRIEVE_MS = 100;
const MOST_REPRIEVES = 3;

// The transition tables. A signal without a cell changes nothing in that state.

/** The life of the driver. From `closing` on, one deadline holds until `ended`. */
export type Phase = "running" | "closing" | "flushing" | "ending" | "ended";
type PhaseSignal = "beginClose" | "closed" | "tellEnd" | "finish";

export const phases: Transitions<Phase, PhaseSignal> = {
  running: { beginClose: "closing", closed: "flushing" },
  closing: { closed: "flushing" },
  // The last bytes are being written.
  flushing: { tellEnd: "ending" },
  // The application knows; the transport's two directions end (RFC 6455 §7.1.1).
  ending: { finish: "ended" },
  ended: {},
};

/** The transport's readable side. */
export type Input = "idle" | "reading" | "yielding" | "ended";
type InputSignal = "read" | "chunk" | "yield" | "goOn" | "end";

export const inputs: Transitions<Input, InputSignal> = {
  idle: { read: "reading", yield: "yielding", end: "ended" },
  reading: { chunk: "idle", end: "ended" },
  // Timers get their turn.
  yielding: { goOn: "idle", end: "ended" },
  ended: {},
};

/** The transport's writable side. */
export type Output = "idle" | "gathering" | "writing" | "ending" | "ended" | "lost";
type OutputSignal = "gather" | "write" | "written" | "end" | "ended" | "lose";

export const outputs: Transitions<Output, OutputSignal> = {
  idle: { gather: "gathering", end: "ending", lose: "lost" },
  // The sender is given a few microtasks to send more.
  gathering: { write: "writing", lose: "lost" },
  writing: { written: "idle", lose: "lost" },
  ending: { ended: "ended", lose: "lost" },
  ended: {},
  lost: {},
};

/** The consumer of the events. */
export type Taker = "ready" | "held" | "discarding";
type TakerSignal = "hold" | "take" | "discard";

export const takers: Transitions<Taker, TakerSignal> = {
  ready: { hold: "held", discard: "discarding" },
  // It asked for time: nothing is parsed until it continues.
  held: { take: "ready", discard: "discarding" },
  // It wants no more messages, or did not take them in time.
  discarding: {},
};

/** What the driver reports. */
export type Happening =
  /** A method of the connection may have been called. */
  | { readonly type: "called" }
  | { readonly type: "chunk"; readonly chunk: unknown }
  | { readonly type: "inputEnded" }
  | { readonly type: "inputFailed"; readonly error: unknown }
  /** Timers have had their turn. */
  | { readonly type: "yielded" }
  /** `rest` is over. */
  | { readonly type: "rested" }
  | { readonly type: "written" }
  | { readonly type: "writeFailed"; readonly error: unknown }
  /** The transport has accepted the end of the output, or never will. */
  | { readonly type: "outputEnded" }
  /** The transport reports that both directions have ended. */
  | { readonly type: "transportClosed" }
  /** The taker continues. */
  | { readonly type: "taken" }
  /** A close has started that the connection does not know of yet. */
  | { readonly type: "closeWanted" }
  /** Messages are no longer wanted. */
  | { readonly type: "discarded" }
  | { readonly type: "aborted"; readonly reason: unknown }
  | { readonly type: "time" };

/** What the driver must do. */
export type Command =
  /** Read a chunk. With `reuse`, into memory that was used before. */
  | { readonly type: "read"; readonly reuse: boolean }
  /** Let timers run. */
  | { readonly type: "yield" }
  /** Wait a few microtasks, and again while `senderGoesOn`. */
  | { readonly type: "rest" }
  /** Write these chunks; as one, if the transport copies chunks. */
  | { readonly type: "write"; readonly chunks: readonly Bytes[] }
  /** Tell those who wait for the write that it succeeded, or why it never will. */
  | { readonly type: "settle"; readonly error: unknown }
  | { readonly type: "endOutput" }
  | { readonly type: "cancelInput"; readonly reason: unknown }
  | { readonly type: "abortOutput"; readonly reason: unknown }
  | { readonly type: "closeTransport" }
  | { readonly type: "finish" };

const READ = { type: "read", reuse: false } as const;
const READ_AGAIN = { type: "read", reuse: true } as const;
const YIELD = { type: "yield" } as const;
const REST = { type: "rest" } as const;
const SETTLE = { type: "settle", error: undefined } as const;
const END_OUTPUT = { type: "endOutput" } as const;
const CLOSE_TRANSPORT = { type: "closeTransport" } as const;
const FINISH = { type: "finish" } as const;
const NO_COMMANDS: readonly Command[] = [];

/** The last event of a connection that could not report its own end. */
const BROKEN: ConnectionClosed = {
  type: "connectionClosed",
  code: CloseCode.ABNORMAL_CLOSURE,
  reason: "",
  wasClean: false,
};

export interface DriverTiming {
  /** How long ending may take, from the start of the close until the transport is abandoned, in milliseconds. */
  readonly closeTimeoutMs: number;
  /** The connection's own option. The connection enforces it as long as the peer's bytes are pulled. */
  readonly keepalive?: Keepalive | undefined;
}

export class DriverMachine {
  /** Why the transport failed, or the reason of `aborted`. */
  fault: unknown;
  /** Whether messages were dropped because the taker wanted none or did not take them in time. */
  dropped = false;
  phase: Phase = "running";
  input: Input = "idle";
  output: Output = "idle";
  taker: Taker = "ready";
  readonly #connection: Connection;
  readonly #copiesChunks: boolean;
  readonly #closeTimeoutMs: number;
  readonly #keepalive: Keepalive | undefined;

  /** The time of the last happening. */
  nowMs: number = -Infinity;
  /** The latest time for the next `time`, as of the last `commands`; `Infinity` if nothing is pending. */
  nextDeadlineMs: number = Infinity;
  /** The latest time, and by how much the clock went back. */
  #latestMs = -Infinity;
  #offsetMs = 0;
  /** The deadline that was last postponed after a stall, and how often, unless the peer has been heard since. */
  #postponedMs = -Infinity;
  #reprieves = 0;
  /** When to abandon the transport, and when to drop messages that nobody takes. */
  #endByMs = Infinity;
  #discardByMs = Infinity;

  /**
   * When the peer was last heard, and when it was pinged because of its silence. Used while received bytes wait for the
   * taker.
   */
  #heardMs = 0;
  #askedMs: number | undefined;

  #commands: Command[] = [];
  /** Chunks taken from the connection but not yet passed to the transport. */
  #chunks: readonly Bytes[] = NO_CHUNKS;
  #inFlight = 0;
  /** The queued bytes when the sender was last checked. */
  #seenQueued = 0;
  /** Chunks read since the connection last had no unread bytes. */
  #unreadChunks = 0;
  /** Whether bytes waited for the taker. The connection's waits for the peer start again when those have been pulled. */
  #hasWithheld = false;
  /** Chunks in a row that are empty or arrive after the connection has ended. */
  #uselessChunks = 0;
  /** Chunks since timers last certainly ran, and when that was. */
  #chunksInTurn = 0;
  #turnMs = -Infinity;
  #conclusion: ConnectionClosed | undefined;
  /** The close began because the transport had closed. */
  #isClosedByTransport = false;

  constructor(connection: Connection, copiesChunks: boolean, { closeTimeoutMs, keepalive }: DriverTiming) {
    this.#connection = connection;
    this.#copiesChunks = copiesChunks;
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#keepalive = keepalive;
  }

  /** Bytes that the transport has not accepted yet, framing included. */
  get unsentBytes(): number {
    return this.#connection.bufferedAmount + this.#inFlight;
  }

  /** Whether a sender may continue, or should wait until the queue has been written. */
  get hasRoom(): boolean {
    return this.#queued + this.#inFlight < HIGH_WATER_BYTES;
  }

  /** Whether nothing is waiting to be written or being written. */
  get isFlushed(): boolean {
    const { output } = this;
    return output === "lost" || output === "ended" || output === "ending" || (output === "idle" && this.#queued === 0);
  }

  /** Whether a call may matter now, or the current write covers it anyway. */
  get noticesCalls(): boolean {
    return this.output === "idle" || (this.phase === "running" && this.#connection.state !== "open");
  }

  get #deadlineMs(): number {
    if (this.phase === "ended" || this.#awaitsTaker) return Infinity;
    const ownMs = this.phase === "running" ? this.#silenceByMs : this.#closeByMs;
    if (this.#conclusion !== undefined) return ownMs;
    return Math.min(ownMs, this.#connection.nextDeadlineMs ?? Infinity);
  }

  /** Nothing is due until the taker continues. A busy reader is in this state most of the time. */
  get #awaitsTaker(): boolean {
    return (
      this.taker === "held" &&
      this.phase === "running" &&
      this.#keepalive === undefined &&
      this.#connection.unreadAmount > 0
    );
  }

  /**
   * Converts a clock reading to the machine's time, which never goes back. If the clock goes back a little, the time
   * stands still. If it goes back further, as when fake timers are installed, the time continues from there. If the
   * process stood still past a deadline, the time continues shortly before that: a few times for each deadline, and again
   * if bytes have arrived since, because what the peer owes may lie behind them.
   */
  timeOf(clockMs: number): number {
    const ms = clockMs + this.#offsetMs;
    const latestMs = this.#latestMs;
    if (ms < latestMs - STANDSTILL_MS) this.#offsetMs = latestMs - clockMs;
    else if (ms > latestMs + STALL_MS) this.#offsetMs -= this.#stallBefore(ms);
    this.#latestMs = Math.max(latestMs, clockMs + this.#offsetMs);
    return this.#latestMs;
  }

  /**
   * How much of the time up to `ms` does not count. A call may have started a wait since the last `commands`: its
   * deadline can't have been missed, although it may seem to lie in the past until the connection knows the time.
   */
  #stallBefore(ms: number): number {
    const dueMs = this.nextDeadlineMs;
    if (ms <= dueMs + STALL_MS) return 0;
    if (dueMs > this.#postponedMs) this.#reprieves = 0;
    if (this.#reprieves === MOST_REPRIEVES) return 0;
    this.#reprieves++;
    this.#postponedMs = dueMs;
    return ms - Math.max(this.#latestMs, dueMs - REPRIEVE_MS);
  }

  /** Handles what happened, at a time from `timeOf`. Then pull {@link nextEvent}. */
  handle(happening: Happening, nowMs: number): void {
    if (this.phase === "ended") return;
    this.nowMs = nowMs;
    if (this.#conclusion === undefined && happening.type !== "aborted") this.#tellTime();
    switch (happening.type) {
      case "taken":
        this.#signalTaker("take");
        this.#hasWithheld ||= this.#connection.unreadAmount > 0;
        break;
      case "called":
      case "time":
        break;
      case "chunk":
        this.#receive(happening.chunk);
        break;
      case "inputFailed":
        this.fault ??= happening.error ?? new Error("the transport could not be read");
        this.#endInput();
        break;
      case "inputEnded":
        this.#endInput();
        break;
      case "yielded":
        this.#signalInput("goOn");
        break;
      case "rested":
        this.#takeQueued();
        break;
      case "written":
        this.#goOnWriting();
        break;
      case "writeFailed":
        this.#loseOutput(happening.error ?? new Error("the transport accepts no more data"));
        break;
      case "outputEnded":
        this.#signalOutput("ended");
        break;
      case "transportClosed":
        // What has arrived may still be read.
        if (this.#beginClose()) this.#isClosedByTransport = true;
        if (this.phase === "ending") this.#finish();
        break;
      case "closeWanted":
        this.#beginClose();
        break;
      case "discarded":
        this.#signalTaker("discard");
        break;
      case "aborted":
        this.#giveUp(happening.reason ?? new Error("the transport was aborted"));
        break;
      default:
        happening satisfies never;
    }
    if (this.phase === "running" && this.#connection.state === "localClosing") this.#beginClose();
  }

  /**
   * Returns the next event to deliver. The last one is `connectionClosed`, once its last bytes have been written or are
   * lost.
   */
  nextEvent(): WSEvent | undefined {
    for (;;) {
      while (this.#conclusion === undefined && this.#mayPull) {
        const event = this.#pull();
        if (event === undefined) {
          if (!this.#hasWithheld) break;
          this.#hasWithheld = false;
          this.#tellTime();
          continue;
        }
        if (event.type === "connectionClosed") {
          this.#conclude(event);
          break;
        }
        if (!isData(event)) return event;
        if (this.taker !== "discarding") {
          // The peer has gone, but what has arrived can still be read: as long as the reader continues, the deadline
          // moves.
          if (this.phase === "closing" && this.#hasPeerGone && this.#connection.state === "open") this.#armEnd();
          return event;
        }
        this.dropped = true;
      }
      if (this.#conclusion !== undefined && this.phase === "flushing" && this.isFlushed) {
        this.#signalPhase("tellEnd");
        const isTaken = this.output !== "lost";
        return this.#conclusion.wasClean && !isTaken ? { ...this.#conclusion, wasClean: false } : this.#conclusion;
      }
      if (this.phase === "running" && this.#connection.state === "localClosing") this.#beginClose();
      if (!this.#takeDue()) return undefined;
    }
  }

  /** Whether the sender has queued more since the last check, so that the rest continues. A busy sender usually has. */
  senderGoesOn(): boolean {
    const seen = this.#seenQueued;
    this.#seenQueued = this.#queued;
    return this.output === "gathering" && this.#seenQueued > seen && seen < COALESCED_BYTES;
  }

  /** The taker of the last event asks for time. Returns whether it gets any. */
  hold(): boolean {
    return this.#signalTaker("hold");
  }

  /** Returns what to do once there is no event to deliver, or the taker has asked for time. */
  commands(): readonly Command[] {
    if (this.output === "idle" && this.#queued > 0) this.#gather();
    else if (this.output === "lost" && this.#queued > 0) this.#takeChunks();
    if (this.phase === "ending") {
      if (this.#signalOutput("end")) this.#commands.push(END_OUTPUT);
      if (this.input === "ended" && (this.output === "ended" || this.output === "lost")) this.#finish();
    }
    if (this.input === "idle" && this.#mayRead) this.#read();
    this.nextDeadlineMs = this.#deadlineMs;
    return this.takeCommands();
  }

  /** Returns what to do at once, before the next event is delivered. */
  takeCommands(): readonly Command[] {
    if (this.#commands.length === 0) return NO_COMMANDS;
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  /** A stream that always has a chunk ready keeps timers from running. */
  get #starvesTimers(): boolean {
    if (this.#uselessChunks >= USELESS_CHUNKS) return true;
    return this.#chunksInTurn >= CHUNKS_IN_TURN && this.nowMs - this.#turnMs >= LONGEST_TURN_MS;
  }

  get #hasPeerGone(): boolean {
    return this.input === "ended" || this.#isClosedByTransport;
  }

  get #queued(): number {
    return queuedAtLeast(this.#connection);
  }

  /** A deadline ends the connection even if the taker never continues. */
  get #mayPull(): boolean {
    return this.taker !== "held" || this.#connection.closed;
  }

  get #mayRead(): boolean {
    if (this.phase === "ended") return false;
    if (this.taker !== "held" || this.#conclusion !== undefined) return true;
    return this.#connection.unreadAmount + this.#unreadChunks * CHUNK_OVERHEAD_BYTES < READ_AHEAD_BYTES;
  }

  #read(): void {
    if (this.#starvesTimers && this.#signalInput("yield")) {
      this.#uselessChunks = 0;
      this.#chunksInTurn = 0;
      this.#turnMs = this.nowMs;
      this.#commands.push(YIELD);
    } else if (this.#signalInput("read")) {
      // Parsed data that has not been taken lies in the last chunk.
      this.#commands.push(this.#connection.unreadAmount === 0 ? READ_AGAIN : READ);
    }
  }

  #receive(chunk: unknown): void {
    if (!this.#signalInput("chunk")) return;
    this.#chunksInTurn++;
    if (this.#conclusion !== undefined) {
      this.#uselessChunks++;
      return;
    }
    if (!(chunk instanceof Uint8Array)) {
      // Earlier data may still be taken.
      const reason = new TypeError("a transport must yield Uint8Arrays");
      this.fault ??= reason;
      this.#commands.push({ type: "cancelInput", reason });
      this.#endInput();
      return;
    }
    const { length } = chunk;
    this.#heardMs = this.nowMs;
    this.#askedMs = undefined;
    this.#postponedMs = -Infinity;
    this.#uselessChunks = length === 0 ? this.#uselessChunks + 1 : 0;
    const isAhead = this.taker === "held";
    // A small chunk that has to wait must not pin the large buffer it lies in.
    const kept = isAhead && length * 4 < chunk.buffer.byteLength ? copyOf(chunk) : chunk;
    if (this.#connection.unreadAmount === 0) this.#unreadChunks = 0;
    this.#unreadChunks++;
    this.#connection.receiveBytes(kept);
  }

  #endInput(): void {
    if (!this.#signalInput("end") || this.#conclusion !== undefined) return;
    this.#connection.receiveBytes(null);
    this.#beginClose();
  }

  #tellTime(): void {
    try {
      this.#connection.advanceTime(this.nowMs);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #pull(): WSEvent | undefined {
    try {
      return this.#connection.events().next().value as WSEvent | undefined;
    } catch (error) {
      // A defect. A connection that throws here would never report its end.
      this.#giveUp(error);
      return undefined;
    }
  }

  #gather(): void {
    this.#seenQueued = this.#queued;
    this.#signalOutput("gather");
    this.#commands.push(REST);
  }

  #takeQueued(): void {
    if (!this.#signalOutput("write")) return;
    this.#inFlight = this.#connection.bufferedAmount;
    this.#chunks = this.#takeChunks();
    if (this.output === "writing") this.#writeNext();
  }

  #takeChunks(): readonly Bytes[] {
    try {
      return this.#connection.chunksToSend();
    } catch (error) {
      // A defect, such as a patched connection.
      this.#giveUp(error);
      return NO_CHUNKS;
    }
  }

  #writeNext(): void {
    const chunks = this.#chunks;
    let end = chunks.length;
    if (this.#copiesChunks) {
      end = 1;
      for (let length = chunks[0]!.length; end < chunks.length; end++) {
        length += chunks[end]!.length;
        if (length > GATHERED_BYTES) break;
      }
    }
    this.#chunks = end === chunks.length ? NO_CHUNKS : chunks.slice(end);
    this.#commands.push({ type: "write", chunks: end === chunks.length ? chunks : chunks.slice(0, end) });
  }

  #goOnWriting(): void {
    if (this.output !== "writing") return;
    if (this.#chunks.length > 0) {
      this.#writeNext();
      return;
    }
    this.#inFlight = 0;
    this.#signalOutput("written");
    this.#commands.push(SETTLE);
  }

  /** The transport accepts no more bytes. What the peer sent earlier may still arrive. */
  #loseOutput(error: unknown): void {
    if (!this.#signalOutput("lose")) return;
    this.fault ??= error;
    this.#dropOutput();
    this.#beginClose();
  }

  #dropOutput(): void {
    this.#inFlight = 0;
    this.#chunks = NO_CHUNKS;
    this.#takeChunks();
    this.#commands.push({ type: "settle", error: this.fault });
  }

  /** From now on ending may take `closeTimeoutMs`, whatever the transport and the taker do. Returns whether it began. */
  #beginClose(): boolean {
    const begins = this.#signalPhase("beginClose");
    if (begins) this.#armEnd();
    return begins;
  }

  #armEnd(): void {
    this.#endByMs = this.nowMs + this.#closeTimeoutMs;
    // The peer's Close may lie behind messages that nobody takes. It must be found in time, too.
    this.#discardByMs = this.nowMs + this.#closeTimeoutMs / 2;
  }

  #conclude(event: ConnectionClosed): void {
    this.#conclusion = event;
    this.#signalPhase("closed");
    if (this.#endByMs === Infinity) this.#armEnd();
  }

  /** The deadline for the next step of the close. */
  get #closeByMs(): number {
    return Math.min(this.#endByMs, this.taker === "held" ? this.#discardByMs : Infinity);
  }

  /**
   * When to ping a silent peer, or give it up. While the application does not take the data, the connection cannot see
   * a pong behind it. Bytes that arrive still show that the peer is there, as long as the driver is reading.
   */
  get #silenceByMs(): number {
    if (this.taker !== "held" || this.#keepalive === undefined) return Infinity;
    if (this.input !== "reading" || this.#connection.unreadAmount === 0) return Infinity;
    const { intervalMs, timeoutMs } = this.#keepalive;
    return this.#askedMs === undefined ? this.#heardMs + intervalMs : this.#askedMs + timeoutMs;
  }

  #breakSilence(): void {
    if (this.#askedMs === undefined) {
      this.#askedMs = this.nowMs;
      keepAliveAgain(this.#connection);
    } else {
      const message = `no pong in ${this.#keepalive!.timeoutMs} ms`;
      this.#loseTransport(new RemoteProtocolError(message, { code: "keepaliveTimeout" }));
    }
  }

  /** Ends the transport in both directions. The reader may still take the data that has arrived. */
  #loseTransport(reason: unknown): void {
    this.fault ??= reason;
    if (this.output !== "lost") this.#commands.push({ type: "abortOutput", reason });
    this.#loseOutput(reason);
    this.#commands.push({ type: "cancelInput", reason });
    this.#endInput();
  }

  /** Does what is due. Returns whether anything was. */
  #takeDue(): boolean {
    if (this.phase === "ended") return false;
    if (this.phase === "running") {
      if (this.nowMs < this.#silenceByMs) return false;
      this.#breakSilence();
      return true;
    }
    if (this.nowMs >= this.#endByMs) {
      this.#giveUp(new Error("the transport did not end in time"));
      return this.phase === "flushing";
    }
    return this.taker === "held" && this.nowMs >= this.#discardByMs && this.#signalTaker("discard");
  }

  /** Ends the transport at once, both ways, and drops what has not been taken. */
  #giveUp(reason: unknown): void {
    if (this.phase === "ended") return;
    this.fault ??= reason;
    this.#signalTaker("discard");
    if (this.#signalInput("end")) this.#commands.push({ type: "cancelInput", reason });
    if (this.#signalOutput("lose")) {
      this.#dropOutput();
      this.#commands.push({ type: "abortOutput", reason });
    }
    if (this.#conclusion === undefined) this.#conclude(this.#lastEvent());
    if (this.phase === "ending") this.#finish();
  }

  /** Returns the last event of a connection whose transport is gone, parsing what was left. */
  #lastEvent(): ConnectionClosed {
    try {
      this.#connection.receiveBytes(null);
      for (const event of this.#connection.events()) {
        if (event.type === "connectionClosed") return event;
        this.dropped ||= isData(event);
      }
    } catch {
      // A defect, as in `#pull`, which has already reported it.
    }
    return BROKEN;
  }

  #finish(): void {
    if (this.#signalPhase("finish")) this.#commands.push(CLOSE_TRANSPORT, FINISH);
  }

  #signalPhase(signal: PhaseSignal): boolean {
    const next = phases[this.phase][signal];
    if (next !== undefined) this.phase = next;
    return next !== undefined;
  }

  #signalInput(signal: InputSignal): boolean {
    const next = inputs[this.input][signal];
    if (next !== undefined) this.input = next;
    return next !== undefined;
  }

  #signalOutput(signal: OutputSignal): boolean {
    const next = outputs[this.output][signal];
    if (next !== undefined) this.output = next;
    return next !== undefined;
  }

  #signalTaker(signal: TakerSignal): boolean {
    const next = takers[this.taker][signal];
    if (next !== undefined) this.taker = next;
    return next !== undefined;
  }
}

const NO_CHUNKS: readonly Bytes[] = [];

function isData(event: WSEvent): boolean {
  return event.type === "textReceived" || event.type === "bytesReceived";
}
