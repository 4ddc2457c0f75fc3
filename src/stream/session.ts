/** An open WebSocket in the shape of WebSocketStream's opened connection, with what that leaves out. */
import type { Connection } from "../connection/connection.ts";
import type { Bytes } from "../core/bytes.ts";
import type { SendOptions } from "../core/messageWriter.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import type { CloseFrame, ConnectionClosed, ConnectionEstablished, PongReceived, WSEvent } from "../core/events.ts";
import { formatExtensions } from "../handshake/headerGrammar.ts";
import { ignore } from "../transports/ignore.ts";
import { abortableTable, unlessAborted, withdraw, type Abortable } from "./abortable.ts";
import type { Driver, EventHandler } from "./driver.ts";
import { IncomingMessages, type IncomingMessageStream, type Message } from "./incomingMessages.ts";
import { OutgoingMessages } from "./outgoingMessages.ts";
import { explain, sendableClose, WebSocketError } from "./webSocketError.ts";

export interface CloseOptions extends Abortable {
  /** 1000–1003, 1007–1014 or 3000–4999; with none the Close frame is empty, or carries 1000 beside a reason. */
  readonly closeCode?: number | undefined;
  /** At most 123 bytes of UTF-8. */
  readonly reason?: string | undefined;
}

const closeTable: OptionTable<CloseOptions> = { ...abortableTable, closeCode: "a number", reason: "a string" };

export interface CloseInfo {
  /** The code of the peer's Close frame; 1005 if it had none. */
  readonly closeCode: number;
  readonly reason: string;
  /** Whose Close frame came first. */
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
 * Messages are taken whole, from `readable`, by `receive` or by iteration, or as streams, from `incomingMessageStreams`:
 * the first of these that is used decides. Until then, and whenever messages are not taken, the peer is held.
 */
export class WebSocketSession implements AsyncDisposable, AsyncIterable<Message> {
  /** The subprotocol that was agreed on; empty if there is none. */
  readonly protocol: string;
  /** The extensions that were agreed on, as the header has them. */
  readonly extensions: string;
  /** The headers of the answer that opened the connection. */
  readonly headers: Headers;
  /**
   * Fulfilled when the connection has closed cleanly and the last bytes have been written; rejected with a
   * {@link WebSocketError} when it ends otherwise, which need not be handled.
   */
  readonly closed: Promise<CloseInfo>;
  /** Messages to send. Closing it closes the connection; so does aborting it, with the code of a `WebSocketError`. */
  readonly writable: WritableStream<string | BufferSource>;

  readonly #connection: Connection;
  readonly #driver: Driver;
  readonly #incoming: IncomingMessages;
  readonly #outgoing: OutgoingMessages;
  readonly #pings: Ping[] = [];
  #pingsSent = 0;
  #settle!: { readonly resolve: (info: CloseInfo) => void; readonly reject: (error: WebSocketError) => void };

  /** Made by `connect` and `accept`. */
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

  /** Messages as streams, one after the other. A message whose stream is cancelled is skipped. */
  get incomingMessageStreams(): ReadableStream<IncomingMessageStream> {
    return this.#incoming.streams;
  }

  /**
   * The next message; `undefined` after the last one of a connection that closed cleanly. Rejected with a
   * {@link WebSocketError} if it failed. A message is not lost to a caller whose signal has given up.
   */
  receive(options: Abortable = {}): Promise<Message | undefined> {
    return this.#incoming.receive(options.signal);
  }

  /** Messages to the last one. Leaving the loop leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const message = await this.receive();
      if (message === undefined) return;
      yield message;
    }
  }

  /**
   * Sends a message. Fulfilled as soon as there is room for the next one; the bytes have been read if there was room at
   * once, else when it is fulfilled. The signal gives up a message that still waits for room, and nothing of it is sent.
   */
  send(message: string | BufferSource, options: SendOptions & Abortable = {}): Promise<void> {
    return this.#outgoing.send(message, options, options.signal);
  }

  /**
   * Sends a message piece by piece, each of them as a fragment (RFC 6455 §5.4). What is sent meanwhile goes out after
   * it is closed. Aborting it closes the connection, since half a message can't be taken back.
   */
  createMessageStream(type: "text", options?: SendOptions): WritableStream<string>;
  createMessageStream(type: "binary", options?: SendOptions): WritableStream<BufferSource>;
  createMessageStream(
    type: "text" | "binary",
    options: SendOptions = {},
  ): WritableStream<string> | WritableStream<BufferSource> {
    if (type !== "text" && type !== "binary")
      throw new TypeError(`a message is "text" or "binary", not ${String(type)}`);
    return this.#outgoing.stream(type, options);
  }

  /**
   * Sends a Ping (§5.5.2) and measures how long its Pong takes, in milliseconds. The Pong comes behind the messages that
   * were sent before it: they have to be taken first.
   */
  async ping(options: Abortable = {}): Promise<number> {
    const { signal } = options;
    signal?.throwIfAborted();
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setFloat64(0, ++this.#pingsSent);
    this.#connection.ping(payload);
    this.#driver.flush();
    let ping!: Ping;
    const answered = new Promise<number>((resolve, reject) => {
      ping = { payload, sentMs: this.#driver.nowMs(), resolve, reject };
    });
    this.#pings.push(ping);
    return await unlessAborted(answered, signal, () => withdraw(this.#pings, ping));
  }

  /**
   * Begins the closing handshake (§7.1.2), and returns {@link closed}. What waits in `writable` is dropped. Messages that
   * still come can be taken for half of `closeTimeoutMs`, then they are dropped. A signal that is aborted gives the transport up at once. Does nothing if it has begun already.
   * `RangeError` for a code or reason that may not be sent.
   */
  close(options: CloseOptions = {}): Promise<CloseInfo> {
    checkOptions("close()", options, closeTable);
    const { closeCode, reason, signal } = options;
    // Somebody may have acted on the connection behind our back: then the driver learns of it now.
    if (this.#connection.state === "open") this.#connection.close(closeCode, reason);
    this.#driver.flush();
    if (signal !== undefined) {
      unlessAborted(this.#driver.finished, signal, (reason) => this.#driver.abort(reason)).catch(ignore);
    }
    return this.closed;
  }

  /** Closes the connection, drops messages that still come, and waits until it has ended, one way or the other. */
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

  /** A pong answers the pings before its own, too: a peer may leave those out (§5.5.3). One may answer a keepalive ping. */
  #takePong({ payload, roundTripMs }: PongReceived): void {
    const nowMs = this.#driver.nowMs();
    const isAnswered = (ping: Ping): boolean =>
      roundTripMs === undefined
        ? ping.payload.every((byte, i) => byte === payload[i])
        : ping.sentMs < nowMs - roundTripMs;
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

  /** What a reader has missed of a connection that closed cleanly. */
  #lossOf({ code: closeCode, reason }: ConnectionClosed): WebSocketError | undefined {
    if (!this.#driver.dropped) return undefined;
    return new WebSocketError("messages that nobody took in time were dropped", { closeCode, reason });
  }

  /** Whatever the reason is: one that can't be sent is no reason to leave the connection open. */
  #closeFor(reason: unknown): void {
    try {
      void this.close(sendableClose(reason));
    } catch (error) {
      this.#driver.abort(error);
    }
  }
}

/** The session of a connection that has just been established, and what takes its events. */
export function sessionOf(
  connection: Connection,
  driver: Driver,
  established: ConnectionEstablished,
): { session: WebSocketSession; handle: EventHandler } {
  let handle!: EventHandler;
  const session = new WebSocketSession(connection, driver, established, (next) => (handle = next));
  return { session, handle };
}
