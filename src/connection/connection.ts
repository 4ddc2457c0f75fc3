/** What both ends of a WebSocket connection share: bytes in, events out; calls in, bytes out (RFC 6455). */
import { ByteQueue } from "../core/byteQueue.ts";
import { EMPTY, viewOf } from "../core/bytes.ts";
import { ContainedCodec, orRelease } from "../core/containedCodec.ts";
import { Deadlines, overdue } from "../core/deadlines.ts";
import { LocalProtocolError, ProtocolError, RemoteProtocolError } from "../core/errors.ts";
import { EstablishedConnection } from "../core/establishedConnection.ts";
import { connectionClosed, type CloseFrame, type ConnectionEstablished, type WSEvent } from "../core/events.ts";
import type { AgreedExtension, NegotiatedExtension } from "../core/extension.ts";
import { LifeCycle, type ConnectionState, type Signal } from "../core/lifeCycle.ts";
import type { Limits } from "../core/limits.ts";
import { sendTable, type SendOptions } from "../core/messageWriter.ts";
import { checkFlags, refuse } from "../core/options.ts";
import { OutputQueue } from "../core/outputQueue.ts";
import { violation } from "../core/violation.ts";
import type { FastPaths } from "../core/runs/fastPaths.ts";
import type { WholeMessages } from "../core/runs/wholeMessages.ts";
import { Head } from "../handshake/headReader.ts";
import { agreeBeforehand, type Agreement } from "../handshake/negotiation.ts";
import type { MakeOpening, Opening } from "./opening.ts";
import { resolveOptions, type ConnectionType, type SharedOptions } from "./options.ts";
import { randomBytes } from "./randomBytes.ts";

/**
 * Number of bytes waiting to be sent, computed without encoding the current run of texts. A non-ASCII text in the run
 * counts by its characters. Cheap enough to read after each message.
 */
export let queuedAtLeast: (connection: Connection) => number;

/**
 * Sends a keepalive ping on an open connection, even if an earlier one is unanswered. Use it when you read ahead of the
 * events that are pulled: any byte that arrives after the ping shows that the peer is there.
 */
export let keepAliveAgain: (connection: Connection) => void;

/**
 * Leaves the answer to the peer's Close to the caller (RFC 6455 §5.5.1): `received` gets the Close once all data before
 * it has been pulled, and `close()` answers it. Until then data can still be sent. Call it on an open connection.
 */
export let answerLater: (connection: Connection, received: (close: CloseFrame) => void) => void;

/** Whether data and a Close can be sent: the connection is open, or the peer's Close waits for {@link answerLater}. */
export function canSend({ state }: Connection): boolean {
  return state === "open" || state === "remoteClosing";
}

/** The opening handshake, or `undefined` once it is over. */
export let openingOf: (connection: Connection) => Opening | undefined;

/**
 * One end of a WebSocket connection. Does no I/O and sets no timers: feed it with {@link receiveBytes}, pull
 * {@link events}, and send what {@link bytesToSend} returns.
 *
 * The base of {@link WSConnection}, {@link ClientConnection} and {@link ServerConnection}.
 */
export abstract class Connection {
  static {
    openingOf = (connection) => connection.#opening;
    answerLater = (connection, received) => connection.#established?.answerLater(received);
    keepAliveAgain = (connection) => {
      if (connection.#life.state === "open") connection.#established?.keepAliveAgain();
    };
    queuedAtLeast = (connection) => connection.#output.size + (connection.#established?.owedLength ?? 0);
  }

  readonly type: ConnectionType;
  readonly #life: LifeCycle;
  readonly #input = new ByteQueue();
  readonly #output = new OutputQueue();
  readonly #limits: Limits;
  readonly #deadlines: Deadlines;
  readonly #random: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #masking: boolean;
  readonly #autoPong: boolean;
  readonly #fastPaths: FastPaths | undefined;
  #opening: Opening | undefined;
  #established: EstablishedConnection | undefined;
  #agreement = NOTHING_AGREED;
  /** Events caused by calls of the application or by the clock. */
  #ahead: readonly WSEvent[] = NONE;
  #inputEnded = false;
  /** Stateless, so one iterator serves all loops, and leaving a loop early loses nothing. */
  readonly #events = new EventIterator(() => this.#nextEvent());

  /**
   * `makeOpening` creates this side's handshake; it is not called with `handshake: "none"`. Throws `TypeError` or
   * `RangeError` if an option is invalid.
   */
  protected constructor(
    type: ConnectionType,
    options: SharedOptions,
    makeOpening: MakeOpening,
    fastPaths: FastPaths | undefined,
  ) {
    const { handshake, limits, timing } = resolveOptions(options);
    this.type = type;
    this.#limits = limits;
    this.#deadlines = new Deadlines(timing);
    this.#random = options.random ?? randomBytes;
    this.#masking = options.masking ?? true;
    this.#autoPong = options.autoPong ?? true;
    this.#fastPaths = fastPaths;
    if (handshake === "none") {
      this.#life = new LifeCycle("open", this.#deadlines);
      const extensions = agreeBeforehand(type, options.extensions ?? []);
      this.#open(undefined, { extensions, subprotocol: options.subprotocol, head: new Head("", []) });
    } else {
      this.#life = new LifeCycle("connecting", this.#deadlines);
      this.#opening = makeOpening({
        life: this.#life,
        input: this.#input,
        output: this.#output,
        deadlines: this.#deadlines,
        limits: this.#limits,
        random: this.#random,
        tell: (event) => this.#tell(event),
        open: (signal, agreed) => this.#open(signal, agreed),
        finish: (signal) => this.#finish(signal),
        attempt: (step) => this.#attempt(step),
      });
    }
  }

  /** The current state; see the table `lifeCycle`. */
  get state(): ConnectionState {
    return this.#life.state;
  }

  /** Whether the connection is over. You can send nothing more, but the last bytes may still be queued. */
  get closed(): boolean {
    return this.#life.state === "closed";
  }

  /** The negotiated subprotocol, or `undefined` if there is none or the connection is not open yet. */
  get subprotocol(): string | undefined {
    return this.#agreement.subprotocol;
  }

  /** The negotiated extensions, in the order in which they encode outgoing messages (RFC 6455 §9.1). */
  get extensions(): readonly AgreedExtension[] {
    return describe(this.#agreement.extensions);
  }

  /**
   * Takes bytes from the transport, or `null` at the end of the stream. Only stores them: they are parsed when events
   * are pulled.
   *
   * The connection owns the chunk from now on: it may unmask the chunk in place, and events may view it. Throws
   * `LocalProtocolError` for bytes after `null`. Bytes after the connection has closed are dropped (§5.5.1).
   */
  receiveBytes(data: Uint8Array | null): void {
    if (data instanceof Uint8Array) {
      if (this.closed || this.state === "remoteClosing") return;
      if (this.#inputEnded) throw new LocalProtocolError("bytes after the end of the stream", { code: "inputEnded" });
      if (this.#deadlines.nowMs !== undefined) this.#deadlines.receive();
      this.#input.push(data);
    } else if (data === null) {
      this.#inputEnded = true;
    } else {
      refuse("receiveBytes() takes a Uint8Array or null", data);
    }
  }

  /**
   * Iterates over what has happened; bytes are parsed as you pull. You can act on an event before you pull the next
   * one. Ends when more bytes are needed; call it again after {@link receiveBytes}.
   */
  events(): IterableIterator<WSEvent> {
    return this.#events;
  }

  /**
   * Takes the bytes to send out of the queue: all of them, or at most `amount`. Empty if there are none. The caller
   * owns the array. Throws `RangeError` if `amount` is not a whole number of bytes.
   */
  bytesToSend(amount?: number): Uint8Array<ArrayBuffer> {
    if (amount !== undefined && !(Number.isInteger(amount) && amount >= 0)) {
      throw new RangeError(`amount must be a whole number of bytes, not ${String(amount)}`);
    }
    this.#output.flush();
    // The pong may only join the queue if at least as many bytes leave it.
    if (amount === undefined || amount >= Math.min(this.#output.size, LONGEST_CONTROL_FRAME)) {
      this.#established?.answerLatest();
    }
    const bytes = this.#output.take(amount);
    if (this.#output.size === 0) this.#established?.drained();
    return bytes;
  }

  /**
   * Takes all bytes to send, like {@link bytesToSend}, but without joining them: handed-over payloads of 8 KiB or more
   * are not copied. Several of the arrays may share one buffer.
   */
  chunksToSend(): Uint8Array<ArrayBuffer>[] {
    this.#established?.answerLatest();
    this.#established?.drained();
    return this.#output.takeChunks();
  }

  /**
   * Returns the memory of an array from {@link bytesToSend} or {@link chunksToSend} for reuse, which saves a busy
   * sender allocations. Call it once nothing reads the array any more: immediately with a transport that copies, in the
   * write callback with Node's sockets. Up to 288 KiB are kept. Don't use the array or its buffer afterwards.
   */
  recycle(bytes: Uint8Array<ArrayBuffer>): void {
    this.#output.recycle(bytes);
  }

  /** Number of received bytes that have not been parsed yet. */
  get unreadAmount(): number {
    return this.#input.size;
  }

  /**
   * How much payload of the current frame is still to come according to its header, in bytes. Use it to allocate room
   * when you assemble a message. 0 between frames, and when an extension decodes the payload.
   */
  get frameRemaining(): number {
    return this.#established?.frameRemaining ?? 0;
  }

  /** Number of bytes waiting to be sent. */
  get bufferedAmount(): number {
    this.#output.flush();
    return queuedAtLeast(this);
  }

  /**
   * Sends a message, or a fragment of one if `final` is false (§5.4): a string as text, bytes as binary. The bytes have
   * been read when the call returns and are never modified, unless `handOver` gives them away. Lone surrogates are sent
   * as U+FFFD.
   *
   * Throws `LocalProtocolError` unless the connection is open, and for a text fragment in a binary message or the
   * reverse; `TypeError` for anything but strings and bytes, for bytes in shared or resizable memory, and for an option
   * that does not exist. Rethrows an extension's error, which also ends the connection.
   */
  sendData(data: string | BufferSource, final = true, options?: SendOptions): void {
    if (options !== undefined) checkFlags("sendData()", options, sendTable);
    this.#require("sendMessage").messages.send(data, final, options);
  }

  /**
   * Sends a Ping (§5.5.2). Throws `RangeError` if the payload exceeds 125 bytes, `TypeError` if it is not bytes or lies
   * in shared or resizable memory, `LocalProtocolError` unless the connection is open.
   */
  ping(payload?: BufferSource): void {
    this.#require("sendPing").ping(payload === undefined ? EMPTY : viewOf(payload));
    this.#deadlines.notePing();
  }

  /** Sends a Pong (§5.5.3), solicited or not. Throws the same errors as {@link ping}. */
  pong(payload?: BufferSource): void {
    this.#require("sendPong").pong(payload === undefined ? EMPTY : viewOf(payload));
  }

  /**
   * Starts the closing handshake (§7.1.2). Without code and reason the Close frame is empty, and the peer sees 1005; a
   * reason without a code is sent with 1000.
   *
   * Throws `RangeError` if a Close frame can't carry the code (see `CloseCode`), or if the reason exceeds 123 bytes of
   * UTF-8; `LocalProtocolError` unless the connection is open.
   */
  close(code?: number, reason = ""): void {
    if (typeof reason !== "string") refuse("a close reason must be a string", reason);
    this.#require("sendClose").close(code, reason);
  }

  /**
   * Sets the time, in milliseconds, and does what is due: queues a keepalive ping or ends the connection. Call it
   * before {@link receiveBytes}, after any other call, and at {@link nextDeadlineMs}. If you stopped pulling events for
   * a while, call it before you continue, so that the pause does not count against the peer. If you never call it, the
   * connection has no deadlines. A time before the last one counts as the last one. Throws `RangeError` if the time is
   * not finite.
   */
  advanceTime(nowMs: number): void {
    const timer = this.#deadlines.advance(nowMs, this.#unread, this.#established?.progress);
    if (timer === undefined) return;
    if (timer === "nextPing") {
      this.#established?.keepAlive();
      return;
    }
    const error = violation(overdue[timer], undefined, this.#deadlines.lengthOf(timer));
    if (this.#established === undefined) this.#failOpening(error);
    else this.#established.fail(error);
  }

  /**
   * The latest time for the next call of {@link advanceTime}, on its clock; `undefined` if no timer is running. Reading
   * it changes nothing.
   *
   * Timers that the peer's bytes start count from the last {@link advanceTime}. Timers that your calls start, such as
   * the wait for the peer's Close, count from the next {@link advanceTime}, or from the last one if you pull all events
   * first. While received bytes are waiting to be pulled, no deadline of the peer runs. Afterwards a pong, or the rest
   * of a message, gets its full time again.
   */
  get nextDeadlineMs(): number | undefined {
    return this.#deadlines.nextMs(this.#unread);
  }

  /** The round trip of the last answered keepalive ping, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this.#deadlines.roundTripMs;
  }

  #nextEvent(): WSEvent | undefined {
    if (this.#established === undefined || this.#ahead.length > 0) return this.#nextAhead();
    const event = this.#established.next();
    return event === undefined && this.#inputEnded && this.#life.allows("end") ? this.#established.end() : event;
  }

  /** The next event of the opening handshake, or one that a call caused. */
  #nextAhead(): WSEvent | undefined {
    if (this.#ahead.length > 0 || this.closed) return this.#takeAhead();
    this.#attempt(() => this.#opening?.read());
    if (this.#ahead.length === 0 && this.#inputEnded && !this.closed) this.#opening?.end();
    if (this.#ahead.length === 0) this.#deadlines.drain(undefined);
    return this.#takeAhead();
  }

  #tell(event: WSEvent): void {
    this.#ahead = [...this.#ahead, event];
  }

  #takeAhead(): WSEvent | undefined {
    const [event] = this.#ahead;
    this.#ahead = this.#ahead.length > 1 ? this.#ahead.slice(1) : NONE;
    return event;
  }

  /** Takes a step that the peer's bytes ask for. If they break a rule, refuses them and ends the connection. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error; // a bug in this library
      this.#failOpening(error);
    }
  }

  #failOpening(error: ProtocolError): void {
    if (error instanceof RemoteProtocolError) this.#opening?.refuse(error);
    this.#finish("fail", error);
  }

  #open(signal: Signal | undefined, { subprotocol, extensions, head }: Agreement & { readonly head: Head }): void {
    const codecs = extensions.length === 0 ? NONE : containAll(extensions);
    if (signal !== undefined) this.#life.follow(signal);
    if (subprotocol !== undefined || extensions.length > 0) this.#agreement = { subprotocol, extensions };
    this.#opening = undefined;
    this.#established = new EstablishedConnection({
      role: this.type,
      life: this.#life,
      deadlines: this.#deadlines,
      input: this.#input,
      output: this.#output,
      limits: this.#limits,
      codecs,
      masking: this.#masking,
      autoPong: this.#autoPong,
      random: this.#random,
      fastPaths: this.#fastPaths,
    });
    this.#events.whole = this.#established.whole;
    const event: ConnectionEstablished = {
      type: "connectionEstablished",
      subprotocol,
      extensions: describe(extensions),
      get headers() {
        return head.headers;
      },
    };
    this.#tell(event);
  }

  /** Ends a connection that was never open. */
  #finish(signal: Signal, error?: ProtocolError): void {
    this.#life.follow(signal);
    this.#input.clear();
    this.#tell(connectionClosed(error));
  }

  /** Whether received bytes, or the end of the stream, have not been pulled yet. */
  get #unread(): boolean {
    return this.#input.size > 0 || this.#inputEnded;
  }

  #require(signal: Signal): EstablishedConnection {
    return this.#established ?? refuseCall(this, signal);
  }
}

/** Shared by nearly all idle connections; saves each an array and an object. */
const NONE: readonly never[] = [];
const NOTHING_AGREED: Agreement = { subprotocol: undefined, extensions: NONE };

/** 2 bytes of header, 4 of masking key and 125 of payload. */
const LONGEST_CONTROL_FRAME = 131;

/** Pulls until there are no more events. Tries the run of short messages first: the usual case on a busy connection. */
class EventIterator implements IterableIterator<WSEvent> {
  whole: WholeMessages | undefined;
  readonly #pull: () => WSEvent | undefined;

  constructor(pull: () => WSEvent | undefined) {
    this.#pull = pull;
  }

  next(): IteratorResult<WSEvent, undefined> {
    const value = this.whole?.next() ?? this.#pull();
    return value === undefined ? { value, done: true } : { value, done: false };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** Throws whatever a getter of a codec throws. */
function containAll(extensions: readonly NegotiatedExtension[]): ContainedCodec[] {
  const raw = extensions.map(({ codec }) => codec);
  return orRelease(raw, () => extensions.map((extension) => ContainedCodec.of(extension)));
}

function describe(extensions: readonly NegotiatedExtension[]): AgreedExtension[] {
  return extensions.map(({ name, parameters }) => ({ name, parameters }));
}

/** Throws the `LocalProtocolError` for a call that this side can't make, or can't make now. */
export function refuseCall({ type, state }: Connection, signal: Signal): never {
  throw new LocalProtocolError(`a ${type} can't ${signal} while ${state}`, { code: "wrongState" });
}
