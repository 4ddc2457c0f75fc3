/** The `WebSocketStream` class over custom transports, with the Web IDL interface that Chromium ships. */
import { checkClientOptions } from "../connection/options.ts";
import { isBufferSource, viewOf, type Bytes } from "../core/bytes.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { resolveTiming } from "../core/deadlines.ts";
import { RemoteProtocolError } from "../core/errors.ts";
import { advice, checkOptions, passOn, requireKind } from "../core/options.ts";
import { entriesOf } from "../handshake/headReader.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { startTimer } from "../transports/startTimer.ts";
import { unlessAborted } from "./abortable.ts";
import { systemClock } from "./clock.ts";
import { openSession } from "./connect.ts";
import { webSocketTable, type Dial, type WebSocketOptions } from "./dial.ts";
import { discard } from "./discard.ts";
import type { Driver } from "./driver.ts";
import { baseURL, ownOrigin } from "./environment.ts";
import type { WebSocketSession } from "./session.ts";
import { enforceUnsignedShort, requireArgument, requireClosable, toDictionary, toSequence, toText } from "./webIDL.ts";
import { sendableClose, WebSocketError } from "./webSocketError.ts";
import { parseProtocols, parseWebSocketURL } from "./webSocketURL.ts";
import { withResolvers, type Resolvers } from "./withResolvers.ts";

/** The second argument of the class that {@link createWebSocketStreamClass} makes. */
export interface WebSocketStreamInit {
  /** The subprotocols to offer, in order of preference. */
  readonly protocols?: string[] | undefined;
  /** Aborting this signal cancels the opening. Once the connection is open, the signal has no effect. */
  readonly signal?: AbortSignal | undefined;
}

/** What `opened` of a stream resolves with; see {@link createWebSocketStreamClass}. */
export interface WebSocketOpenInfo {
  /** Whole messages: strings for text, `Uint8Array` for binary. Cancelling it closes the connection. */
  readonly readable: ReadableStream<string | Bytes>;
  /**
   * Sends each chunk as a message: bytes as binary, anything else as text. A write resolves when the transport has
   * accepted the message. Closing or aborting it closes the connection.
   */
  readonly writable: WritableStream<string | BufferSource>;
  /** The negotiated extensions, in header form. */
  readonly extensions: string;
  /** The negotiated subprotocol; empty if there is none. */
  readonly protocol: string;
}

/**
 * What `close()` of a stream takes, and what its `closed` resolves with; see {@link createWebSocketStreamClass}.
 */
export interface WebSocketCloseInfo {
  /** 1000 or 3000–4999 in `close()`. In `closed`: the code of the peer's Close frame, 1005 if it had none. */
  readonly closeCode?: number | undefined;
  /** At most 123 bytes of UTF-8. A reason without a code is sent with 1000. */
  readonly reason?: string | undefined;
}

/**
 * A WebSocket as a pair of streams.
 *
 * @see {@link createWebSocketStreamClass}
 */
export interface WebSocketStreamOver {
  /** The URL that was parsed. */
  readonly url: string;
  /** Resolves when the connection is open. Rejects with a {@link WebSocketError} or with the signal's reason. */
  readonly opened: Promise<WebSocketOpenInfo>;
  /**
   * Resolves when the connection has closed cleanly, with every message sent. Rejects with a {@link WebSocketError} if
   * it ended otherwise, or with what `opened` rejects with.
   */
  readonly closed: Promise<Required<WebSocketCloseInfo>>;
  /**
   * Starts the closing handshake; while connecting it gives up. Throws an `InvalidAccessError` for another code and a
   * `SyntaxError` for a longer reason (both a `DOMException`).
   */
  close(closeInfo?: WebSocketCloseInfo): void;
}

/** The class that {@link createWebSocketStreamClass} makes. */
export interface WebSocketStreamConstructor {
  readonly prototype: WebSocketStreamOver;
  new (url: string | URL, options?: WebSocketStreamInit): WebSocketStreamOver;
}

/**
 * Makes a class to use in place of Chromium's `WebSocketStream`. Each object calls `dial` for its transport.
 *
 * An error given to `writable.abort()` or `readable.cancel()` sets the close code and reason if it is a
 * `WebSocketError`. {@link WebSocketError} allows all close codes, because servers send more of them than scripts may.
 *
 * @example
 * ```ts
 * import { accept, createWebSocketStreamClass } from "websocket-over/stream";
 * import { pipe } from "websocket-over/pipe";
 *
 * const WebSocketStream = createWebSocketStreamClass((url) => {
 *   const [near, far] = pipe();
 *   void accept(far).then(async (request) => (await request.accept()).send(`welcome to ${url.pathname}`));
 *   return near;
 * });
 * const stream = new WebSocketStream("wss://example.com/lobby");
 * const { readable } = await stream.opened;
 * const { value } = await readable.getReader().read();
 * console.log(value); // → welcome to /lobby
 * stream.close({ closeCode: 1000 });
 * ```
 */
export function createWebSocketStreamClass(dial: Dial, given: WebSocketOptions = {}): WebSocketStreamConstructor {
  const where = "createWebSocketStreamClass()";
  requireKind(`${where} takes dial,`, dial, "a function", advice({ readable: "use connect()" }));
  const checked = checkOptions(where, given, webSocketTable);
  const options = checked.headers === undefined ? checked : { ...checked, headers: entriesOf(checked.headers) };
  checkClientOptions(options);

  class WebSocketStream {
    readonly #url: string;
    readonly #socket: StreamSocket;

    constructor(url: unknown, init?: unknown) {
      requireArgument("a WebSocketStream needs a URL", arguments.length);
      const text = toText(url);
      const { protocols: listed, signal } = toDictionary("the options of a WebSocketStream", init);
      const protocols = listed === undefined ? [] : toSequence("protocols", listed);
      if (signal !== undefined) requireKind("signal must be an AbortSignal,", signal, "{ aborted, reason }");
      const parsed = parseWebSocketURL(text, baseURL());
      const offered = parseProtocols(protocols);
      this.#url = parsed.href;
      this.#socket = new StreamSocket(parsed, offered, signal as AbortSignal | undefined, dial, options);
    }

    get url(): string {
      return this.#url;
    }

    get opened(): Promise<WebSocketOpenInfo> {
      return this.#socket.opened.promise;
    }

    get closed(): Promise<Required<WebSocketCloseInfo>> {
      return this.#socket.closed.promise;
    }

    close(closeInfo?: unknown): void {
      const socket = this.#socket;
      const { closeCode, reason } = toDictionary("close()", closeInfo);
      const code = closeCode === undefined ? undefined : enforceUnsignedShort(closeCode);
      const text = reason === undefined ? undefined : toText(reason).toWellFormed();
      requireClosable(code, text);
      socket.close({ closeCode: code, ...(text !== "" && { reason: text }) });
    }
  }

  const { prototype } = WebSocketStream;
  for (const name of ["url", "opened", "closed", "close"]) {
    Object.defineProperty(prototype, name, { enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: "WebSocketStream", configurable: true });
  return WebSocketStream;
}

/** What one object does beneath its Web IDL face. */
class StreamSocket {
  readonly opened: Resolvers<WebSocketOpenInfo> = withResolvers();
  readonly closed: Resolvers<Required<WebSocketCloseInfo>> = withResolvers();
  /** Aborted to give up the opening. */
  readonly #opening = new AbortController();
  #session: WebSocketSession | undefined;
  /** Writes that the transport has not accepted. If one is left at the end, the close was not clean. */
  #unsent = 0;

  constructor(url: URL, protocols: string[], signal: AbortSignal | undefined, dial: Dial, options: WebSocketOptions) {
    this.opened.promise.catch(ignore);
    this.closed.promise.catch(ignore);
    const { handshakeTimeoutMs } = resolveTiming(options);
    const { clock = systemClock } = options;
    const stopTimer = startTimer(handshakeTimeoutMs, () => this.#timeOut(handshakeTimeoutMs), clock);
    const ignoreSignal = onAbort(signal, (reason) => this.#opening.abort(reason));
    this.#open(url, protocols, dial, options)
      .catch((cause: unknown) => {
        const isKnown = cause instanceof WebSocketError || this.#opening.signal.aborted;
        const error = isKnown ? cause : new WebSocketError("there is no transport", { ...ABNORMAL, cause });
        this.opened.reject(error);
        this.closed.reject(error);
      })
      .finally(() => {
        ignoreSignal();
        stopTimer();
      });
  }

  close(options: WebSocketCloseInfo): void {
    if (this.#session !== undefined) void this.#session.close(options);
    else this.#giveUp("it was closed before the connection was established");
  }

  async #open(url: URL, protocols: string[], dial: Dial, options: WebSocketOptions): Promise<void> {
    const { signal } = this.#opening;
    signal.throwIfAborted();
    const transport = await this.#dial(() => dial(url, [...protocols], signal));
    const origin = options.origin ?? ownOrigin();
    const { session, driver } = await openSession(
      "new WebSocketStream()",
      transport,
      passOn({
        ...options,
        ...(origin !== undefined && { origin }),
        // Timed by this object, because the dial's time is part of it.
        handshakeTimeoutMs: Infinity,
        url,
        protocols,
        signal,
      }),
    );
    if (protocols.length > 0 && options.handshake !== "none" && session.protocol === "") {
      const error = new WebSocketError("the server chose none of the subprotocols", ABNORMAL);
      driver.abort(error);
      throw error;
    }
    this.#session = session;
    const { protocol, extensions } = session;
    const readable = this.#readableOf(session);
    this.opened.resolve({ readable, writable: this.#writableOf(session, driver), protocol, extensions });
  }

  /** Gets the transport. One that arrives after this object gave up is closed. */
  async #dial(dial: () => ByteTransport | PromiseLike<ByteTransport>): Promise<ByteTransport> {
    const { signal } = this.#opening;
    const dialed = new Promise<ByteTransport>((resolve) => resolve(dial()));
    return await unlessAborted(dialed, signal, (reason) => {
      dialed.then((transport) => discard(transport, reason)).catch(ignore);
    });
  }

  #readableOf(session: WebSocketSession): ReadableStream<string | Bytes> {
    return new ReadableStream<string | Bytes>({
      pull: async (controller) => {
        const message = await session.receive();
        if (message === undefined) controller.close();
        else controller.enqueue(message);
      },
      cancel: (reason: unknown) => void session.close(closeFor(reason)),
    });
  }

  #writableOf(session: WebSocketSession, driver: Driver): WritableStream<string | BufferSource> {
    return new WritableStream<string | BufferSource>({
      start: (controller) => {
        // Closes at once. The sink's own `abort` would wait for a write that waits for room.
        onAbort(controller.signal, (reason) => void session.close(closeFor(reason)));
        this.#settleAtEnd(session, controller);
      },
      write: async (chunk: unknown) => {
        const message = isBufferSource(chunk) ? viewOf(chunk) : toText(chunk);
        this.#unsent++;
        await session.send(message);
        await new Promise<void>((resolve, reject) =>
          driver.written((error) => (error === undefined ? resolve() : reject(error))),
        );
        this.#unsent--;
      },
      close: async () => void (await session.close()),
    });
  }

  /** "When a WebSocket stream connection is closed, possibly cleanly". */
  #settleAtEnd(session: WebSocketSession, writable: WritableStreamDefaultController): void {
    const fail = (error: unknown): void => {
      writable.error(error);
      this.closed.reject(error);
    };
    session.closed.then(({ closeCode, reason }) => {
      if (this.#unsent > 0) {
        fail(new WebSocketError("the connection was closed before all messages were sent", { closeCode, reason }));
        return;
      }
      // "Error stream's writable with an "InvalidStateError" DOMException indicating that a closed WebSocketStream
      // cannot be written to."
      writable.error(new DOMException("the connection is closed", "InvalidStateError"));
      this.closed.resolve({ closeCode, reason });
    }, fail);
  }

  #timeOut(handshakeTimeoutMs: number): void {
    const message = `no opening handshake in ${handshakeTimeoutMs} ms`;
    this.#giveUp(message, new RemoteProtocolError(message, { code: "handshakeTimeout" }));
  }

  #giveUp(message: string, cause?: unknown): void {
    this.#opening.abort(new WebSocketError(message, { ...ABNORMAL, cause }));
  }
}

const ABNORMAL = { closeCode: CloseCode.ABNORMAL_CLOSURE };

/** The Close frame for a reason to abort or cancel. Only a `WebSocketError` of this or any other class has a say. */
function closeFor(reason: unknown): WebSocketCloseInfo {
  const isOne = reason instanceof DOMException && reason.name === "WebSocketError";
  return isOne ? sendableClose(reason) : {};
}
