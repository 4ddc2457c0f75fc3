/**
 * The bidirectional streams of a WebTransport session as byte transports, whichever side opens them.
 *
 * @module websocket-over/webtransport
 */
import { advice, checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import { textOf } from "./textOf.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { ignore } from "./ignore.ts";
import { onAbort } from "./onAbort.ts";
import { readFrom } from "./readFrom.ts";
import { firstOf, Settlement } from "./settlement.ts";
import { TransportError, type TransportErrorCode } from "./transportError.ts";

export type { ByteTransport } from "./byteTransport.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";

/**
 * The part of a session that is used: the platform's `WebTransport`, or a server's.
 *
 * @see {@link dial}
 */
export interface WebTransportSession {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
  createBidirectionalStream(options?: object): Promise<BidirectionalStream>;
}

/**
 * Already a transport. Those of `dial` and `incoming` also fail with the errors of other transports, and set
 * `copiesChunks`, because WebTransport has copied a chunk once its write resolves.
 *
 * @see {@link dial}
 */
export interface BidirectionalStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
}

/** The options of {@link dial}. */
export interface DialOptions {
  /** Aborting this signal cancels the wait for a stream. It does not affect the session. */
  readonly signal?: AbortSignal | undefined;
}

const dialTable: OptionTable<DialOptions> = { signal: "{ aborted, reason }" };

function requireSession(where: string, session: WebTransportSession): void {
  requireKind(
    `${where} takes a session,`,
    session,
    "{ ready, closed, createBidirectionalStream }",
    advice({
      charAt: "make one with new WebTransport(url)",
      searchParams: "make one with new WebTransport(url)",
      then: "await it",
    }),
  );
}

/** How long after its streams a session may report its own end, in milliseconds. */
const SESSION_END_MS = 100;

/** How long a closed transport may take to send its last bytes, in milliseconds. */
const LAST_BYTES_MS = 2000;

/** Watches each session once, however many streams it has. */
const courses = new WeakMap<
  WebTransportSession,
  { readonly ready: Settlement<unknown>; readonly end: Settlement<unknown> }
>();

function courseOf(session: WebTransportSession): { ready: Settlement<unknown>; end: Settlement<unknown> } {
  let course = courses.get(session);
  if (course === undefined) {
    course = { ready: new Settlement(session.ready), end: new Settlement(session.closed) };
    courses.set(session, course);
  }
  return course;
}

/**
 * Opens a stream on a session, once that is ready. Waits while the other end allows no further stream. The other end
 * learns of the stream with its first bytes.
 *
 * `close()` of the writer ends the stream at the other end, `abort()` resets the other end's reader, and `cancel()` of
 * the reader stops the other end's writer. A `WebTransportError` as the reason passes on its `streamErrorCode`; nothing
 * else of a reason is sent. `close()` of the transport sends what was written and stops the other end's writer. If the
 * peer does not accept the bytes within two seconds, its reader is reset.
 *
 * The streams fail with a `TransportError`: `reset` or `stopped` if the other end did that, `lost` if the session has
 * ended, `closed` after `close()`. Its `cause` is the platform's error. Rejects with a `TransportError`: `neverOpened`
 * if the session never opened, `lost` if it has ended.
 *
 * @example In a page
 * ```ts
 * import { connect } from "websocket-over/stream";
 * import { dial } from "websocket-over/webtransport";
 *
 * const session = new WebTransport("https://server.example:4433/");
 * const socket = await connect(await dial(session), { url: "wss://server.example/echo" }); // each WebSocket has its own stream
 * await socket.send("hello");
 * console.log(await socket.receive()); // → hello
 * await socket.close();
 * session.close();
 * ```
 */
export async function dial(session: WebTransportSession, options: DialOptions = {}): Promise<ByteTransport> {
  requireSession("dial()", session);
  checkOptions("dial()", options, dialTable);
  const { signal } = options;
  signal?.throwIfAborted();
  await untilReady(session, signal);
  let opening: Promise<BidirectionalStream> | undefined;
  try {
    opening = session.createBidirectionalStream({ waitUntilAvailable: true });
    return transportOf(await unlessEnded(opening, session, signal), session);
  } catch (error) {
    // The stream may still open, but nobody uses it then.
    opening?.then((stream) => transportOf(stream, session).close?.()).catch(ignore);
    throw signal?.aborted === true ? error : await explain(error, "lost", session);
  }
}

/**
 * Yields the streams that the other end opens, as transports like those of `dial`. Ends when the session ends for any
 * reason; see `session.closed`. If you leave the loop, another one can take the later streams. Fails with a
 * `TransportError` (`neverOpened`) if the session never opened. Throws `TypeError` if another reader holds its streams.
 *
 * @example In a page
 * ```ts
 * import { accept, connect } from "websocket-over/stream";
 * import { dial, incoming } from "websocket-over/webtransport";
 *
 * const session = new WebTransport("https://server.example:4433/");
 * const asking = await connect(await dial(session), { url: "wss://server.example/call-back" });
 * await asking.send("ada"); // this server answers by calling the page
 * for await (const transport of incoming(session)) {
 *   const request = await accept(transport, { origins: "any" });
 *   const call = await request.accept();
 *   console.log(request.target, await call.receive()); // → /ada the server calls ada
 *   await call.close();
 *   break;
 * }
 * await asking.close();
 * session.close();
 * ```
 */
export function incoming(session: WebTransportSession): AsyncIterableIterator<ByteTransport, undefined> {
  requireSession("incoming()", session);
  const reader = session.incomingBidirectionalStreams.getReader();
  const left = new AbortController();
  const leave = (): void => {
    left.abort();
    reader.releaseLock();
  };
  return {
    async next() {
      try {
        await untilReady(session, left.signal);
      } catch (error) {
        if (left.signal.aborted) return { done: true, value: undefined };
        reader.releaseLock();
        throw error;
      }
      // Fails if the session broke off or the reader was released.
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      if (value !== undefined) return { done: false, value: transportOf(value, session) };
      leave();
      return { done: true, value };
    },
    return() {
      leave();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function transportOf(stream: BidirectionalStream, session: WebTransportSession): ByteTransport {
  const source = readFrom(stream.readable, async (error) => Promise.reject(await explain(error, "reset", session)));
  const writer = stream.writable.getWriter();
  let writing!: WritableStreamDefaultController;
  /** Rejects the pending write or close. */
  let giveUp: (error: unknown) => void = ignore;
  let closedHere: TransportError | undefined;
  /** Called when the streams are abandoned, because the platform may not settle its promises. */
  let letGo!: () => void;
  const gone = new Promise<void>((resolve) => (letGo = resolve));

  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      writing = controller;
      const { signal } = controller;
      // Aborts at once. The sink's own `abort` would wait for a write that waits.
      signal.addEventListener("abort", () => {
        giveUp(signal.reason);
        writer.abort(signal.reason).catch(ignore);
      });
    },
    write(chunk) {
      if (!(chunk instanceof Uint8Array)) {
        const error = new TypeError("a transport takes Uint8Arrays");
        writer.abort(error).catch(ignore);
        throw error;
      }
      return chunk.length === 0 ? undefined : untilDone(writer.write(chunk));
    },
    close: () => untilDone(writer.close()),
  });

  function untilDone(promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      giveUp = reject;
      promise.catch(failWriting).then(resolve, reject);
    });
  }
  async function failWriting(error: unknown): Promise<never> {
    throw writing.signal.aborted ? writing.signal.reason : (closedHere ?? (await explain(error, "stopped", session)));
  }
  writer.closed.catch(failWriting).catch((error: unknown) => writing.error(error));

  return {
    readable: source.readable,
    writable,
    closed: Promise.race([Promise.allSettled([source.closed, writer.closed]), gone]),
    close() {
      if (closedHere !== undefined) return;
      closedHere = new TransportError("closed", "the transport was closed");
      source.end();
      giveUp(closedHere);
      writing.error(closedHere);
      writer.close().catch(ignore);
      const patience = setTimeout(() => {
        writer.abort(closedHere).catch(ignore);
        letGo();
      }, LAST_BYTES_MS);
      const stop = (): void => clearTimeout(patience);
      writer.closed.then(stop, stop);
    },
    copiesChunks: true,
    encrypted: true,
  };
}

function untilReady(session: WebTransportSession, signal: AbortSignal | undefined): Promise<void> {
  return firstOf((resolve, reject) => [
    onAbort(signal, reject),
    courseOf(session).ready.when((settled) => {
      if (!("error" in settled)) resolve();
      else reject(neverOpened(settled.error));
    }),
  ]);
}

function neverOpened(error: unknown): TransportError {
  // Browsers hide the reason from pages.
  const why = "nothing listens there, the server refused, or its certificate is not trusted or has another hash";
  return new TransportError("neverOpened", `the session was not opened: ${why} (${textOf(error)})`, {
    cause: error,
  });
}

/** Settles like the promise, unless the session ends or the signal is aborted first. */
function unlessEnded<Value>(
  promise: Promise<Value>,
  session: WebTransportSession,
  signal: AbortSignal | undefined,
): Promise<Value> {
  return firstOf((resolve, reject) => {
    promise.then(resolve, reject);
    return [onAbort(signal, reject), courseOf(session).end.when(() => reject(new Error("it has ended")))];
  });
}

/** Returns why a stream failed: its session ended, or the other end did what `code` says to this stream alone. */
async function explain(
  error: unknown,
  code: TransportErrorCode,
  session: WebTransportSession,
): Promise<TransportError> {
  const { source, streamErrorCode } = (error ?? {}) as Partial<WebTransportError>;
  const end = source === "stream" ? undefined : await endOf(session);
  if (end !== undefined || source === "session" || code === "lost") {
    return new TransportError("lost", end ?? `the session accepts no more streams (${textOf(error)})`, {
      cause: error,
    });
  }
  const number = streamErrorCode === undefined || streamErrorCode === null ? "" : `, with code ${streamErrorCode}`;
  const what = code === "reset" ? "reset the stream" : "stopped reading";
  return new TransportError(code, `the other end ${what}${number}`, { cause: error });
}

/** Returns how the session ended; `undefined` if it does not end soon. */
function endOf(session: WebTransportSession): Promise<string | undefined> {
  return firstOf((resolve) => {
    const patience = setTimeout(() => resolve(undefined), SESSION_END_MS);
    const watch = courseOf(session).end.when((settled) => {
      if ("error" in settled) {
        resolve(`the session was lost (${textOf(settled.error)})`);
        return;
      }
      const { closeCode = 0, reason = "" } = (settled.value ?? {}) as WebTransportCloseInfo;
      resolve(`the session was closed with code ${closeCode}${reason === "" ? "" : `: ${reason}`}`);
    });
    return [watch, () => clearTimeout(patience)];
  });
}
