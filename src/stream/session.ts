/** An open WebSocket in the shape of WebSocketStream's opened connection, plus what that API lacks. */
import { answerLater, canSend, type Connection } from "../connection/connection.ts";
import type { Bytes } from "../core/bytes.ts";
import { sendTable, type SendOptions } from "../core/messageWriter.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import type { CloseFrame, ConnectionClosed, ConnectionEstablished, PongReceived, WSEvent } from "../core/events.ts";
import { formatExtensions } from "../handshake/headerGrammar.ts";
import { ignore } from "../transports/ignore.ts";
import { abortableTable, unlessAborted, withdraw, type Abortable } from "./abortable.ts";
import type { Driver, EventHandler } from "./driver.ts";
import { IncomingMessages, type IncomingMessageStream, type Message } from "./incomingMessages.ts";
import { OutgoingMessages } from "./outgoingMessages.ts";
import { explain, sendableClose, WebSocketError } from "./webSocketError.ts";
import { withResolvers } from "./withResolvers.ts";

/** The options of `close()` of a {@link WebSocketSession}. */
export interface CloseOptions extends Abortable {
  /**
   * A code that a Close frame can carry; see `CloseCode`. By default the frame is empty, or carries 1000 if there is a
   * reason.
   */
  readonly closeCode?: number | undefined;
  /** At most 123 bytes of UTF-8. */
  readonly reason?: string | undefined;
}

const closeTable: OptionTable<CloseOptions> = { ...abortableTable, closeCode: "a number", reason: "a string" };

/** How a {@link WebSocketSession} was closed. */
export interface CloseInfo {
  /** The code of the peer's Close frame; 1005 if it had none. */
  readonly closeCode: number;
  readonly reason: string;
  /** Which side's Close frame came first. */
  readonly initiator: "local" | "remote" | undefined;
  /** The Close frame that this side sent. */
  readonly sent: CloseFrame | undefined;
}

interface Ping {
  readonly payload: Bytes;
  readonly sentMs: number;
  readonly resolve: (roundTripMs: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Leaves the answer to the peer's Close to the caller: `received` gets the Close, after all messages before it, and
 * `close()` answers it. Until then messages can still be sent.
 */
export let answerCloseLater: (session: WebSocketSession, received: (close: CloseFrame) => void) => void;

const abortableSendTable: OptionTable<SendOptions & Abortable> = { ...sendTable, ...abortableTable };
const NO_OPTIONS: SendOptions = {};

/**
 * An open WebSocket. Read messages whole (`readable`, `receive()` or iteration) or as streams
 * (`incomingMessageStreams`). The first one you use decides. If you do not read, the peer is paused.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { accept, connect } from "websocket-over/stream";
 *
 * const [near, far] = pipe();
 * void accept(far).then(async (request) => {
 *   const session = await request.accept();
 *   for await (const message of session) await session.send(`echo of ${message}`);
 * });
 * const session = await connect(near);
 * await session.send("hello");
 * console.log(await session.receive()); // → echo of hello
 * await session.ping(); // resolves with the round trip in milliseconds
 * console.log((await session.close({ closeCode: 1000, reason: "done" })).closeCode); // → 1000
 * ```
 */
export class WebSocketSession implements AsyncDisposable, AsyncIterable<Message> {
  static {
    answerCloseLater = (session, received) =>
      answerLater(session.#connection, (close) => {
        session.#incoming.end(session.#lossOf(close));
        received(close);
      });
  }

  /** The negotiated subprotocol; empty if there is none. */
  readonly protocol: string;
  /** The negotiated extensions, in header form. */
  readonly extensions: string;
  /** The headers of the answer that opened the connection. */
  readonly headers: Headers;
  /**
   * Resolves when the connection has closed cleanly and the last bytes have been written. Rejects with a
   * {@link WebSocketError} if it ends otherwise; you need not handle the rejection.
   */
  readonly closed: Promise<CloseInfo>;
  /**
   * Sends each chunk as a message. Closing or aborting it closes the connection. Abort it with a `WebSocketError` to
   * set the close code.
   */
  readonly writable: WritableStream<string | BufferSource>;

  readonly #connection: Connection;
  readonly #driver: Driver;
  readonly #incoming: IncomingMessages;
  readonly #outgoing: OutgoingMessages;
  readonly #pings: Ping[] = [];
  #pingsSent = 0;
  #settle!: { readonly resolve: (info: CloseInfo) => void; readonly reject: (error: WebSocketError) => void };

  /** Created by `connect` and `accept`. */
  constructor(
    connection: Connection,
    driver: Driver,
    established: ConnectionEstablished,
    handOn: (handle: EventHandler) => void,
  ) {
    this.#connection = connection;
    this.#driver = driver;
    this.protocol = established.subprotocol ?? "";
    this.extensions = formatExtensions(established.extensions);
    this.headers = established.headers;
    this.closed = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.closed.catch(ignore);
    this.#incoming = new IncomingMessages(connection, driver, (reason) => this.#closeFor(reason));
    this.#outgoing = new OutgoingMessages(connection, driver, {
      close: () => this.close(),
      closeFor: (reason) => this.#closeFor(reason),
    });
    this.writable = this.#outgoing.writable;
    handOn((event) => this.#handle(event));
  }

  /** Whole messages, text as strings. Cancelling it closes the connection. */
  get readable(): ReadableStream<Message> {
    return this.#incoming.whole;
  }

  /** Messages as streams, one after the other. Cancelling a message's stream skips that message. */
  get incomingMessageStreams(): ReadableStream<IncomingMessageStream> {
    return this.#incoming.streams;
  }

  /**
   * Returns the next message, or `undefined` after the last one if the connection closed cleanly. Rejects with a
   * {@link WebSocketError} if it failed. Aborting the signal loses no message.
   */
  receive(options?: Abortable): Promise<Message | undefined> {
    try {
      return this.#incoming.receive(options && checkOptions("receive()", options, abortableTable).signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Iterates over all messages. Leaving the loop leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const message = await this.receive();
      if (message === undefined) return;
      yield message;
    }
  }

  /**
   * Sends a message. Resolves as soon as there is room for the next one. If there is room at once, the bytes are read
   * during the call, else before the promise resolves. Rejects with `TypeError` for bytes in shared or resizable memory.
   * Aborting the signal cancels a message that still waits for room; no part of it is sent.
   */
  send(message: string | BufferSource, options?: SendOptions & Abortable): Promise<void> {
    if (options === undefined) return this.#outgoing.send(message, NO_OPTIONS, undefined);
    try {
      const checked = checkOptions("send()", options, abortableSendTable);
      return this.#outgoing.send(message, checked, checked.signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends a message piece by piece, each as a fragment (RFC 6455 §5.4). Other messages wait until you close it.
   * Aborting it closes the connection, because half a message can't be taken back.
   */
  createMessageStream(type: "text", options?: SendOptions): WritableStream<string>;
  createMessageStream(type: "binary", options?: SendOptions): WritableStream<BufferSource>;
  createMessageStream(
    type: "text" | "binary",
    options: SendOptions = {},
  ): WritableStream<string> | WritableStream<BufferSource> {
    if (type !== "text" && type !== "binary")
      throw new TypeError(`type must be "text" or "binary", not ${String(type)}`);
    return this.#outgoing.stream(type, checkOptions("createMessageStream()", options, sendTable));
  }

  /**
   * Sends a Ping (§5.5.2) and returns the round-trip time in milliseconds. The Pong arrives behind any messages that
   * the peer sent before it, so keep reading.
   */
  async ping(options: Abortable = {}): Promise<number> {
    const { signal } = checkOptions("ping()", options, abortableTable);
    signal?.throwIfAborted();
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setFloat64(0, ++this.#pingsSent);
    const sentMs = this.#driver.nowMs();
    this.#connection.ping(payload);
    this.#driver.flush();
    const { promise, resolve, reject } = withResolvers<number>();
    const ping: Ping = { payload, sentMs, resolve, reject };
    this.#pings.push(ping);
    return await unlessAborted(promise, signal, () => withdraw(this.#pings, ping));
  }

  /**
   * Starts the closing handshake (§7.1.2) and returns {@link closed}. Drops messages queued in `writable`. You can
   * still read incoming messages for half of `closeTimeoutMs`; then they are dropped. Aborting the signal abandons the
   * transport at once. Does nothing if the handshake has started already. Throws `RangeError` if the code or reason may
   * not be sent.
   */
  close(options: CloseOptions = {}): Promise<CloseInfo> {
    checkOptions("close()", options, closeTable);
    const { closeCode, reason, signal } = options;
    // If somebody else has acted on the connection, the driver notices it now.
    if (canSend(this.#connection)) this.#connection.close(closeCode, reason);
    this.#driver.flush();
    if (signal !== undefined) {
      unlessAborted(this.#driver.finished, signal, (reason) => this.#driver.abort(reason)).catch(ignore);
    }
    return this.closed;
  }

  /** Closes the connection, drops incoming messages, and waits until it has ended, cleanly or not. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#driver.discard();
    this.#closeFor(undefined);
    await this.closed.catch(ignore);
  }

  #handle(event: WSEvent): PromiseLike<void> | undefined {
    switch (event.type) {
      case "textReceived":
      case "bytesReceived":
        return this.#incoming.take(event);
      case "pongReceived":
        this.#takePong(event);
        return undefined;
      case "connectionClosed":
        this.#end(event);
        return undefined;
      default:
        return undefined;
    }
  }

  /**
   * A pong also answers all earlier pings, because a peer may skip those (§5.5.3). It may also answer a keepalive ping.
   */
  #takePong({ payload, roundTripMs }: PongReceived): void {
    const nowMs = this.#driver.nowMs();
    const isAnswered = (ping: Ping): boolean =>
      roundTripMs === undefined
        ? ping.payload.every((byte, i) => byte === payload[i])
        : ping.sentMs < this.#driver.happenedMs - roundTripMs;
    const at = this.#pings.findLastIndex(isAnswered);
    for (const { sentMs, resolve } of this.#pings.splice(0, at + 1)) resolve(nowMs - sentMs);
  }

  #end(event: ConnectionClosed): void {
    const error = explain(event, this.#driver.fault);
    this.#incoming.end(event.wasClean ? this.#lossOf(event) : error);
    this.#outgoing.end(error);
    for (const { reject } of this.#pings.splice(0)) reject(error);
    if (event.wasClean) {
      const { code: closeCode, reason, initiator, sent } = event;
      this.#settle.resolve({ closeCode, reason, initiator, sent });
    } else {
      this.#settle.reject(error);
    }
  }

  /** Returns the error for messages that were dropped although the connection closed cleanly. */
  #lossOf({ code: closeCode, reason }: CloseFrame): WebSocketError | undefined {
    if (!this.#driver.dropped) return undefined;
    return new WebSocketError("messages that were not read in time were dropped", { closeCode, reason });
  }

  /** Closes the connection even if the reason can't be sent. */
  #closeFor(reason: unknown): void {
    try {
      void this.close(sendableClose(reason));
    } catch (error) {
      this.#driver.abort(error);
    }
  }
}

/** Returns the session of a connection that has just opened, and the handler of its events. */
export function sessionOf(
  connection: Connection,
  driver: Driver,
  established: ConnectionEstablished,
): { session: WebSocketSession; handle: EventHandler } {
  let handle!: EventHandler;
  const session = new WebSocketSession(connection, driver, established, (next) => (handle = next));
  return { session, handle };
}
