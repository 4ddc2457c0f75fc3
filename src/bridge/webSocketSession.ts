/** A session over an existing `WebSocket` object: the platform's, that of a server such as ws, or this library's. */
import { copyOf, textOrBytes, type Bytes } from "../core/bytes.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { writeCloseBody } from "../core/closeFrame.ts";
import { bytesReceived, textReceived, type BytesReceived, type CloseFrame, type TextReceived } from "../core/events.ts";
import type { SendOptions } from "../core/messageWriter.ts";
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { abortableTable, unlessAborted, withdraw, type Abortable } from "../stream/abortable.ts";
import { clockTable, systemClock, type Clock, type ClockOption } from "../stream/clock.ts";
import { Fifo } from "../stream/fifo.ts";
import { IncomingMessages, type Message } from "../stream/incomingMessages.ts";
import type { CloseInfo, CloseOptions } from "../stream/session.ts";
import { sendableClose, WebSocketError } from "../stream/webSocketError.ts";
import { withResolvers } from "../stream/withResolvers.ts";
import { ignore } from "../transports/ignore.ts";
import { startTimer } from "../transports/startTimer.ts";
import { listenTo, type Listenable } from "../transports/listeners.ts";
import type { MessageSession } from "./messageSession.ts";

/**
 * The part of a WebSocket that is used.
 *
 * @see {@link webSocketSession}
 */
export interface WebSocketLike extends Listenable {
  binaryType: string;
  readonly readyState: number;
  readonly protocol: string;
  readonly extensions?: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Pauses the peer. Sockets of ws can do that, a browser's can't. */
  pause?(): void;
  resume?(): void;
  /** Drops the connection, as the sockets of ws do. */
  terminate?(): void;
}

/** The options of {@link webSocketSession}. */
export interface WebSocketSessionOptions extends ClockOption {
  /**
   * How much may wait unread, in bytes. Each message counts 64 bytes more. Matters if the socket can't be paused, as a
   * browser's can't: above the limit the session fails and closes with 1008. 16 MiB by default.
   */
  readonly maxUnreadBytes?: number | undefined;
  /** How long the peer may take to close, in milliseconds; then the session ends without it. 10,000 by default. */
  readonly closeTimeoutMs?: number | undefined;
}

const table: OptionTable<WebSocketSessionOptions> = {
  ...clockTable,
  maxUnreadBytes: "a number",
  closeTimeoutMs: "a number",
};

const closeTable: OptionTable<CloseOptions> = { ...abortableTable, closeCode: "a number", reason: "a string" };
const sendTable: OptionTable<Pick<SendOptions, "handOver"> & Abortable> = { ...abortableTable, handOver: "a boolean" };

/** `WebSocket.CONNECTING` and `WebSocket.OPEN`. */
const CONNECTING = 0;
const OPEN = 1;

/** A message waits if more bytes than this are unsent in the socket, which itself has no limit. */
const HIGH_WATER_BYTES = 512 * 1024;

/** How often to check `bufferedAmount` while a message waits, in milliseconds. No event reports it. */
const POLL_MS = 4;

/** What an unread message costs besides its bytes. */
const OVERHEAD_BYTES = 64;

/**
 * A session over a `WebSocket` object, which may still be connecting.
 *
 * @see {@link webSocketSession}
 */
export interface WebSocketObjectSession extends MessageSession {
  /** Resolves when the socket is open. Rejects with a `WebSocketError` if it closes before. */
  readonly opened: Promise<void>;
}

/**
 * Makes a session from a `WebSocket` object that is connecting or open. Call it in the task in which the socket was
 * created or arrived, before its first message. The session owns the socket and sets its `binaryType`.
 *
 * `send()` waits while the socket has much unsent (`bufferedAmount`). If you do not read, the socket is paused, if it
 * can be (`pause()` of ws); otherwise see `maxUnreadBytes`. A browser's socket can only close with 1000, 3000–4999 or no
 * code; there 1001 to 1014 become 4001 to 4014.
 *
 * `closed` resolves if the closing handshake took place, and rejects with a `WebSocketError` otherwise.
 *
 * @example
 * ```ts
 * import { webSocketSession } from "websocket-over/bridge";
 * import { webSocketPair } from "websocket-over/websocket";
 *
 * const [client, server] = webSocketPair(); // in a page: new WebSocket("wss://example.com/")
 * const session = webSocketSession(client);
 * server.accept();
 * server.addEventListener("message", ({ data }) => server.send(`you said ${data}`));
 * await session.send("hello");
 * console.log(await session.receive()); // → you said hello
 * await session.close();
 * ```
 */
export function webSocketSession(socket: WebSocketLike, options: WebSocketSessionOptions = {}): WebSocketObjectSession {
  requireKind(
    "webSocketSession() takes a WebSocket,",
    socket,
    "{ readyState, bufferedAmount, addEventListener, binaryType }",
    advice({
      charAt: "make one of the URL",
      searchParams: "make one of the URL",
      getReader: "use connect() or accept() of websocket-over/stream",
      writable: "use connect() or accept() of websocket-over/stream",
    }),
  );
  const {
    maxUnreadBytes = 16 * 1024 * 1024,
    closeTimeoutMs = 10_000,
    clock = systemClock,
  } = checkOptions("webSocketSession()", options, table);
  if (!(maxUnreadBytes >= 0))
    throw new RangeError(`maxUnreadBytes must be at least 0; it is ${String(maxUnreadBytes)}`);
  if (!(closeTimeoutMs > 0)) {
    throw new RangeError(`closeTimeoutMs must be above 0 milliseconds; it is ${String(closeTimeoutMs)}`);
  }
  return new ObjectSession(socket, { maxUnreadBytes, closeTimeoutMs, clock });
}

/** A message that waits for room in the socket. */
interface Turn {
  readonly data: string | Bytes;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class ObjectSession implements WebSocketObjectSession {
  readonly opened: Promise<void>;
  readonly closed: Promise<CloseInfo>;
  readonly writable: WritableStream<string | BufferSource>;
  readonly #socket: WebSocketLike;
  readonly #options: { readonly maxUnreadBytes: number; readonly closeTimeoutMs: number; readonly clock: Clock };
  readonly #incoming: IncomingMessages;
  readonly #opening = withResolvers();
  readonly #closing = withResolvers<CloseInfo>();
  readonly #stopListening: () => void;
  #writing!: WritableStreamDefaultController;
  #isWritableClosed = false;
  readonly #turns: Turn[] = [];
  #stopPoll: (() => void) | undefined;
  #stopCloseTimer = ignore;
  /** Whether `incoming` has no room, and the messages that have arrived since. */
  #isHeld = false;
  readonly #unread = new Fifo<TextReceived | BytesReceived>();
  #unreadBytes = 0;
  /** What this side closed with, if it closed first. */
  #sent: CloseFrame | undefined;
  #failure: WebSocketError | undefined;
  #cause: unknown;
  /** No more messages will come. */
  #ended: { readonly error: WebSocketError | undefined } | undefined;

  constructor(
    socket: WebSocketLike,
    options: { readonly maxUnreadBytes: number; readonly closeTimeoutMs: number; readonly clock: Clock },
  ) {
    this.#socket = socket;
    this.#options = options;
    this.opened = this.#opening.promise;
    this.closed = this.#closing.promise;
    this.opened.catch(ignore);
    this.closed.catch(ignore);
    const driver = {
      get isClosing() {
        return socket.readyState > OPEN;
      },
    };
    this.#incoming = new IncomingMessages({ frameRemaining: 0 }, driver, (reason) => this.#closeFor(reason));
    this.writable = new WritableStream<string | BufferSource>({
      start: (controller) => {
        this.#writing = controller;
        // Aborts at once. The sink's own `abort` would wait for a write that waits for room.
        controller.signal.addEventListener("abort", () => this.#closeFor(controller.signal.reason));
      },
      write: (message) => this.send(message),
      close: () => {
        this.#isWritableClosed = true;
        return this.close().then(ignore);
      },
    });
    socket.binaryType = "arraybuffer";
    this.#stopListening = listenTo(socket, {
      open: () => this.#open(),
      message: ({ data }: { data: unknown }) => this.#receive(data),
      error: ({ error }: { error?: unknown }) => void (this.#cause ??= error),
      close: (event: { code: number; reason: string; wasClean: boolean }) => this.#close(event),
    });
    if (socket.readyState === OPEN) this.#open();
    else if (socket.readyState !== CONNECTING) {
      this.#close({ code: CloseCode.ABNORMAL_CLOSURE, reason: "", wasClean: false });
    }
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get extensions(): string {
    return this.#socket.extensions ?? "";
  }

  get readable(): ReadableStream<Message> {
    return this.#incoming.whole;
  }

  receive(options: Abortable = {}): Promise<Message | undefined> {
    try {
      return this.#incoming.receive(checkOptions("receive()", options, abortableTable).signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const message = await this.receive();
      if (message === undefined) return;
      yield message;
    }
  }

  async send(message: string | BufferSource, options: Pick<SendOptions, "handOver"> & Abortable = {}): Promise<void> {
    const { signal, handOver = false } = checkOptions("send()", options, sendTable);
    signal?.throwIfAborted();
    let data = textOrBytes(message);
    if (this.#turns.length === 0 && this.#hasRoom) {
      // The platform's socket copies what it sends; others may read it later.
      this.#socket.send(typeof data === "string" || handOver || isPlatformSocket(this.#socket) ? data : copyOf(data));
      return;
    }
    this.#requireSendable();
    if (typeof data !== "string" && !handOver) data = copyOf(data);
    let turn!: Turn;
    const sent = new Promise<void>((resolve, reject) => (turn = { data, resolve, reject }));
    this.#turns.push(turn);
    this.#watch();
    await unlessAborted(sent, signal, () => withdraw(this.#turns, turn));
  }

  close(options: CloseOptions = {}): Promise<CloseInfo> {
    const { closeCode, reason = "", signal } = checkOptions("close()", options, closeTable);
    const { close } = writeCloseBody(closeCode, reason);
    this.#shut(close);
    if (signal !== undefined) {
      unlessAborted(this.closed, signal, (reason) => this.#giveUp("the close was given up", reason)).catch(ignore);
    }
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closeFor(undefined);
    await this.closed.catch(ignore);
  }

  get #hasRoom(): boolean {
    return this.#socket.readyState === OPEN && this.#socket.bufferedAmount < HIGH_WATER_BYTES;
  }

  #requireSendable(): void {
    if (this.#ended?.error !== undefined) throw this.#ended.error;
    if (this.#socket.readyState > OPEN) throw new WebSocketError("the connection is closed or closing");
  }

  #open(): void {
    this.#opening.resolve();
    this.#admit();
  }

  /** Sends the waiting messages, as far as there is room. */
  #admit(): void {
    while (this.#turns.length > 0 && this.#hasRoom) {
      const { data, resolve, reject } = this.#turns.shift()!;
      try {
        this.#socket.send(data);
        resolve();
      } catch (error) {
        reject(error);
      }
    }
    this.#watch();
  }

  #watch(): void {
    if (this.#turns.length === 0 || this.#stopPoll !== undefined || this.#socket.readyState !== OPEN) return;
    const look = (): void => {
      this.#stopPoll = undefined;
      this.#admit();
    };
    this.#stopPoll = startTimer(POLL_MS, look, this.#options.clock);
  }

  #receive(data: unknown): void {
    if (this.#failure !== undefined) return;
    let content: string | Bytes;
    try {
      content = textOrBytes(data);
    } catch {
      this.#fail("the WebSocket brought something that is neither a string nor bytes", CloseCode.UNSUPPORTED_DATA);
      return;
    }
    const event = typeof content === "string" ? textReceived(content) : bytesReceived(content);
    if (!this.#isHeld) {
      const untilRoom = this.#incoming.take(event);
      if (untilRoom !== undefined) void this.#hold(untilRoom);
      return;
    }
    this.#unread.push(event);
    this.#unreadBytes += OVERHEAD_BYTES + event.data.length;
    if (this.#unreadBytes <= this.#options.maxUnreadBytes) return;
    this.#fail("too much waits to be read: see the option maxUnreadBytes", CloseCode.POLICY_VIOLATION);
  }

  /** Keeps further messages, and pauses the socket if possible, until there is room. */
  async #hold(untilRoom: PromiseLike<void>): Promise<void> {
    this.#isHeld = true;
    if (this.#socket.readyState === OPEN) this.#socket.pause?.();
    await untilRoom;
    while (this.#unread.size > 0) {
      const event = this.#unread.shift();
      this.#unreadBytes -= OVERHEAD_BYTES + event.data.length;
      const next = this.#incoming.take(event);
      if (next !== undefined) await next;
    }
    this.#isHeld = false;
    this.#socket.resume?.();
    if (this.#ended !== undefined) this.#incoming.end(this.#ended.error);
  }

  #fail(message: string, closeCode: number): void {
    this.#failure ??= new WebSocketError(message, { cause: this.#cause });
    this.#shut({ code: closeCode, reason: "" });
  }

  /** Closes the connection even if the reason can't be sent. */
  #closeFor(reason: unknown): void {
    const { closeCode: code = CloseCode.NO_STATUS_RECEIVED, reason: text = "" } = sendableClose(reason);
    this.#shut({ code, reason: text });
  }

  /** Starts the closing handshake, unless it has started. */
  #shut(close: CloseFrame): void {
    const { readyState } = this.#socket;
    if (readyState > OPEN || this.#ended !== undefined) return;
    this.#sent = close;
    const { closeTimeoutMs, clock } = this.#options;
    const late = (): void => this.#giveUp("the WebSocket did not close in time", undefined);
    this.#stopCloseTimer = startTimer(closeTimeoutMs, late, clock);
    try {
      closeSocket(this.#socket, close);
    } catch (error) {
      this.#giveUp("the WebSocket could not be closed", error);
      return;
    }
    this.#socket.resume?.(); // the peer's Close is behind what has not been read
  }

  /** Ends the session without the peer. */
  #giveUp(message: string, cause: unknown): void {
    this.#failure ??= new WebSocketError(message, { closeCode: CloseCode.ABNORMAL_CLOSURE, cause });
    this.#close({ code: CloseCode.ABNORMAL_CLOSURE, reason: "", wasClean: false });
    this.#socket.addEventListener("error", ignore); // ws emits an error for it
    this.#socket.terminate?.();
  }

  #close({ code: closeCode, reason, wasClean }: { code: number; reason: string; wasClean: boolean }): void {
    if (this.#ended !== undefined) return;
    this.#stopListening();
    this.#stopPoll?.();
    this.#stopCloseTimer();
    const details = { closeCode, reason, cause: this.#cause };
    const message = wasClean
      ? `the connection was closed with code ${closeCode}`
      : "the connection ended without a closing handshake";
    const error = this.#failure ?? new WebSocketError(message, details);
    const isClean = wasClean && this.#failure === undefined;
    this.#ended = { error: isClean ? undefined : error };
    this.#opening.reject(error);
    for (const { reject } of this.#turns.splice(0)) reject(error);
    if (!this.#isWritableClosed) this.#writing.error(error);
    if (!this.#isHeld) this.#incoming.end(this.#ended.error);
    const initiator = this.#sent === undefined ? "remote" : "local";
    if (isClean) this.#closing.resolve({ closeCode, reason, initiator, sent: this.#sent });
    else this.#closing.reject(error);
  }
}

function isPlatformSocket(socket: WebSocketLike): boolean {
  return typeof WebSocket === "function" && socket instanceof WebSocket;
}

/** A browser's socket refuses all codes of the protocol but 1000 (WHATWG WebSockets §3.1, close()). */
function closeSocket(socket: WebSocketLike, { code, reason }: CloseFrame): void {
  if (code === CloseCode.NO_STATUS_RECEIVED) {
    socket.close();
    return;
  }
  try {
    socket.close(code, reason);
  } catch {
    socket.close(code + 3000, reason);
  }
}
