/** What both ends of a WebSocket connection share: bytes in, events out; calls in, bytes out (RFC 6455). */
import { ByteQueue } from "../core/byteQueue.ts";
import { EMPTY, viewOf } from "../core/bytes.ts";
import { ContainedCodec, orRelease } from "../core/containedCodec.ts";
import { Deadlines, type Timer } from "../core/deadlines.ts";
import { LocalProtocolError, ProtocolError, RemoteProtocolError } from "../core/errors.ts";
import { EstablishedConnection } from "../core/establishedConnection.ts";
import { connectionClosed, type ConnectionEstablished, type WSEvent } from "../core/events.ts";
import type { AgreedExtension, NegotiatedExtension } from "../core/extension.ts";
import { LifeCycle, type ConnectionState, type Signal } from "../core/lifeCycle.ts";
import type { Limits } from "../core/limits.ts";
import type { SendOptions } from "../core/messageWriter.ts";
import { OutputQueue } from "../core/outputQueue.ts";
import { CLOSE_TIMEOUT, HANDSHAKE_TIMEOUT, MESSAGE_TIMEOUT, PONG_TIMEOUT } from "../core/rules.ts";
import { violation, type Rule } from "../core/violation.ts";
import type { FastPaths } from "../core/runs/fastPaths.ts";
import type { WholeMessages } from "../core/runs/wholeMessages.ts";
import { Head } from "../handshake/headReader.ts";
import { agreeBeforehand, type Agreement } from "../handshake/negotiation.ts";
import type { MakeOpening, Opening } from "./opening.ts";
import { resolveOptions, type ConnectionType, type SharedOptions } from "./options.ts";
import { randomBytes } from "./randomBytes.ts";

/**
 * Bytes that wait to be sent, without encoding the texts that wait to be encoded together: one beyond ASCII among them
 * counts by its characters. Cheap enough to read after each message.
 */
export let queuedAtLeast: (connection: Connection) => number;

/**
 * Sends a keepalive ping to an open connection, though one may wait for its pong. For whoever reads ahead of what is
 * pulled: any byte that comes after it shows that the peer is there.
 */
export let keepAliveAgain: (connection: Connection) => void;

/** The opening handshake of a connection, until it is over. */
export let openingOf: (connection: Connection) => Opening | undefined;

/**
 * One end of a WebSocket connection. Does no I/O and sets no timers: feed it with {@link receiveBytes}, pull {@link events},
 * and send what {@link bytesToSend} returns.
 */
export abstract class Connection {
  static {
    openingOf = (connection) => connection.#opening;
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
  /** Events that calls of the application or of the clock have brought about. */
  #ahead: readonly WSEvent[] = NONE;
  #inputEnded = false;
  /** Stateless, so one iterator serves all loops, and a loop that is left early loses nothing. */
  readonly #events = new EventIterator(() => this.#nextEvent());

  /** `makeOpening` makes this side's handshake, unless there is none. `TypeError` or `RangeError` for invalid options. */
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

  /** The state, as in the table `lifeCycle`. */
  get state(): ConnectionState {
    return this.#life.state;
  }

  /** Whether the connection is over. Nothing may be sent any more, but the last bytes may still wait to be. */
  get closed(): boolean {
    return this.#life.state === "closed";
  }

  /** What was negotiated; `undefined` if nothing was, or not yet. */
  get subprotocol(): string | undefined {
    return this.#agreement.subprotocol;
  }

  /** What was negotiated, in the order in which it is applied to what is sent (RFC 6455 §9.1). */
  get extensions(): readonly AgreedExtension[] {
    return describe(this.#agreement.extensions);
  }

  /**
   * Takes what the transport brought, or `null` when it has ended. Only stores: bytes are parsed when events are pulled.
   *
   * The chunk belongs to the connection from now on: it may be unmasked in place, and events may view it.
   * `LocalProtocolError` for bytes after `null`. Bytes after the connection has closed are dropped (§5.5.1).
   */
  receiveBytes(data: Uint8Array | null): void {
    if (data instanceof Uint8Array) {
      if (this.closed) return;
      if (this.#inputEnded) throw new LocalProtocolError("bytes after the end of the stream", { code: "inputEnded" });
      if (this.#deadlines.nowMs !== undefined) this.#deadlines.receive();
      this.#input.push(data);
    } else if (data === null) {
      this.#inputEnded = true;
    } else {
      throw new TypeError("receiveBytes takes a Uint8Array or null");
    }
  }

  /**
   * What has happened, parsed as it is pulled, until more bytes are needed. An event may be acted on before the next one
   * is pulled. Ends when there is nothing to tell now; call again after {@link receiveBytes}.
   */
  events(): IterableIterator<WSEvent> {
    return this.#events;
  }

  /**
   * What is to be sent, and empties the queue; with `amount` at most as many bytes. Empty when there is nothing.
   * The array is the caller's alone. `RangeError` if `amount` is not a whole number of bytes.
   */
  bytesToSend(amount?: number): Uint8Array<ArrayBuffer> {
    if (amount !== undefined && !(Number.isInteger(amount) && amount >= 0)) {
      throw new RangeError(`amount must be a whole number of bytes, not ${String(amount)}`);
    }
    this.#output.flush();
    // Only if at least as many bytes leave the queue as the pong adds.
    if (amount === undefined || amount >= Math.min(this.#output.size, LONGEST_CONTROL_FRAME)) {
      this.#established?.answerLatest();
    }
    const bytes = this.#output.take(amount);
    if (this.#output.size === 0) this.#established?.drained();
    return bytes;
  }

  /**
   * The same as {@link bytesToSend}, as it lies in memory: payloads of 8 KiB and more that were handed over are not
   * copied. Several of the arrays may lie in one buffer.
   */
  chunksToSend(): Uint8Array<ArrayBuffer>[] {
    this.#established?.answerLatest();
    this.#established?.drained();
    return this.#output.takeChunks();
  }

  /**
   * Gives back what {@link bytesToSend} returned, or one of what {@link chunksToSend} did, once nobody reads any of it: a
   * transport that copies is done with it at once, Node's sockets when they call back. Its memory, up to 288 KiB of it, is
   * kept to be written into next, which saves a busy sender the making of new memory; neither the array nor its buffer may
   * be used again.
   */
  recycle(bytes: Uint8Array<ArrayBuffer>): void {
    this.#output.recycle(bytes);
  }

  /** Bytes that came and have not been parsed yet. */
  get unreadAmount(): number {
    return this.#input.size;
  }

  /**
   * How much payload is still to come, by its header, of the frame whose beginning has been pulled, in bytes: what room
   * a message needs that is put together. 0 between frames, and where an extension decodes them.
   */
  get frameRemaining(): number {
    return this.#established?.frameRemaining ?? 0;
  }

  /** Bytes that wait to be sent. */
  get bufferedAmount(): number {
    this.#output.flush();
    return queuedAtLeast(this);
  }

  /**
   * Sends a message, or with `final` false a fragment of one (§5.4): text as a string, binary as bytes. The bytes have
   * been read when it returns and are never changed, unless `handOver` gives them away. Lone surrogates are sent as
   * U+FFFD. `LocalProtocolError` unless open, or for text amid binary; `TypeError` for anything but strings and bytes.
   * Throws what an extension throws, which also ends the connection.
   */
  sendData(data: string | BufferSource, final = true, options?: SendOptions): void {
    this.#require("sendMessage").messages.send(data, final, options);
  }

  /** Sends a Ping (§5.5.2). `RangeError` for a payload of more than 125 bytes, `LocalProtocolError` unless open. */
  ping(payload?: BufferSource): void {
    this.#require("sendPing").ping(payload === undefined ? EMPTY : viewOf(payload));
    this.#deadlines.notePing();
  }

  /** Sends a Pong (§5.5.3), asked for or not. Errors as in {@link ping}. */
  pong(payload?: BufferSource): void {
    this.#require("sendPong").pong(payload === undefined ? EMPTY : viewOf(payload));
  }

  /**
   * Begins the closing handshake (§7.1.2). With neither code nor reason the Close frame is empty, and the peer sees 1005;
   * a reason alone is sent with 1000.
   * `RangeError` for a code other than 1000–1003, 1007–1014 and 3000–4999 or a reason of more than 123 bytes of UTF-8.
   * `LocalProtocolError` unless open.
   */
  close(code?: number, reason = ""): void {
    if (typeof reason !== "string") throw new TypeError("a close reason is a string");
    this.#require("sendClose").close(code, reason);
  }

  /**
   * Sets the time, in milliseconds, and does what is due: queues a keepalive ping, or ends the connection. Call it before
   * {@link receiveBytes}, after any other call, and at {@link nextDeadlineMs}. If you stopped pulling for a while, call it
   * before you go on, so that the peer is not blamed for that. A connection without it has no deadlines. An earlier time
   * counts as the last one. `RangeError` if the time is not finite.
   */
  advanceTime(nowMs: number): void {
    const timer = this.#deadlines.advance(nowMs, this.#unread, this.#established?.progress);
    if (timer === undefined) return;
    if (timer === "nextPing") {
      this.#established?.keepAlive();
      return;
    }
    const error = violation(OVERDUE[timer], undefined, this.#deadlines.lengthOf(timer));
    if (this.#established === undefined) this.#failOpening(error);
    else this.#established.fail(error);
  }

  /**
   * When to call {@link advanceTime} at the latest, on its clock; `undefined` if there is nothing to wait for. Reading it
   * changes nothing.
   *
   * Waits that the peer's bytes start are counted from the last {@link advanceTime}. Waits that your calls start, such as
   * that for the peer's Close, are counted from the next one, or from the last one if you pull the events to the end
   * first. While bytes of the peer wait to be pulled, nothing more is expected of it. Afterwards a pong, or the rest of a
   * message, has its whole time again.
   */
  get nextDeadlineMs(): number | undefined {
    return this.#deadlines.nextMs(this.#unread);
  }

  /** How long the last keepalive ping took to be answered, in milliseconds. */
  get roundTripMs(): number | undefined {
    return this.#deadlines.roundTripMs;
  }

  #nextEvent(): WSEvent | undefined {
    if (this.#established === undefined || this.#ahead.length > 0) return this.#nextAhead();
    const event = this.#established.next();
    return event === undefined && this.#inputEnded && !this.closed ? this.#established.end() : event;
  }

  /** What happens before the connection is open, or was brought about by a call. */
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

  /** Does what the peer's bytes ask for; if they broke the rules, answers that and ends. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error; // a defect of ours
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

  /** Ends a connection that never was open. */
  #finish(signal: Signal, error?: ProtocolError): void {
    this.#life.follow(signal);
    this.#input.clear();
    this.#tell(connectionClosed(error));
  }

  /** Whether something came that has not been pulled: bytes, or the end of the stream. */
  get #unread(): boolean {
    return this.#input.size > 0 || this.#inputEnded;
  }

  #require(signal: Signal): EstablishedConnection {
    return this.#established ?? refuseCall(this, signal);
  }
}

/** Of nearly every connection that waits: an array and an object less for each. */
const NONE: readonly never[] = [];
const NOTHING_AGREED: Agreement = { subprotocol: undefined, extensions: NONE };

/** In bytes: 2, a mask and 125 of payload. */
const LONGEST_CONTROL_FRAME = 131;

/** The rule that a peer breaks which lets a timer end. */
const OVERDUE: Readonly<Record<Exclude<Timer, "nextPing">, Rule>> = {
  handshake: HANDSHAKE_TIMEOUT,
  close: CLOSE_TIMEOUT,
  pong: PONG_TIMEOUT,
  message: MESSAGE_TIMEOUT,
};

/** Pulls until there is nothing to tell: first from a run of short messages, which is most of what busy connections do. */
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

/** Throws what a codec's properties throw. */
function containAll(extensions: readonly NegotiatedExtension[]): ContainedCodec[] {
  const raw = extensions.map(({ codec }) => codec);
  return orRelease(raw, () => extensions.map((extension) => ContainedCodec.of(extension)));
}

function describe(extensions: readonly NegotiatedExtension[]): AgreedExtension[] {
  return extensions.map(({ name, parameters }) => ({ name, parameters }));
}

/** Throws the `LocalProtocolError` of a call that this side may not make, or not now. */
export function refuseCall({ type, state }: Connection, signal: Signal): never {
  throw new LocalProtocolError(`a ${type} may not ${signal} while ${state}`, { code: "wrongState" });
}
