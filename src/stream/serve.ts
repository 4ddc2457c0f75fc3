/** A server: answers every transport that comes, side by side, by one handler. */
import { CloseCode } from "../core/closeCodes.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { unlessAborted } from "./abortable.ts";
import { accept, type AcceptTransportOptions, type IncomingRequest } from "./accept.ts";
import { discard } from "./discard.ts";
import type { WebSocketSession } from "./session.ts";

/** Answers a request, and does what is to be done on the session. One that it leaves unanswered is refused with 404. */
export type RequestHandler = (request: IncomingRequest) => void | PromiseLike<void>;

export interface ServeOptions extends Omit<AcceptTransportOptions, "request"> {
  /** Most connections at a time; further transports are not taken until one has ended. No limit by default. */
  readonly maxConnections?: number;
  /**
   * Is told what went wrong on a connection: what a handler threw (which is answered with 500, or Close 1011), or why
   * there was no request. Nobody is told by default.
   */
  readonly onError?: (error: unknown) => void;
}

/**
 * Serves WebSockets on transports until there are no more and all connections have ended, or until the signal is aborted:
 * then no more are taken, the open ones are closed with 1001, and the promise is fulfilled when they have ended.
 * Rejected if the transports' own iteration fails.
 *
 * @example
 * ```ts
 * import { connect, serve } from "websocket-over/stream";
 * import { pipe } from "websocket-over/pipe";
 *
 * const [near, far] = pipe();
 * const served = serve([far], async (request) => {
 *   const session = await request.accept();
 *   for await (const message of session) await session.send(message);
 * });
 * const session = await connect(near);
 * await session.send("there and back");
 * console.log(await session.receive()); // → there and back
 * await session.close();
 * await served; // there are no more transports, and no more connections
 * ```
 */
export async function serve(
  transports: AsyncIterable<ByteTransport> | Iterable<ByteTransport>,
  handler: RequestHandler,
  options: ServeOptions = {},
): Promise<void> {
  const { maxConnections = Infinity, onError, signal } = options;
  if (!(maxConnections >= 1)) throw new RangeError(`maxConnections is at least 1, not ${String(maxConnections)}`);
  const running = new Set<Promise<void>>();
  const iterator =
    Symbol.asyncIterator in transports ? transports[Symbol.asyncIterator]() : transports[Symbol.iterator]();
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (running.size >= maxConnections) await unlessAborted(Promise.race(running), signal, ignore);
      const arriving = Promise.resolve(iterator.next());
      const next = await unlessAborted(arriving, signal, () => void discardLate(arriving, signal));
      if (next.done === true) break;
      const one = serveOne(next.value, handler, options).catch((error: unknown) => onError?.(error));
      running.add(one);
      void one.finally(() => running.delete(one));
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    void iterator.return?.();
  } finally {
    await Promise.all(running);
  }
}

/** What still comes once the signal has stopped the server is nobody's any more. */
async function discardLate(
  arriving: Promise<IteratorResult<ByteTransport, unknown>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const late = await arriving.catch(() => undefined);
  if (late?.done === false) discard(late.value, signal?.reason);
}

async function serveOne(transport: ByteTransport, handler: RequestHandler, options: ServeOptions): Promise<void> {
  const { signal } = options;
  const request = await accept(transport, options);
  let session: Promise<WebSocketSession> | undefined;
  let refused: Promise<void> | undefined;
  const refuse = (status: number): Promise<void> => (refused ??= request.reject({ status }));
  const end = async (status: number, closeCode: number): Promise<void> => {
    if (session === undefined) await refuse(status);
    else await (await session).close({ closeCode });
  };
  const stop = (): void => void end(503, CloseCode.GOING_AWAY).catch(ignore);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await handler({
      ...request,
      accept: (answer) => (session = request.accept(answer)),
      reject: (answer) => (refused = request.reject(answer)),
    });
    if (session === undefined) await refuse(404);
    else await (await session).closed;
  } catch (error) {
    await end(500, CloseCode.INTERNAL_ERROR).catch(ignore);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function ignore(): void {}
