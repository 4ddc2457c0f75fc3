/** The bidirectional streams of a WebTransport session as byte transports, whichever side opens them. */
import type { ByteTransport } from "./byteTransport.ts";
import { readFrom } from "./readFrom.ts";
import { TransportError, type TransportErrorCode } from "./transportError.ts";

export type { ByteTransport } from "./byteTransport.ts";
export { TransportError, type TransportErrorCode } from "./transportError.ts";

/** What there has to be of a session: the platform's `WebTransport`, or that of a server. */
export interface WebTransportSession {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
  createBidirectionalStream(options?: object): Promise<BidirectionalStream>;
}

/**
 * Is a transport as it is. Those of `dial` and `incoming` say why they failed in the words that other transports use, and
 * rely on it that a chunk has been copied when its write is fulfilled, as WebTransport has it.
 */
export interface BidirectionalStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
}

export interface DialOptions {
  /** Gives up waiting for a stream. The session stays as it is. */
  readonly signal?: AbortSignal;
}

/** How long after its streams a session's own end may be told, in milliseconds. */
const SESSION_END_MS = 100;

/**
 * Opens a stream on a session, once that is ready; waits where as many are open as the other end allows, which learns of
 * this one by its first bytes.
 *
 * `close()` of the writer is the end at the other end, `abort()` resets the other end's reader, and `cancel()` of the
 * reader stops its writer; a `WebTransportError` given as the reason brings its `streamErrorCode` there, nothing else
 * of a reason gets through. `close()` of the transport sends what was written, and stops the other end's writer. The
 * streams fail with a `TransportError`: `reset` or `stopped` if the other end did that, `lost` if the session has ended,
 * `closed` after `close()`. Its `cause` is what the platform said.
 *
 * Rejected with a `TransportError`: `neverOpened` if the session was not, `lost` if it has ended.
 */
export async function dial(session: WebTransportSession, options: DialOptions = {}): Promise<ByteTransport> {
  const { signal } = options;
  signal?.throwIfAborted();
  await unlessAborted(untilReady(session), signal);
  const opening = session.createBidirectionalStream({ waitUntilAvailable: true });
  const ended = Promise.resolve(session.closed).then(() => Promise.reject(new Error("it has ended")));
  try {
    return transportOf(await unlessAborted(Promise.race([opening, ended]), signal), session);
  } catch (error) {
    opening.then((stream) => transportOf(stream, session).close?.(), ignore);
    throw signal?.aborted === true ? error : await explain(error, "lost", session);
  }
}

/**
 * The streams that the other end opens, as transports like those of `dial`. Ends when the session does, however that
 * comes: `session.closed` tells. Leaving the loop leaves the streams that come later to another one. Fails with a
 * `TransportError` (`neverOpened`) if the session was not opened. `TypeError` if somebody else reads its streams.
 */
export function incoming(session: WebTransportSession): AsyncIterableIterator<ByteTransport, undefined> {
  const reader = session.incomingBidirectionalStreams.getReader();
  return {
    async next() {
      await untilReady(session);
      // Fails where the session broke off, or the reader was released.
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      return value === undefined ? { done: true, value } : { done: false, value: transportOf(value, session) };
    },
    return() {
      reader.releaseLock();
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
  /** Fails a write that waits. */
  let giveUp: (error: TransportError) => void = ignore;

  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      writing = controller;
      // At once, where the sink's own `abort` would wait for a write that waits.
      controller.signal.addEventListener("abort", () => void writer.abort(controller.signal.reason).catch(ignore));
    },
    write(chunk) {
      if (!(chunk instanceof Uint8Array)) {
        const error = new TypeError("a transport carries Uint8Array chunks");
        void writer.abort(error).catch(ignore);
        throw error;
      }
      return new Promise((resolve, reject) => {
        giveUp = reject;
        writer.write(chunk).catch(failWriting).then(resolve, reject);
      });
    },
    close: () => writer.close().catch(failWriting),
  });

  async function failWriting(error: unknown): Promise<never> {
    throw writing.signal.aborted ? writing.signal.reason : await explain(error, "stopped", session);
  }
  writer.closed.catch(failWriting).catch((error: unknown) => writing.error(error));

  let isClosed = false;
  return {
    readable: source.readable,
    writable,
    closed: Promise.allSettled([source.closed, writer.closed]),
    close() {
      if (isClosed) return;
      isClosed = true;
      writer.close().catch(ignore);
      source.end();
      const error = new TransportError("closed", "the transport was closed");
      giveUp(error);
      writing.error(error);
    },
    copiesChunks: true,
    encrypted: true,
  };
}

async function untilReady(session: WebTransportSession): Promise<void> {
  try {
    await session.ready;
  } catch (error) {
    // Browsers keep the reason from pages.
    const why = "nobody listens there, the server refused, or its certificate is not trusted or has another hash";
    throw new TransportError("neverOpened", `the session was not opened: ${why} (${messageOf(error)})`, {
      cause: error,
    });
  }
}

/** Why a stream failed: because its session did, or else for what `code` says, which the other end did to this one alone. */
async function explain(
  error: unknown,
  code: TransportErrorCode,
  session: WebTransportSession,
): Promise<TransportError> {
  const { source, streamErrorCode } = (error ?? {}) as Partial<WebTransportError>;
  const end = source === "stream" ? undefined : await endOf(session);
  if (end !== undefined || source === "session" || code === "lost") {
    return new TransportError("lost", end ?? `the session takes no more streams (${messageOf(error)})`, {
      cause: error,
    });
  }
  const number = streamErrorCode === undefined || streamErrorCode === null ? "" : `, with code ${streamErrorCode}`;
  const what = code === "reset" ? "reset the stream" : "stopped reading";
  return new TransportError(code, `the other end ${what}${number}`, { cause: error });
}

/** How the session ended; `undefined` if it has not, nor does so presently. */
async function endOf({ closed }: WebTransportSession): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), SESSION_END_MS)));
  const end = closed.then(
    (info) => {
      const { closeCode = 0, reason = "" } = (info ?? {}) as WebTransportCloseInfo;
      return `the session was closed with code ${closeCode}${reason === "" ? "" : `: ${reason}`}`;
    },
    (error: unknown) => `the session broke off (${messageOf(error)})`,
  );
  return await Promise.race([end, patience]).finally(() => clearTimeout(timer));
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    // It may have been while the wait before this one came to its end.
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ignore(): void {}
