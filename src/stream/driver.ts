/** Joins a connection to a byte transport: reads as events are taken, writes in order, keeps its clock, and ends both. */
import { queuedAtLeast, type WSConnection } from "../connection/wsConnection.ts";
import { putTogether, type Bytes } from "../core/bytes.ts";
import type { ConnectionClosed, WSEvent } from "../core/events.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ChunkReader } from "./chunkReader.ts";
import { LONGEST_TIMER_MS, systemClock, type Clock } from "./clock.ts";
import { keepSpare, takeSpare } from "./spareBlock.ts";

/** From how many unsent bytes on a sender should wait. A few of the largest chunks that transports take at once. */
const HIGH_WATER_BYTES = 256 * 1024;

/** A chunk need not grow beyond this. */
const COALESCED_BYTES = 64 * 1024;

/**
 * Up to here, in bytes, chunks are copied into memory that is used again and written as one, where the transport copies
 * them, too: a chunk more costs a stream of WebTransport more than copying 64 KiB does. Messages of 64 KiB that are handed
 * over, each a header and a payload, take a quarter less processor time in Chromium, and are as fast as the stream is.
 */
const GATHERED_BYTES = 512 * 1024;

const AT_ONCE = Promise.resolve();

/**
 * Takes an event, and copies what it keeps of its bytes, whose memory is read into again. A promise asks for time, and
 * holds back the events after it, and with them the reading, and so the peer. The last event is `connectionClosed`, which
 * comes when the last bytes have been written, and waits for no such promise.
 */
export type EventHandler = (event: WSEvent) => PromiseLike<void> | undefined;

/**
 * Runs one connection over one transport, both of which are its own from now on. Reads one chunk ahead and no further:
 * until its events have been taken nothing is read, so that the peer waits, and no deadline of the peer's runs.
 */
export class Driver {
  /** Fulfilled when the transport has ended both ways and nothing is left behind. */
  readonly finished: Promise<void>;
  /** Why the transport failed, if it did, or what `abort` was told. */
  fault: unknown;
  readonly #connection: WSConnection;
  readonly #transport: ByteTransport;
  readonly #reader: ChunkReader;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #handle: EventHandler;
  readonly #time: Clock;
  /** How long a taker that has stopped, or a transport that neither takes nor ends, may hold up the end. */
  readonly #closeTimeoutMs: number;
  readonly #finish: () => void;

  #reading: Promise<void> | undefined;
  #inputEnded = false;
  #pulling = false;
  /** The taker of the events has asked for time. */
  #held = false;
  /** Messages are dropped, for nobody will take them. */
  #discarding = false;
  #ended = false;
  #transportClosed = false;

  #writing: Promise<void> | undefined;
  #outputEnded = false;
  /** Bytes that the transport has been given and has not taken yet. */
  #inFlight = 0;
  readonly #callbacks: ((error?: unknown) => void)[] = [];
  /** Ends the present wait for the transport's writable side. */
  #giveUp: (reason: unknown) => void = ignore;

  #clock: unknown;
  /** When the clock rings: at the next deadline, or before it; `undefined` while there is none. */
  #ringsMs: number | undefined;
  #patience: unknown;

  /** Begins with the next microtask. `TypeError` if one of the transport's streams is locked. */
  constructor(
    connection: WSConnection,
    transport: ByteTransport,
    closeTimeoutMs: number,
    handle: EventHandler,
    clock: Clock = systemClock,
  ) {
    if (transport.readable.locked || transport.writable.locked) {
      throw new TypeError("the transport is in use: one of its streams is locked");
    }
    this.#connection = connection;
    this.#transport = transport;
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#handle = handle;
    this.#time = clock;
    this.#reader = new ChunkReader(transport.readable);
    this.#writer = transport.writable.getWriter();
    let finish!: () => void;
    this.finished = new Promise((resolve) => (finish = resolve));
    this.#finish = finish;
    // How the transport ends is seen at its two streams.
    void Promise.resolve(transport.closed).catch(ignore);
    void this.flush();
  }

  /** Bytes that the transport has not taken yet, framing included. */
  get unsentBytes(): number {
    return this.#connection.bufferedAmount + this.#inFlight;
  }

  /** The time by the clock of the connection, in milliseconds. */
  nowMs(): number {
    return this.#time.now();
  }

  /** Whether there is room for more, or a sender should wait until what is queued has been written. */
  get hasRoom(): boolean {
    return this.#queued + this.#inFlight < HIGH_WATER_BYTES;
  }

  get #queued(): number {
    return queuedAtLeast(this.#connection);
  }

  /**
   * Call it after anything that was done with the connection: writes what it has to send, together with what else is
   * done in this turn. Fulfilled when all has been written, or will never be.
   */
  flush(): Promise<void> {
    return (this.#writing ??= this.#write());
  }

  /** Calls back when the transport has taken all that is queued now, or with the fault for which it never will. */
  written(callback: (error?: unknown) => void): void {
    this.#callbacks.push(callback);
    void this.flush();
  }

  /** Gives the transport up at once, both ways. Messages that have not been taken are dropped. */
  abort(reason: unknown): void {
    this.fault ??= reason ?? new Error("the transport was given up");
    this.#discarding = true;
    this.#inputEnded = true;
    this.#outputEnded = true;
    this.#reader.cancel(reason).catch(ignore);
    this.#writer.abort(reason).catch(ignore);
    // A write that hangs keeps its promise from being settled even so (WHATWG Streams §5.5.4).
    this.#giveUp(this.fault);
    this.#closeTransport();
    this.#connection.receiveBytes(null);
    this.#pull();
  }

  /** Hands out the events that there are, and reads on when there is none. */
  #pull(): void {
    if (this.#pulling || this.#ended) return;
    this.#pulling = true;
    // A deadline ends the connection without the taker, who may have fallen asleep for good.
    while (!this.#held || this.#discarding || this.#connection.closed) {
      const event = this.#connection.events().next().value as WSEvent | undefined;
      if (event === undefined) {
        void this.#read();
        break;
      }
      if (event.type === "connectionClosed") {
        void this.#end(event);
        return;
      }
      const isData = event.type === "textReceived" || event.type === "bytesReceived";
      if (!(isData && this.#discarding)) this.#hand(event);
    }
    this.#pulling = false;
    // One chunk ahead, so that an answer that has come already is not missed when it is due.
    if (this.#held && this.#connection.unreadAmount === 0) void this.#read();
    if (this.#queued > 0) void this.flush();
    this.#setClock();
    // Once the connection is closing, the peer's Close lies behind what is held back. It has to come in time, too.
    if (this.#held && this.#connection.state === "localClosing") {
      this.#bePatient(this.#closeTimeoutMs / 2, () => (this.#discarding = true));
    }
  }

  #hand(event: WSEvent): void {
    try {
      const taken = this.#handle(event);
      if (taken === undefined) return;
      this.#held = true;
      taken.then(
        () => {
          this.#held = false;
          this.#pull();
        },
        (error: unknown) => this.abort(error),
      );
    } catch (error) {
      this.abort(error);
    }
  }

  #read(): Promise<void> {
    if (this.#inputEnded) return Promise.resolve();
    // What has been parsed and not been taken yet lies in the last chunk.
    return (this.#reading ??= this.#reader.read(this.#connection.unreadAmount === 0).then(
      ({ done, value }) => this.#receive(done ? null : value),
      (error: unknown) => {
        this.fault ??= error;
        this.#receive(null);
      },
    ));
  }

  #receive(chunk: Uint8Array | null): void {
    this.#reading = undefined;
    if (this.#inputEnded) return;
    this.#inputEnded = chunk === null;
    if (this.#ended) return;
    try {
      this.#tellTime();
      this.#connection.receiveBytes(chunk);
    } catch (error) {
      this.abort(error); // the transport brought something that is not bytes
      return;
    }
    this.#pull();
  }

  async #write(): Promise<void> {
    await AT_ONCE;
    // What was done with the connection may have brought about an event, or a deadline.
    if (!this.#ended) this.#tellTime();
    this.#pull();
    while (this.#queued > 0) {
      await this.#untilSenderRests();
      this.#inFlight = this.#connection.bufferedAmount;
      const chunks = this.#connection.chunksToSend();
      const callbacks = this.#callbacks.splice(0);
      try {
        if (!this.#outputEnded) await this.#unlessAborted(this.#writeChunks(chunks));
      } catch (error) {
        this.#loseOutput(error);
      }
      this.#inFlight = 0;
      this.#callBack(callbacks);
    }
    this.#writing = undefined;
    this.#callBack(this.#callbacks.splice(0));
  }

  async #writeChunks(chunks: readonly Bytes[]): Promise<void> {
    if (this.#transport.copiesChunks !== true) {
      await Promise.all(chunks.map((chunk) => this.#writer.write(chunk)));
      return;
    }
    for (let at = 0; at < chunks.length;) {
      const start = at;
      let length = chunks[at++]!.length;
      while (at < chunks.length && length + chunks[at]!.length <= GATHERED_BYTES) length += chunks[at++]!.length;
      if (at === start + 1) {
        await this.#writer.write(chunks[start]!);
      } else {
        const block = takeSpare(length) ?? new Uint8Array(GATHERED_BYTES);
        putTogether(chunks.slice(start, at), block);
        await this.#writer.write(block.subarray(0, length));
        keepSpare(block);
      }
    }
  }

  /** A sender that awaits each call brings a message every few microtasks: they go out together. */
  async #untilSenderRests(): Promise<void> {
    for (let queued = 0; queued < COALESCED_BYTES && this.#queued > queued;) {
      queued = this.#queued;
      for (let turn = 0; turn < 3; turn++) await AT_ONCE;
    }
  }

  #unlessAborted(promise: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      promise.then(resolve, reject);
    });
  }

  #callBack(callbacks: readonly ((error?: unknown) => void)[]): void {
    for (const callback of callbacks) callback(this.#outputEnded ? this.fault : undefined);
  }

  /** The transport takes no more. What the peer sent before may still come. */
  #loseOutput(error: unknown): void {
    this.fault ??= error ?? new Error("the transport takes no more");
    this.#outputEnded = true;
    if (!this.#ended) this.#bePatient(this.#closeTimeoutMs, () => this.abort(error));
  }

  /** The closing handshake is over, or the connection has failed: the last bytes, then the transport (RFC 6455 §7.1.1). */
  async #end(event: ConnectionClosed): Promise<void> {
    this.#ended = true;
    this.#time.clearTimeout(this.#clock);
    this.#time.clearTimeout(this.#patience);
    const patience = this.#setTimer(
      () => this.abort(new Error("the transport did not end in time")),
      this.#closeTimeoutMs,
    );
    await this.flush();
    try {
      void this.#handle(event);
    } finally {
      const closing = this.#outputEnded ? Promise.resolve() : this.#writer.close().catch(ignore);
      await this.#unlessAborted(Promise.all([closing, this.#readToTheEnd()])).catch(ignore);
      this.#time.clearTimeout(patience);
      this.#closeTransport();
      this.#finish();
    }
  }

  async #readToTheEnd(): Promise<void> {
    while (!this.#inputEnded) await this.#read();
  }

  #closeTransport(): void {
    if (this.#transportClosed) return;
    this.#transportClosed = true;
    try {
      this.#transport.close?.();
    } catch {
      // It has ended already: some transports say so.
    }
  }

  #tellTime(): void {
    this.#connection.advanceTime(this.#time.now());
  }

  /** A clock that rings too early is set again then: each piece of a message moves its deadline, and timers cost. */
  #setClock(): void {
    const dueMs = this.#connection.nextDeadlineMs;
    if (dueMs === this.#ringsMs || dueMs! > this.#ringsMs!) return; // no number is above nothing, nor nothing above one
    this.#ringsMs = dueMs;
    this.#time.clearTimeout(this.#clock);
    if (dueMs === undefined) return;
    this.#clock = this.#setTimer(() => {
      this.#ringsMs = undefined;
      this.#tellTime();
      this.#pull();
    }, dueMs - this.#time.now());
  }

  #bePatient(ms: number, then: () => void): void {
    this.#patience ??= this.#setTimer(() => {
      this.#patience = undefined;
      then();
      this.#pull();
    }, ms);
  }

  #setTimer(callback: () => void, ms: number): unknown {
    return this.#time.setTimeout(callback, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
  }
}

function ignore(): void {}
