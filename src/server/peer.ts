/** One connection of the server, with the members and events of a server-side WebSocket of ws. */
import type { Connection } from "../connection/connection.ts";
import { concat, copyOf, EMPTY, textOrBytes, viewOf, type Bytes } from "../core/bytes.ts";
import { writeCloseBody } from "../core/closeFrame.ts";
import type { ConnectionClosed, WSEvent } from "../core/events.ts";
import { checkFlags, passOn, type OptionTable } from "../core/options.ts";
import { encodeText } from "../core/utf8.ts";
import { isBlob } from "../stream/blob.ts";
import type { Driver, EventHandler } from "../stream/driver.ts";
import { attempt, report } from "../stream/report.ts";
import { MessageAssembler, standalone } from "../stream/messageAssembler.ts";
import { ignore } from "../transports/ignore.ts";
import { Emitter } from "./emitter.ts";
import { EventListeners, type EventsOf, type ListenerOf } from "./eventListeners.ts";
import { decodeText, messageBytes, textBytes, textDecoder } from "./messageBytes.ts";
import type { MessageData, PeerEvents } from "./peerEvents.ts";
import { urlOf, type UpgradeRequest } from "./request.ts";
import type { TransportSocket } from "./transportSocket.ts";

const BINARY_TYPES = ["nodebuffer", "arraybuffer", "fragments", "blob"] as const;

/**
 * The form of binary messages. `"fragments"` is an array, here always with one element. Text always arrives as bytes.
 *
 * @see {@link Peer}
 */
export type BinaryType = (typeof BINARY_TYPES)[number];

/**
 * The events of `addEventListener` and `onmessage`.
 *
 * @see {@link Peer}
 */
export type ListenedEvents = EventsOf<Peer>;

/** A listener for `addEventListener()` and `onmessage` of a {@link Peer}. */
export type PeerEventListener<Type extends keyof ListenedEvents> = ListenerOf<Peer, Type>;

/** The options of `send()` of a {@link Peer}. */
export interface PeerSendOptions {
  /** Whether to send a binary message or text. By default binary for bytes, text for a string. */
  readonly binary?: boolean | undefined;
  /** Whether a compressing extension should compress this message. By default the extension decides. */
  readonly compress?: boolean | undefined;
  /** `false` if this is a fragment, but not the last one, of a message. */
  readonly fin?: boolean | undefined;
  /** Ignored: a server does not mask. Accepted for compatibility with ws. */
  readonly mask?: boolean | undefined;
}

const sendTable: OptionTable<PeerSendOptions> = {
  compress: "a boolean",
  binary: "a boolean",
  fin: "a boolean",
  mask: "a boolean",
};

const NO_OPTIONS: PeerSendOptions = {};

/** Called when the transport has accepted the data, or with the reason why it never will. */
type Callback = (error?: Error) => void;

type ControlPayload = string | number | BufferSource | null | undefined;

/** An array is sent as one message, in the form that `"fragments"` delivers. */
type Sendable = ControlPayload | readonly BufferSource[] | Blob;

const STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;

/**
 * A client of a {@link WebSocketServer}, with the members of the sockets of ws. Text arrives as bytes, with `isBinary`
 * `false`, as in ws. A listener's data is its own; data that you send has been read when `send()` returns.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { WebSocketServer, type Peer } from "websocket-over/server";
 * import { connect } from "websocket-over/stream";
 *
 * const server = new WebSocketServer();
 * server.on("connection", (peer: Peer, request) => {
 *   peer.on("message", (data) => peer.send(`${request.url}: ${data}`));
 *   peer.on("close", (code, reason) => console.log(code, String(reason)));
 * });
 * const [near, far] = pipe();
 * server.handleTransport(far);
 * const session = await connect(near, { url: "wss://example.com/chat" });
 * await session.send("hello");
 * console.log(await session.receive()); // → /chat: hello
 * await session.close({ closeCode: 4000, reason: "bye" }); // → 4000 bye
 * server.close();
 * ```
 */
export class Peer extends Emitter<PeerEvents> {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  /** The URL that the client connected to. Its scheme is always `ws:`, whatever the transport runs over. */
  readonly url: string;
  readonly _socket: TransportSocket;
  readonly #connection: Connection;
  readonly #driver: Driver;
  readonly #messages: MessageAssembler;
  readonly #listeners = new EventListeners<Peer>(this);
  #binaryType: BinaryType = "nodebuffer";
  #terminated = false;
  #closed = false;
  /** How the connection closed, once it has. */
  #conclusion: ConnectionClosed | undefined;
  /** Resolves when the pause ends. */
  #resumed: Promise<void> | undefined;
  #resume: () => void = ignore;
  /** The kind of the message that is being sent in fragments, and a decoder for characters split between them. */
  #fragmented: { readonly binary: boolean; readonly decoder: TextDecoder } | undefined;
  /** Actions that wait until the current Blob has been read and sent; `undefined` if there is no Blob. */
  #behindBlob: (() => void)[] | undefined;
  #blobBytes = 0;
  /** `drain` has not been emitted yet. */
  #isFull = false;
  /** Bytes of messages that were sent too late. */
  #lostBytes = 0;

  /** Created by the server, which passes on the events of a newly accepted connection. */
  constructor(
    connection: Connection,
    driver: Driver,
    request: UpgradeRequest,
    handOn: (handle: EventHandler, ended: () => void) => void,
  ) {
    super();
    this.#connection = connection;
    this.#driver = driver;
    this.#messages = new MessageAssembler(connection);
    this.url = urlOf(request)?.href ?? "";
    this._socket = request.socket;
    handOn(
      (event) => this.#handle(event),
      () => this.#end(),
    );
  }

  get readyState(): 0 | 1 | 2 | 3 {
    if (this.#closed) return this.CLOSED;
    return this.#terminated || this.#connection.state !== "open" ? this.CLOSING : this.OPEN;
  }

  /** The negotiated subprotocol; empty if there is none. */
  get protocol(): string {
    return this.#connection.subprotocol ?? "";
  }

  /** The names of the negotiated extensions. */
  get extensions(): string {
    return this.#connection.extensions.map(({ name }) => name).join();
  }

  /**
   * Bytes that the transport has not accepted yet, framing included, plus those of messages that were sent too late.
   */
  get bufferedAmount(): number {
    return this.#driver.unsentBytes + this.#blobBytes + this.#lostBytes;
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  /** An invalid value is ignored, as on the web platform. */
  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  get isPaused(): boolean {
    return this.#resumed !== undefined;
  }

  /** Whether both Close frames were exchanged. */
  get wasClean(): boolean {
    return this.#conclusion?.wasClean === true;
  }

  /** Stops receiving messages, pings and Close frames. What the peer sends waits at its end. */
  pause(): void {
    if (this.#closed) return;
    this.#resumed ??= new Promise((resolve) => (this.#resume = resolve));
  }

  resume(): void {
    if (this.#closed) return;
    this.#resumed = undefined;
    this.#resume();
  }

  send(data: Sendable, callback?: Callback): void;
  send(data: Sendable, options?: PeerSendOptions, callback?: Callback): void;
  /**
   * Sends a message, or with `fin: false` a fragment of one. Bytes sent as text must be UTF-8; invalid ones become
   * U+FFFD. Once the connection is closing, sends nothing and passes an error to the callback. Throws `TypeError` if
   * `data` is neither text nor bytes, or lies in shared or resizable memory, and for an option that does not exist.
   */
  send(data: Sendable, options?: PeerSendOptions | Callback, callback?: Callback): void {
    if (typeof options === "function") {
      this.#send(data, NO_OPTIONS, options);
      return;
    }
    const given = options ?? NO_OPTIONS; // ws takes null, too
    if (given !== NO_OPTIONS) checkFlags("send()", given, sendTable);
    this.#send(data, given, callback);
  }

  /** Sends a Ping (RFC 6455 §5.5.2). Throws `RangeError` if the payload is longer than 125 bytes. */
  ping(payload?: ControlPayload | Callback, mask?: boolean | Callback, callback?: Callback): void {
    this.#control("ping", payload, mask, callback);
  }

  /** Sends a Pong (§5.5.3), solicited or not. Throws `RangeError` if the payload is longer than 125 bytes. */
  pong(payload?: ControlPayload | Callback, mask?: boolean | Callback, callback?: Callback): void {
    this.#control("pong", payload, mask, callback);
  }

  /**
   * Starts the closing handshake (§7.1.2). Without a code the Close frame is empty. Does nothing if the handshake has
   * started already. Throws `RangeError` for a code that a Close frame can't carry (see `CloseCode`), or a reason
   * longer than 123 bytes.
   */
  close(code?: number, reason: string | BufferSource = ""): void {
    this.#driver.flush(); // the driver may not have noticed other calls on the connection yet
    if (this.readyState !== this.OPEN) return;
    const text = typeof reason === "string" ? reason : decodeText(viewOf(reason));
    const sent = code === undefined ? "" : text;
    if (this.#behindBlob !== undefined) {
      writeCloseBody(code, sent); // throws for an invalid code or reason now, not after the Blob has been read
      this.#driver.beginClose();
    }
    this.#inOrder(() => {
      if (this.readyState !== this.OPEN) return;
      this.#connection.close(code, sent);
      this.#driver.flush();
    });
  }

  /** Abandons the transport at once, without a Close frame. */
  terminate(): void {
    if (this.#closed || this.#terminated) return;
    this.#terminated = true;
    this.#driver.abort(new Error("the connection was terminated"));
  }

  addEventListener<Type extends keyof ListenedEvents>(
    type: Type,
    listener: PeerEventListener<Type>,
    options: { readonly once?: boolean } = {},
  ): void {
    this.#listeners.add(type, listener, options.once === true);
  }

  removeEventListener<Type extends keyof ListenedEvents>(type: Type, listener: PeerEventListener<Type>): void {
    this.#listeners.remove(type, listener);
  }

  get onopen(): PeerEventListener<"open"> | null {
    return this.#listeners.attribute("open");
  }

  set onopen(listener: PeerEventListener<"open"> | null) {
    this.#listeners.setAttribute("open", listener);
  }

  get onmessage(): PeerEventListener<"message"> | null {
    return this.#listeners.attribute("message");
  }

  set onmessage(listener: PeerEventListener<"message"> | null) {
    this.#listeners.setAttribute("message", listener);
  }

  get onerror(): PeerEventListener<"error"> | null {
    return this.#listeners.attribute("error");
  }

  set onerror(listener: PeerEventListener<"error"> | null) {
    this.#listeners.setAttribute("error", listener);
  }

  get onclose(): PeerEventListener<"close"> | null {
    return this.#listeners.attribute("close");
  }

  set onclose(listener: PeerEventListener<"close"> | null) {
    this.#listeners.setAttribute("close", listener);
  }

  #handle(event: WSEvent): Promise<void> | undefined {
    if (event.type === "connectionClosed") {
      this.#conclude(event);
      return undefined;
    }
    if (this.#terminated || this.#conclusion !== undefined) return undefined;
    if (this.#resumed !== undefined) return this.#resumed.then(() => this.#handle(event));
    this.#take(event);
    return this.#resumed;
  }

  #take(event: Exclude<WSEvent, ConnectionClosed>): void {
    switch (event.type) {
      case "textReceived":
      case "bytesReceived": {
        const message = this.#messages.add(event);
        if (typeof message === "string") this.#tell("message", textBytes(message), false);
        else if (message !== undefined) this.#tell("message", this.#shape(message), true);
        break;
      }
      case "pingReceived":
        this.#tell("ping", messageBytes(standalone(event.payload)));
        break;
      case "pongReceived":
        // Pongs that answer the connection's own keepalive are not for the application.
        if (event.roundTripMs === undefined) this.#tell("pong", messageBytes(standalone(event.payload)));
        break;
      case "connectionEstablished":
      case "connectionRequested":
      case "connectionRejected":
      case "rejectionData":
        break;
    }
  }

  #shape(message: Bytes): MessageData {
    switch (this.#binaryType) {
      case "nodebuffer":
        return messageBytes(message);
      case "arraybuffer":
        return message.buffer;
      case "fragments":
        return [messageBytes(message)];
      case "blob":
        return new Blob([message]);
    }
  }

  /** The last bytes have been written, and no more messages will come. */
  #conclude(closed: ConnectionClosed): void {
    const { error } = closed;
    this.#conclusion = closed;
    // In ws, too, a missing answer is not an error.
    const isLate = error?.code === "closeTimeout" || error?.code === "keepaliveTimeout";
    if (error !== undefined && !isLate) this.#tell("error", error);
    this._socket._writableState.finished = true;
    attempt(() => this._socket.emit("finish"));
  }

  /** The transport has ended. */
  #end(): void {
    const { code, reason } = this.#conclusion!;
    this.#closed = true;
    this.#tell("close", code, textBytes(reason));
  }

  #send(data: Sendable, options: PeerSendOptions, callback: Callback | undefined): void {
    if (isBlob(data)) {
      this.#inOrder(() => this.#sendBlob(data, options, callback));
      return;
    }
    const content = Array.isArray(data) ? concat(data.map(viewOf)) : contentOf(data as ControlPayload);
    const kept = typeof content === "string" ? content : this.#kept(content);
    this.#inOrder(() => this.#sendContent(kept, options, callback), callback);
  }

  #sendContent(content: string | Bytes, options: PeerSendOptions, callback: Callback | undefined): void {
    if (this.readyState !== this.OPEN) {
      this.#refuse(bytesOf(content).length, callback);
      return;
    }
    const { binary = typeof content !== "string", compress, fin = true } = options;
    const begun = this.#fragmented ?? (fin ? undefined : { binary, decoder: textDecoder() });
    const payload = (begun?.binary ?? binary) ? bytesOf(content) : textOf(content, fin, begun?.decoder);
    try {
      this.#connection.sendData(payload, fin, compress === undefined ? undefined : passOn({ compress }));
    } catch (error) {
      this.#driver.flush(); // an extension that threw has ended the connection
      throw error;
    }
    this.#fragmented = fin ? undefined : begun;
    this.#flush(callback);
    if (!this.#driver.hasRoom) this.#announceRoom();
  }

  #announceRoom(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#driver.written(() => {
      this.#isFull = false;
      attempt(() => this._socket.emit("drain"));
    });
  }

  #sendBlob(blob: Blob, options: PeerSendOptions, callback: Callback | undefined): void {
    if (this.readyState !== this.OPEN) {
      this.#refuse(blob.size, callback);
      return;
    }
    this.#behindBlob = [];
    this.#blobBytes = blob.size;
    void blob
      .arrayBuffer()
      .then(
        (buffer) => this.#actLate(() => this.#sendContent(new Uint8Array(buffer), options, callback), callback),
        (error: unknown) => this.#failBlob(asError(error), callback),
      )
      .then(() => this.#goOn());
  }

  /** The message, or a part of it, is missing, so nothing may be sent in its place. */
  #failBlob(error: Error | undefined, callback: Callback | undefined): void {
    const cause = error ?? new Error("a Blob could not be read");
    this.terminate();
    if (callback !== undefined) attempt(() => callback(cause));
    this.#tell("error", cause);
  }

  /** Acts now, or once the Blobs sent before have been read. In the latter case errors go to `callback`. */
  #inOrder(act: () => void, callback?: Callback): void {
    if (this.#behindBlob === undefined) act();
    else this.#behindBlob.push(() => this.#actLate(act, callback));
  }

  /** Acts after the caller has returned. Errors go to `callback`, or are reported. */
  #actLate(act: () => void, callback: Callback | undefined): void {
    try {
      act();
    } catch (error) {
      if (callback === undefined) report(error);
      else attempt(() => callback(asError(error)));
    }
  }

  #goOn(): void {
    const acts = this.#behindBlob ?? [];
    this.#behindBlob = undefined;
    this.#blobBytes = 0;
    while (this.#behindBlob === undefined && acts.length > 0) acts.shift()!();
    if (acts.length > 0) this.#behindBlob = acts;
  }

  /** Copies bytes that may have to wait, because their owner may reuse them. */
  #kept(bytes: Bytes): Bytes {
    return this.#behindBlob === undefined ? bytes : copyOf(bytes);
  }

  /**
   * Emits an event. If a listener throws, or an error has no listener, that is reported and the connection continues.
   */
  #tell<Name extends keyof PeerEvents>(event: Name, ...args: PeerEvents[Name]): void {
    attempt(() => this.emit(event, ...args));
  }

  #control(
    kind: "ping" | "pong",
    payload: ControlPayload | Callback,
    mask: boolean | Callback | undefined,
    callback: Callback | undefined,
  ): void {
    if (typeof payload === "function") {
      this.#control(kind, undefined, undefined, payload);
      return;
    }
    const bytes = this.#kept(bytesOf(contentOf(payload)));
    const done = typeof mask === "function" ? mask : callback;
    this.#inOrder(() => {
      if (this.readyState !== this.OPEN) {
        this.#refuse(bytes.length, done);
        return;
      }
      this.#connection[kind](bytes);
      this.#flush(done);
    }, done);
  }

  #flush(callback: Callback | undefined): void {
    if (callback === undefined) this.#driver.flush();
    else this.#driver.written((fault) => attempt(() => callback(asError(fault))));
  }

  #refuse(lostBytes: number, callback: Callback | undefined): void {
    this.#lostBytes += lostBytes;
    if (callback === undefined) return;
    const state = this.readyState;
    const error = new Error(`WebSocket is not open: readyState ${state} (${STATES[state]})`);
    queueMicrotask(() => attempt(() => callback(error)));
  }
}

function contentOf(data: ControlPayload): string | Bytes {
  return typeof data === "number" ? String(data) : textOrBytes(data ?? EMPTY);
}

function bytesOf(content: string | Bytes): Bytes {
  return typeof content === "string" ? encodeText(content) : content;
}

function textOf(content: string | Bytes, last: boolean, decoder: TextDecoder | undefined): string {
  if (typeof content === "string") return (decoder?.decode() ?? "") + content;
  return decoder === undefined ? decodeText(content) : decoder.decode(content, { stream: !last });
}

function asError(fault: unknown): Error | undefined {
  if (fault === undefined || fault instanceof Error) return fault;
  return new Error("the transport failed", { cause: fault });
}
