/** A server that handles every incoming transport concurrently with one handler. */
import { checkServerOptions } from "../connection/options.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { resolveTiming, type TimingOptions } from "../core/deadlines.ts";
import { checkOptions, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { startTimer } from "../transports/startTimer.ts";
import { unlessAborted } from "./abortable.ts";
import { acceptOn, incomingTable, type AcceptTransportOptions, type Arrival, type IncomingRequest } from "./accept.ts";
import { systemClock, type ClockOption } from "./clock.ts";
import { discard } from "./discard.ts";
import { iteratorOf, stopTaking } from "./incoming.ts";
import { orDiscard } from "./opening.ts";
import { requireOriginPolicy } from "./originPolicy.ts";
import { tellError } from "./report.ts";
import { WebSocketError } from "./webSocketError.ts";
import { withResolvers } from "./withResolvers.ts";

/**
 * Answers a request and uses the session. A request that it leaves unanswered is refused with 404.
 *
 * @see {@link serve}
 */
export type RequestHandler = (request: IncomingRequest) => void | PromiseLike<void>;

/** The options of {@link serve}. */
export interface ServeOptions extends Omit<AcceptTransportOptions, "request"> {
  /**
   * Maximum number of concurrent connections. No limit by default. A connection counts from the moment its transport is
   * taken until the transport has ended and the handler has returned, or `closeTimeoutMs` later. At the limit, no
   * further transports are taken.
   */
  readonly maxConnections?: number | undefined;
  /**
   * Called with each error of a connection. Errors that the handler or another function of yours threw arrive as they
   * are; the client gets 500, or Close 1011. A `WebSocketError` says why there was no request, or how the session
   * failed. By default the former are reported as warnings (in browsers as `error` events of the page), the latter are
   * ignored.
   */
  readonly onError?: ((error: unknown) => unknown) | undefined;
}

const table: OptionTable<ServeOptions> = {
  ...incomingTable,
  maxConnections: "a number",
  onError: "a function",
};

/**
 * Serves WebSockets until there are no more transports and all connections have ended. Aborting the signal stops the
 * server: it takes no more transports, answers pending requests with 503 and closes open connections with 1001.
 *
 * Resolves when all transports have ended and the handlers have returned. It waits for a handler at most
 * `closeTimeoutMs` after its transport has ended. After an abort the transports end within `closeTimeoutMs`, and it
 * does not wait for handlers. Rejects if iterating over the transports fails, or if the options are invalid; in the
 * latter case no transport is taken, and those of an array are ended.
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
  const iterator = orDiscard(transports as unknown as ByteTransport, () => iteratorOf("serve()", transports));
  try {
    requireKind("serve() takes a handler,", handler, "a function");
    options = requireOptions(options);
    if (Array.isArray(transports)) {
      for (const transport of transports as readonly ByteTransport[]) requireTransport("serve()", transport);
    }
  } catch (error) {
    stopTaking(transports, iterator, error);
    throw error;
  }
  const { maxConnections = Infinity, ...perConnection } = options;
  const { signal, onError } = perConnection;
  let running = 0;
  /** Called when a connection has ended. */
  let vacated = ignore;
  const untilVacated = (): Promise<void> => new Promise((resolve) => (vacated = resolve));
  try {
    for (;;) {
      signal?.throwIfAborted();
      while (running >= maxConnections) await unlessAborted(untilVacated(), signal, ignore);
      const arriving = Promise.resolve(iterator.next());
      const next = await unlessAborted(arriving, signal, (reason) => void discardLate(arriving, reason));
      if (next.done === true) break;
      running++;
      void serveOne(next.value, handler, perConnection)
        .catch((error: unknown) => tell(error, onError))
        .then(() => {
          running--;
          vacated();
        });
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    stopTaking(transports, iterator, signal.reason);
  } finally {
    while (running > 0) await untilVacated();
  }
}

/** Throws `TypeError` or `RangeError` if an option is invalid. */
function requireOptions(given: ServeOptions): ServeOptions {
  const options = checkOptions("serve()", given, table);
  const { maxConnections = Infinity, origins } = options;
  if (!(maxConnections >= 1)) throw new RangeError(`maxConnections must be at least 1, not ${String(maxConnections)}`);
  requireOriginPolicy(origins);
  checkServerOptions(options);
  return options;
}

/** Ends a transport that arrives after the signal has stopped the server. */
async function discardLate(arriving: Promise<IteratorResult<ByteTransport, unknown>>, reason: unknown): Promise<void> {
  const late = await arriving.catch(() => undefined);
  if (late?.done === false) discard(late.value, reason);
}

/** Serves one connection. Resolves when its transport has ended and the handler has returned or timed out. */
async function serveOne(transport: ByteTransport, handler: RequestHandler, options: ServeOptions): Promise<void> {
  const { onError, signal, ...accepting } = options;
  let arrival: Arrival;
  try {
    requireTransport("serve()", transport);
    arrival = acceptOn(transport, { ...accepting, signal }, (error) => tell(error, onError));
  } catch (error) {
    if (signal?.aborted !== true) tell(error, onError);
    return;
  }
  const stopped = onAbort(signal, () => arrival.end(503, CloseCode.GOING_AWAY));
  const handled = handleRequest(arrival, handler, options);
  await arrival.finished;
  stopped();
  if (signal?.aborted === true) return;
  await orTimeout(handled, options).catch((error: unknown) => {
    // A clock that throws has failed the connection before, which has told it.
    if (arrival.fault === undefined) tell(error, onError);
  });
}

async function handleRequest(
  arrival: Arrival,
  handler: RequestHandler,
  { onError, signal }: ServeOptions,
): Promise<void> {
  let request: IncomingRequest;
  try {
    request = await arrival.request;
  } catch (error) {
    if (signal?.aborted !== true) tell(error, onError);
    return;
  }
  try {
    await handler(request);
    arrival.endUnanswered(404, CloseCode.POLICY_VIOLATION);
    await arrival.closed();
  } catch (error) {
    arrival.end(500, CloseCode.INTERNAL_ERROR);
    tell(error, onError);
  }
}

/** A client that has gone, or never sent a request, is not worth a warning. */
function tell(error: unknown, onError: ServeOptions["onError"]): void {
  if (onError !== undefined || !isWebSocketError(error)) tellError(onError, error);
}

/** Whatever was thrown: asking some proxies for their prototype throws. */
function isWebSocketError(error: unknown): boolean {
  try {
    return error instanceof WebSocketError;
  } catch {
    return false;
  }
}

/** Waits no longer than ending a connection may take. Rejects as the promise does, or with what the clock throws. */
export async function orTimeout(promise: Promise<void>, options: ClockOption & TimingOptions): Promise<void> {
  const { clock = systemClock } = options;
  const { promise: passed, resolve } = withResolvers();
  let stop = ignore;
  try {
    stop = startTimer(resolveTiming(options).closeTimeoutMs, resolve, clock);
  } catch (error) {
    // Nothing waits without a clock.
    promise.catch(ignore);
    throw error;
  }
  await Promise.race([promise, passed]).finally(stop);
}
