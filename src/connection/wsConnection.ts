/** A WebSocket connection as a pure machine: bytes in, events out; calls in, bytes out (RFC 6455). */
import { ByteQueue } from "../core/byteQueue.ts";
import { EMPTY, viewOf } from "../core/bytes.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { Deadlines, resolveTiming, timingTable, type Timer, type Timing } from "../core/deadlines.ts";
import { ContainedCodec, orRelease } from "../core/containedCodec.ts";
import {
  contain,
  LocalProtocolError,
  ProtocolError,
  RemoteProtocolError,
  type ProtocolErrorDetails,
} from "../core/errors.ts";
import { EstablishedConnection, type SendOptions } from "../core/establishedConnection.ts";
import {
  connectionClosed,
  type ConnectionEstablished,
  type ConnectionRequested,
  type WSEvent,
} from "../core/events.ts";
import type { AgreedExtension, Extension, NegotiatedExtension } from "../core/extension.ts";
import { LifeCycle, type ConnectionState, type Signal } from "../core/lifeCycle.ts";
import { limitTable, resolveLimits, type Limits } from "../core/limits.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import { OutputQueue } from "../core/outputQueue.ts";
import type { WholeMessages } from "../core/wholeMessages.ts";
import { ClientHandshake, type RequestOptions } from "../handshake/clientHandshake.ts";
import { Head } from "../handshake/headReader.ts";
import {
  acceptTable,
  agreeBeforehand,
  offerTable,
  requireExtensions,
  type Agreement,
  type AnswerOptions,
} from "../handshake/negotiation.ts";
import {
  refusal,
  rejection,
  rejectionPiece,
  rejectTable,
  ServerHandshake,
  type ParsedRequest,
  type RejectOptions,
} from "../handshake/serverHandshake.ts";
import { randomBytes } from "./randomBytes.ts";

export const ConnectionType = { CLIENT: "client", SERVER: "server" } as const;
export type ConnectionType = (typeof ConnectionType)[keyof typeof ConnectionType];

/** What both sides may set. */
export interface SharedOptions extends Partial<Timing> {
  /** `"http1"`, the default, opens by an HTTP/1.1 upgrade; `"none"` starts open, by prior knowledge. */
  readonly handshake?: "http1" | "none";
  /** With `handshake: "none"`: the subprotocol that was agreed on. */
  readonly subprotocol?: string | undefined;
  /** In order of preference. With `handshake: "none"` also those that header-only negotiation agreed on. */
  readonly extensions?: readonly (Extension | NegotiatedExtension)[];
  readonly limits?: Partial<Limits>;
  /**
   * `false`: the client does not mask, the server takes frames masked or not. For ends that agreed on it, over
   * transports where no intermediary looks for HTTP (RFC 6455 §10.3).
   */
  readonly masking?: boolean;
  /** `false`: pings are for the application to answer. */
  readonly autoPong?: boolean;
  /**
   * Fills the bytes it is given, for keys and masks; the platform's `crypto` by default. Must be unpredictable to others.
   * What it throws is thrown by the call that needs it, and nothing has changed; in an automatic answer it ends the
   * connection.
   */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** For the tables of faces, which have these options, too. */
export const sharedTable: OptionTable<SharedOptions> = {
  ...timingTable,
  handshake: "a string",
  subprotocol: "a string",
  extensions: "an object",
  limits: limitTable,
  masking: "a boolean",
  autoPong: "a boolean",
  random: "a function",
};

export interface ClientOptions extends SharedOptions, Partial<Omit<RequestOptions, "extensions">> {}
export type ServerOptions = SharedOptions;
export type ConnectionOptions = ClientOptions;

const table: OptionTable<ConnectionOptions> = {
  ...offerTable,
  ...sharedTable,
  host: "a string",
  resource: "a string",
};

export type AcceptOptions = Omit<AnswerOptions, "extensions">;

/**
 * Bytes that wait to be sent, without encoding the texts that wait to be encoded together: one beyond ASCII among them
 * counts by its characters. For whoever asks after each message.
 */
export let queuedAtLeast: (connection: WSConnection) => number;

/**
 * Sends a keepalive ping to an open connection, though one may wait for its pong. For whoever reads ahead of what is
 * pulled: any byte that comes after it shows that the peer is there.
 */
export let keepAliveAgain: (connection: WSConnection) => void;

/**
 * One end of a WebSocket connection. Touches no network and no clock: give it what came with {@link receiveBytes}, pull
 * {@link events}, and send what {@link bytesToSend} returns.
 *
 * @example
 * ```ts
 * import { WSConnection } from "websocket-over";
 *
 * const client = new WSConnection("client", { host: "example.com", resource: "/chat" });
 * const server = new WSConnection("server");
 * server.receiveBytes(client.bytesToSend()); // over whatever network there is
 * for (const event of server.events()) if (event.type === "connectionRequested") server.accept(event);
 * client.receiveBytes(server.bytesToSend());
 * for (const event of client.events()) if (event.type === "connectionEstablished") client.sendData("hello");
 * server.receiveBytes(client.bytesToSend());
 * for (const event of server.events()) if (event.type === "textReceived") console.log(event.data); // → hello
 * ```
 */
export class WSConnection {
  static {
    keepAliveAgain = (connection) => {
      if (connection.#life.state === "open") connection.#established?.keepAliveAgain();
    };
    queuedAtLeast = (connection) => connection.#output.size + (connection.#established?.pendingLength ?? 0);
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
  readonly #offered: readonly (Extension | NegotiatedExtension)[];
  /** The opening handshake, until it is over. */
  #client: ClientHandshake | undefined;
  #server: ServerHandshake | undefined;
  #established: EstablishedConnection | undefined;
  #agreement = NOTHING_AGREED;
  /** Events that calls of the application or of the clock have brought about. */
  #ahead: readonly WSEvent[] = NONE;
  #inputEnded = false;
  /** Holds no place of its own, so that one serves every loop, and a loop that is left early loses nothing. */
  readonly #events = new Events(() => this.#nextEvent());

  /**
   * A client queues its request at once. `TypeError` or `RangeError` for options that can't be.
   */
  constructor(type: ConnectionType, options: ConnectionOptions = {}) {
    if (type !== "client" && type !== "server") {
      throw new TypeError(`new WSConnection() takes "client" or "server", not ${String(type)}`);
    }
    checkOptions("new WSConnection()", options, table);
    const { handshake = "http1", extensions = [] } = options;
    requireExtensions(extensions);
    this.type = type;
    this.#limits = resolveLimits(options.limits);
    this.#deadlines = new Deadlines(resolveTiming(options));
    this.#random = options.random ?? randomBytes;
    this.#masking = options.masking ?? true;
    this.#autoPong = options.autoPong ?? true;
    this.#offered = extensions;
    if (handshake === "none") {
      this.#life = new LifeCycle("open", this.#deadlines);
      this.#open(undefined, agreeBeforehand(type, extensions), options.subprotocol, new Head("", []));
    } else if (handshake === "http1") {
      this.#life = new LifeCycle("connecting", this.#deadlines);
      if (type === "server") {
        this.#server = new ServerHandshake(this.#limits);
      } else {
        const request = { ...options, extensions: this.#negotiable.map(containAnswer) } as RequestOptions;
        this.#client = new ClientHandshake(request, this.#limits, this.#random);
        this.#output.push(this.#client.request);
      }
    } else {
      throw new TypeError(`handshake is "http1" or "none", not ${String(handshake)}`);
    }
  }

  /** Where the connection stands in the table `lifeCycle`. */
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
   * `LocalProtocolError` for bytes after `null`. What comes after the connection has closed is dropped (§5.5.1).
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
   * Server: takes a request that somebody else has parsed, such as Node's `http` module, in place of its bytes.
   * It is held to the same rules: one that breaks them is refused, and is the `error` of `connectionClosed`. What came
   * behind its head goes to {@link receiveBytes}. `LocalProtocolError` unless the server waits for its first byte.
   */
  receiveRequest(request: ParsedRequest): void {
    const server = this.#connectingServer();
    if (server.started) {
      throw new LocalProtocolError("a request has begun to come already", {
        code: "wrongState",
        section: "RFC 6455 §4.2.1",
      });
    }
    this.#attempt(() => this.#ask(server.receiveRequest(request)));
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
   * The array is the caller's alone. `RangeError` for an amount that is no count.
   */
  bytesToSend(amount?: number): Uint8Array<ArrayBuffer> {
    if (amount !== undefined && !(Number.isInteger(amount) && amount >= 0)) {
      throw new RangeError(`amount must be a whole number of bytes, not ${String(amount)}`);
    }
    this.#established?.flush();
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
    this.#established?.flush();
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
    this.#established?.flush();
    return queuedAtLeast(this);
  }

  /**
   * Sends a message, or with `final` false a fragment of one (§5.4): text as a string, binary as bytes. The bytes have
   * been read when it returns and are never changed, unless `handOver` gives them away. Lone surrogates are sent as
   * U+FFFD. `LocalProtocolError` unless open, or for text amid binary; `TypeError` for anything but strings and bytes.
   * Throws what an extension throws, which also ends the connection.
   */
  sendData(data: string | BufferSource, final = true, options?: SendOptions): void {
    this.#require("sendMessage").sendData(data, final, options);
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
   * Server: opens the connection that was asked for (§4.2.2). `LocalProtocolError` for a subprotocol that was not
   * offered or a request that does not wait for an answer, `TypeError` for a header that can't be sent.
   */
  accept(request: ConnectionRequested, options: AcceptOptions = {}): void {
    const server = this.#answering(request);
    checkOptions("accept()", options, acceptTable);
    const accepted = server.accept(request, { ...options, extensions: this.#negotiable });
    this.#open("accept", accepted.extensions, accepted.subprotocol, accepted.head);
    this.#output.push(accepted.bytes);
  }

  /**
   * Server: refuses the connection that was asked for (§4.2.2): 403 with no body, unless told otherwise. With `streamed`
   * the body follows by {@link sendRejectionData}. Errors as in {@link accept}; `RangeError` for a status below 200.
   */
  reject(request: ConnectionRequested, options: RejectOptions = {}): void {
    this.#answering(request);
    checkOptions("reject()", options, rejectTable);
    this.#output.push(rejection(options));
    this.#life.follow("reject");
    if (options.streamed !== true) this.#finish("finishRejection");
  }

  /**
   * Server: sends a piece of the body of a rejection that was begun with `streamed`, and with `finished` its end. Bytes
   * have been read when it returns. `LocalProtocolError` where there is no such rejection, or it has ended; `TypeError` for
   * anything but strings and bytes.
   */
  sendRejectionData(data: string | BufferSource, finished = false): void {
    if (this.type !== "server" || !this.#life.allows("sendRejectionData")) this.#refuse("sendRejectionData");
    this.#output.push(rejectionPiece(data, finished));
    if (finished) this.#finish("finishRejection");
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
    const { what, ...details } = OVERDUE[timer];
    const error = new RemoteProtocolError(`no ${what} in ${this.#deadlines.lengthOf(timer)} ms`, details);
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
    this.#attempt(() => this.#openFurther());
    if (this.#ahead.length === 0 && this.#inputEnded && !this.closed) this.#endOpening();
    if (this.#ahead.length === 0) this.#deadlines.drain(undefined);
    return this.#takeAhead();
  }

  #ask(request: ConnectionRequested): void {
    this.#deadlines.receiveRequest();
    this.#tell(request);
  }

  #tell(event: WSEvent): void {
    this.#ahead = [...this.#ahead, event];
  }

  #takeAhead(): WSEvent | undefined {
    const [event] = this.#ahead;
    this.#ahead = this.#ahead.length > 1 ? this.#ahead.slice(1) : NONE;
    return event;
  }

  #openFurther(): void {
    if (this.#server !== undefined) {
      // What comes while the body is being sent is not wanted.
      if (this.#life.state === "rejecting") {
        this.#input.clear();
        return;
      }
      if (this.#server.request === undefined) {
        const request = this.#server.read(this.#input);
        if (request !== undefined) this.#ask(request);
      } else if (this.#input.size > this.#limits.maxEarlyBytes) {
        throw new RemoteProtocolError(`more than ${this.#limits.maxEarlyBytes} bytes before the answer`, {
          code: "tooMuchEarlyData",
          section: "RFC 6455 §4.1",
          offset: this.#input.offset,
          status: 400,
        });
      }
      return;
    }
    const answer = this.#client?.read(this.#input);
    if (answer === undefined) return;
    if (answer.type === "established") {
      this.#open("establish", answer.extensions, answer.subprotocol, answer.head);
      return;
    }
    this.#tell(answer);
    if (answer.type === "connectionRejected") this.#life.follow("beRejected");
    else if (answer.finished) this.#finish("finishRejection");
  }

  /** The stream ended before the connection was open. */
  #endOpening(): void {
    const rejecting = this.#life.state === "rejecting";
    // A client that has nothing more to say may still read why it is refused.
    if (rejecting && this.#server !== undefined) return;
    const last = rejecting ? this.#client?.end() : undefined;
    if (last === undefined) {
      this.#finish("end");
    } else {
      this.#tell(last);
      this.#finish("finishRejection");
    }
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
    const isRefused = this.#server !== undefined && this.#life.state === "connecting";
    if (isRefused && error instanceof RemoteProtocolError) this.#output.push(refusal(error));
    this.#finish("fail", error);
  }

  #open(
    signal: Signal | undefined,
    extensions: readonly NegotiatedExtension[],
    subprotocol: string | undefined,
    head: Head,
  ): void {
    const codecs = extensions.length === 0 ? NONE : containAll(extensions);
    if (signal !== undefined) this.#life.follow(signal);
    if (subprotocol !== undefined || extensions.length > 0) this.#agreement = { subprotocol, extensions };
    this.#client = undefined;
    this.#server = undefined;
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

  get #negotiable(): readonly Extension[] {
    return this.#offered.filter((extension): extension is Extension => "offer" in extension);
  }

  #require(signal: Signal): EstablishedConnection {
    return this.#established ?? this.#refuse(signal);
  }

  #connectingServer(): ServerHandshake {
    if (this.#server === undefined || !this.#life.allows("accept")) this.#refuse("accept");
    return this.#server;
  }

  #answering(request: ConnectionRequested): ServerHandshake {
    const server = this.#connectingServer();
    if (server.request === undefined || server.request !== request) {
      throw new LocalProtocolError("that request does not wait for an answer here", { code: "unknownRequest" });
    }
    return server;
  }

  #refuse(signal: Signal): never {
    throw new LocalProtocolError(`a ${this.type} may not ${signal} while ${this.#life.state}`, { code: "wrongState" });
  }
}

/** Of nearly every connection that waits: an array and an object less for each. */
const NONE: readonly never[] = [];
const NOTHING_AGREED: Agreement = { subprotocol: undefined, extensions: NONE };

/** In bytes: 2, a mask and 125 of payload. */
const LONGEST_CONTROL_FRAME = 131;

/** How deadlines are answered: 408 before the connection is open, and then by a Close, in case somebody hears it. */
const PEER_GONE = { closeCode: CloseCode.INTERNAL_ERROR as number, status: 408 };

/** What the peer owes when a timer ends, and how that is answered. */
const OVERDUE: Record<Exclude<Timer, "nextPing">, ProtocolErrorDetails & { what: string }> = {
  handshake: { what: "opening handshake", code: "handshakeTimeout", ...PEER_GONE },
  close: { what: "Close frame", code: "closeTimeout", ...PEER_GONE },
  pong: { what: "pong", code: "keepaliveTimeout", ...PEER_GONE },
  // A slow peer is there, and breaks no rule or size: 1008 is for that (§7.4.1).
  message: {
    what: "message or 16 KiB of one",
    code: "messageTimeout",
    closeCode: CloseCode.POLICY_VIOLATION,
    section: "RFC 6455 §10.4",
  },
};

/** Pulls until there is nothing to tell: first from a run of short messages, which is most of what busy connections do. */
class Events implements IterableIterator<WSEvent> {
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

/** The client's side of an extension, asked while events are pulled: what it throws ends the connection. */
function containAnswer(extension: Extension): Extension {
  const { name } = extension;
  return {
    name,
    offer: () => extension.offer(),
    accept: () => undefined,
    confirm: (answer) =>
      contain("extensionFailed", `the extension ${name}`, () => {
        const codec = extension.confirm(answer);
        return codec === undefined ? undefined : new ContainedCodec(name, codec);
      }),
  };
}
