/** Implements a `WebSocket` object (WHATWG WebSockets §3, §4, §5) beneath its Web IDL face. */
import { ClientConnection } from "../connection/clientConnection.ts";
import { copyOf, type Bytes } from "../core/bytes.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { fastPaths } from "../core/runs/fastPaths.ts";
import { resolveTiming } from "../core/deadlines.ts";
import { RemoteProtocolError } from "../core/errors.ts";
import type { BytesReceived, ConnectionClosed, ConnectionEstablished, TextReceived, WSEvent } from "../core/events.ts";
import { formatExtensions } from "../handshake/headerGrammar.ts";
import { asking } from "../stream/carriedOpening.ts";
import { systemClock, type Clock } from "../stream/clock.ts";
import type { Dial, WebSocketOptions } from "../stream/dial.ts";
import { discard } from "../stream/discard.ts";
import type { Driver } from "../stream/driver.ts";
import { ownOrigin } from "../stream/environment.ts";
import { MessageAssembler } from "../stream/messageAssembler.ts";
import type { DriverTiming } from "../stream/driverMachine.ts";
import { open, orDiscard, prepare, type Prepared } from "../stream/opening.ts";
import { attempt } from "../stream/report.ts";
import { explain, WebSocketError } from "../stream/webSocketError.ts";
import { credentialsOf, requestFor } from "../stream/webSocketURL.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { startTimer } from "../transports/startTimer.ts";
import { closeEvent } from "./closeEvent.ts";
import { Fifo } from "../stream/fifo.ts";
import { queueTask } from "../stream/tasks.ts";
import type { EventHandler } from "../stream/driver.ts";
import type { Payload } from "../stream/webIDL.ts";

export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState];

type Callback = (error?: unknown) => void;

/** Reading pauses at this many undispatched messages, or this many bytes. */
const MAX_QUEUED_MESSAGES = 64;
const MAX_QUEUED_BYTES = 256 * 1024;

/** The last event of a connection that this side abandons. */
const GIVEN_UP: ConnectionClosed = {
  type: "connectionClosed",
  code: CloseCode.ABNORMAL_CLOSURE,
  reason: "",
  wasClean: false,
};

export class ClientSocket {
  readonly url: string;
  binaryType: BinaryType = "blob";
  protocol = "";
  extensions = "";
  /** Bytes of payload passed to `send` and not yet accepted by the transport, as of the last task that updated it. */
  bufferedAmount = 0;
  readonly #target: EventTarget;
  readonly #origin: string;
  readonly #prepared: Prepared<ClientConnection>;
  readonly #connection: ClientConnection;
  readonly #timing: DriverTiming;
  /** Whether the server must choose one of the subprotocols. */
  readonly #mustChoose: boolean;
  #readyState: ReadyState = ReadyState.CONNECTING;

  /** Defined until there is a transport. */
  #dialing: AbortController | undefined = new AbortController();
  readonly #clock: Clock;
  readonly #stopHandshakeTimer: () => void;
  #driver: Driver | undefined;
  /** Why this side abandoned the connection, if it did. */
  #failure: WebSocketError | undefined;

  readonly #assembler: MessageAssembler;
  /** Received messages that have not been dispatched yet. */
  readonly #messages = new Fifo<string | Bytes>();
  #queuedBytes = 0;
  #dispatching = false;
  readonly #dispatchNext = (): void => this.#dispatch(this.#messages.shift());
  #readOn: (() => void) | undefined;

  /** Resolves when the Blobs queued so far have been read and sent; `undefined` if there are none. */
  #behindBlobs: Promise<void> | undefined;
  /**
   * Bytes of payload that the transport has accepted since the last task; `undefined` if no task is queued to subtract
   * them.
   */
  #takenBytes: number | undefined;

  /** Throws `TypeError` or `RangeError` if an option is invalid. Later failures are reported as events on `target`. */
  constructor(target: EventTarget, url: URL, protocols: readonly string[], dial: Dial, options: WebSocketOptions) {
    const timing = resolveTiming(options);
    const { handshakeTimeoutMs } = timing;
    const origin = options.origin ?? ownOrigin();
    this.url = url.href;
    this.#target = target;
    this.#origin = url.origin;
    this.#timing = timing;
    this.#mustChoose = protocols.length > 0 && options.handshake !== "none";
    const { onConnection, clock = systemClock, ...rest } = options;
    this.#clock = clock;
    const connectionOptions = {
      ...rest,
      ...requestFor(url),
      ...credentialsOf(url, rest.headers),
      subprotocols: protocols,
      fastPaths,
      ...(origin !== undefined && { origin }),
      // Timed here instead, because the dial's time is part of it.
      handshakeTimeoutMs: Infinity,
    };
    this.#prepared = prepare(ClientConnection, connectionOptions, onConnection);
    this.#connection = this.#prepared.connection;
    this.#assembler = new MessageAssembler(this.#connection);
    this.#stopHandshakeTimer = startTimer(handshakeTimeoutMs, () => this.#timeOut(handshakeTimeoutMs), clock);
    const { signal } = this.#dialing!;
    new Promise<ByteTransport>((resolve) => resolve(dial(url, [...protocols], signal))).then(
      (transport) => this.#attach(transport),
      (error: unknown) => this.#fail("could not connect", error),
    );
  }

  /** Becomes CLOSING in the task after the last event that preceded the peer's Close. */
  get readyState(): ReadyState {
    const isEnding = this.#readyState === ReadyState.OPEN && this.#connection.state !== "open";
    return isEnding && !this.#dispatching && this.#messages.size === 0 ? ReadyState.CLOSING : this.#readyState;
  }

  /**
   * §3.1, `send(data)`. Calls back when the transport has accepted the message, or with the reason why it never will.
   */
  send(payload: Payload, callback?: Callback): void {
    // "If this's ready state is CONNECTING, then throw an "InvalidStateError" DOMException."
    if (this.#readyState === ReadyState.CONNECTING) {
      throw new DOMException("the connection is not open yet", "InvalidStateError");
    }
    if (this.#readyState !== ReadyState.OPEN) this.#drop(callback);
    else if (payload.type === "blob") this.#goBehindBlobs(() => this.#sendBlob(payload.blob, callback));
    else if (this.#behindBlobs === undefined) this.#transmit(payload.data, false, payload.size, callback);
    else this.#sendBehindBlobs(snapshot(payload.data), payload.size, callback);
    this.bufferedAmount += payload.size;
  }

  /** §3.1, `close(code, reason)`, with checked arguments. */
  close(code: number | undefined, reason: string | undefined): void {
    switch (this.#readyState) {
      case ReadyState.CONNECTING:
        // "If the WebSocket connection is not yet established": "Fail the WebSocket connection and set this's ready
        // state to CLOSING (2)."
        this.#readyState = ReadyState.CLOSING;
        this.#fail("it was closed before the connection was established");
        break;
      case ReadyState.OPEN:
        this.#readyState = ReadyState.CLOSING;
        if (this.#behindBlobs === undefined) this.#startClosing(code, reason);
        else {
          this.#driver?.beginClose();
          this.#goBehindBlobs(() => this.#startClosing(code, reason));
        }
        break;
      case ReadyState.CLOSING:
      case ReadyState.CLOSED:
        break;
    }
  }

  /** Ends the connection at once, without a closing handshake. */
  terminate(): void {
    if (this.#readyState === ReadyState.CLOSED) return;
    this.#readyState = ReadyState.CLOSING;
    this.#fail("it was terminated");
  }

  #attach(transport: ByteTransport): void {
    this.#dialing = undefined;
    if (this.#failure !== undefined) {
      discard(transport, this.#failure);
      return;
    }
    const options = { ...this.#timing, clock: this.#clock };
    try {
      requireTransport("new WebSocket()", transport);
      this.#driver = orDiscard(transport, () =>
        open(this.#prepared, transport, asking, options, {
          established: (event) => this.#establish(event),
          failed: (error, closed) => this.#end(closed, error),
        }),
      );
    } catch (error) {
      this.#fail("could not connect", error);
    }
  }

  #establish(event: ConnectionEstablished): EventHandler {
    this.#stopHandshakeTimer();
    // §4.1: "If protocols is not the empty list and … null, failure, or the empty byte sequence, then fail the
    // WebSocket connection."
    if (this.#mustChoose && event.subprotocol === undefined) {
      this.#fail("the server chose none of the subprotocols");
    } else {
      queueTask(() => this.#open(event));
    }
    return (next) => this.#take(next);
  }

  #take(event: WSEvent): Promise<void> | undefined {
    switch (event.type) {
      case "textReceived":
      case "bytesReceived":
        return this.#receive(event);
      case "connectionClosed":
        this.#end(event, undefined);
        return undefined;
      default:
        return undefined;
    }
  }

  /** §4, "When the WebSocket connection is established". */
  #open({ subprotocol, extensions }: ConnectionEstablished): void {
    if (this.#readyState !== ReadyState.CONNECTING || this.#failure !== undefined) return;
    // "Change the ready state to OPEN (1)", the extensions and the protocol, "Fire an event named open".
    this.#readyState = ReadyState.OPEN;
    this.extensions = formatExtensions(extensions);
    this.protocol = subprotocol ?? "";
    this.#fireOpen(new Event("open"));
  }

  /**
   * §4, "When a WebSocket message has been received". Dispatches each message in a task; reading pauses while too many
   * wait.
   */
  #receive(event: TextReceived | BytesReceived): Promise<void> | undefined {
    if (this.#readyState >= ReadyState.CLOSING) return undefined;
    const data = this.#assembler.add(event);
    if (data === undefined) return undefined;
    this.#messages.push(data);
    this.#queuedBytes += data.length;
    queueTask(this.#dispatchNext);
    if (this.#messages.size < MAX_QUEUED_MESSAGES && this.#queuedBytes < MAX_QUEUED_BYTES) return undefined;
    return new Promise((resolve) => (this.#readOn = resolve));
  }

  #dispatch(data: string | Bytes): void {
    this.#queuedBytes -= data.length;
    if (this.#messages.size <= MAX_QUEUED_MESSAGES / 2 && this.#queuedBytes <= MAX_QUEUED_BYTES / 2) {
      this.#readOn?.();
      this.#readOn = undefined;
    }
    // "If ready state is not OPEN (1), then return."
    if (this.#readyState !== ReadyState.OPEN) return;
    this.#fireOpen(new MessageEvent("message", { data: this.#present(data), origin: this.#origin }));
  }

  #present(data: string | Bytes): string | ArrayBuffer | Blob {
    if (typeof data === "string") return data;
    return this.binaryType === "blob" ? new Blob([data]) : data.buffer;
  }

  /** `why` is set if the connection was never open. */
  #end(closed: ConnectionClosed, why: unknown): void {
    this.#stopHandshakeTimer();
    // A connection that this side abandoned did not close cleanly, whatever the peer still sent.
    const seen = this.#failure === undefined ? closed : GIVEN_UP;
    const cause = this.#failureAfter(why) ?? why ?? explain(closed, this.#driver?.fault);
    queueTask(() => this.#tellEnd(seen, cause));
  }

  /** Returns why this side abandoned the connection, with the server's answer if it had arrived by then. */
  #failureAfter(why: unknown): WebSocketError | undefined {
    if (this.#failure === undefined || !(why instanceof WebSocketError) || why.rejection === undefined) {
      return this.#failure;
    }
    const { message, closeCode, cause } = this.#failure;
    return new WebSocketError(message, { closeCode, rejection: why.rejection, cause });
  }

  /** §4, "When the WebSocket connection is closed, possibly cleanly". */
  #tellEnd(closed: ConnectionClosed, cause: unknown): void {
    // "Change the ready state to CLOSED (3)."
    this.#readyState = ReadyState.CLOSED;
    const { wasClean, code, reason } = closed;
    const ending = closeEvent({ wasClean, code, reason });
    if (!wasClean) {
      // "If the user agent was required to fail the WebSocket connection … fire an event named error".
      this.#fire(Object.assign(new Event("error"), { cause }));
      Object.assign(ending, { cause });
    }
    this.#fire(ending);
  }

  /**
   * Fires an event that was received while the connection was open. Its listeners and their microtasks still see OPEN.
   */
  #fireOpen(event: Event): void {
    this.#dispatching = true;
    this.#fire(event);
    if (this.#connection.state === "open") this.#dispatching = false;
    else queueTask(() => (this.#dispatching = false));
  }

  #fire(event: Event): void {
    // Not the method that a derived class may override.
    EventTarget.prototype.dispatchEvent.call(this.#target, event);
  }

  #timeOut(handshakeTimeoutMs: number): void {
    const message = `no opening handshake in ${handshakeTimeoutMs} ms`;
    this.#fail(message, new RemoteProtocolError(message, { code: "handshakeTimeout" }));
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new WebSocketError(message, { closeCode: CloseCode.ABNORMAL_CLOSURE, cause });
    if (this.#driver !== undefined) {
      this.#driver.abort(this.#failure);
      return;
    }
    this.#dialing?.abort(this.#failure);
    this.#end(GIVEN_UP, undefined);
  }

  #startClosing(code: number | undefined, reason: string | undefined): void {
    // If somebody else has acted on the connection, the driver notices it now.
    if (this.#connection.state === "open") this.#connection.close(code, reason);
    this.#driver!.flush();
  }

  #transmit(data: string | Bytes, handOver: boolean, size: number, callback?: Callback): void {
    if (this.#connection.state !== "open") {
      this.#drop(callback);
      return;
    }
    try {
      this.#connection.sendData(data, true, handOver ? HANDED_OVER : undefined);
    } catch (error) {
      this.#driver!.flush(); // an extension that threw has ended the connection
      throw error;
    }
    this.#driver!.written((error) => this.#noteTaken(size, callback, error));
  }

  #sendBehindBlobs(data: string | Bytes, size: number, callback?: Callback): void {
    this.#goBehindBlobs(() => this.#orTell(callback, () => this.#transmit(data, true, size, callback)));
  }

  async #sendBlob(blob: Blob, callback?: Callback): Promise<void> {
    await this.#orTell(callback, async () => {
      const data = await blob.arrayBuffer().catch((error: unknown) => {
        this.#fail("a Blob could not be read", error);
        throw error;
      });
      this.#transmit(new Uint8Array(data), true, blob.size, callback);
    });
  }

  /** Sends a message whose caller has returned. An error goes to the callback and ends the connection. */
  async #orTell(callback: Callback | undefined, send: () => void | Promise<void>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (callback !== undefined) queueTask(() => attempt(() => callback(error)));
      throw error;
    }
  }

  #goBehindBlobs(step: () => void | Promise<void>): void {
    const turn = (this.#behindBlobs ?? Promise.resolve()).then(step);
    const failed = (error: unknown): void => this.#fail("a message could not be sent", error);
    const done = turn.catch(failed).then(() => {
      if (this.#behindBlobs === done) this.#behindBlobs = undefined;
    });
    this.#behindBlobs = done;
  }

  /** §3.1: data sent after the end only counts in `bufferedAmount`. */
  #drop(callback: Callback | undefined): void {
    if (callback === undefined) return;
    const error = new WebSocketError("the connection is closed or closing");
    queueTask(() => attempt(() => callback(error)));
  }

  /**
   * The attribute changes in a task, so that a script which reads it twice sees the same value (§3.1,
   * `bufferedAmount`). The callback runs before any answer arrives: rpc-websockets expects no answer before it.
   */
  #noteTaken(size: number, callback: Callback | undefined, error: unknown): void {
    if (this.#takenBytes === undefined) {
      this.#takenBytes = 0;
      queueTask(() => {
        this.bufferedAmount -= this.#takenBytes ?? 0;
        this.#takenBytes = undefined;
      });
    }
    if (error === undefined) this.#takenBytes += size;
    if (callback !== undefined) queueTask(() => attempt(() => callback(error)));
  }
}

const HANDED_OVER = { handOver: true };

function snapshot(data: string | Bytes): string | Bytes {
  return typeof data === "string" ? data : copyOf(data);
}
