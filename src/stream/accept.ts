/** The server's way to a session: waits for the request, and answers it as the application says. */
import { sharedTable, type AcceptOptions, type SharedOptions } from "../connection/options.ts";
import { ServerConnection } from "../connection/serverConnection.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { resolveTiming } from "../core/deadlines.ts";
import type { ConnectionRequested } from "../core/events.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import { openedBy, type ParsedRequest, type RejectOptions } from "../handshake/serverHandshake.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { abortableTable, unlessAborted, type Abortable } from "./abortable.ts";
import { requestOf } from "./carriedOpening.ts";
import { runTable, type RunOptions } from "./connectionHook.ts";
import type { Driver } from "./driver.ts";
import { open, orDiscard, prepare } from "./opening.ts";
import { allowsOrigin, requireOriginPolicy, wrongOrigin, type OriginPolicy } from "./originPolicy.ts";
import { admit, PendingRequest } from "./pendingRequest.ts";
import { report } from "./report.ts";
import { sessionOf, type WebSocketSession } from "./session.ts";
import { withResolvers } from "./withResolvers.ts";

export interface AcceptTransportOptions extends SharedOptions, Abortable, RunOptions {
  /**
   * The request, where somebody else has read it from the transport and parsed it; the transport's own by default. With
   * `handshake: "none"` it is the one that somebody else has answered already, such as one by HTTP/2 (RFC 8441).
   */
  readonly request?: ParsedRequest | undefined;
  /** Which pages may connect; others are refused with 403. Those of the same host by default, or of the server's own page. */
  readonly origins?: OriginPolicy | undefined;
}

/** For that of `serve`, whose transports bring their requests. */
export const incomingTable: OptionTable<Omit<AcceptTransportOptions, "request">> = {
  ...sharedTable,
  ...abortableTable,
  ...runTable,
  origins: "a string or an object or a function",
};

const table: OptionTable<AcceptTransportOptions> = { ...incomingTable, request: "{ method, target, headers }" };

/** A request to open a WebSocket, which waits for its answer. */
export interface IncomingRequest extends Omit<ConnectionRequested, "type"> {
  /**
   * Opens the connection. Rejected with a `WebSocketError` if the client has gone, and as `ServerConnection.accept` throws if
   * this can't be the answer: then the client is answered with 500.
   */
  accept(options?: AcceptOptions): Promise<WebSocketSession>;
  /**
   * Refuses it: 403 with no body unless told otherwise. Fulfilled when that has been written, or can't be. Rejected as
   * `ServerConnection.reject` throws if this can't be the answer: then the client is answered with 500.
   */
  reject(options?: Omit<RejectOptions, "streamed">): Promise<void>;
}

/**
 * Waits on a transport, which is the connection's from now on, for a request to open a WebSocket. The signal gives up
 * this wait, and the transport. Rejected with a `WebSocketError` if there is no such request: what came instead has been
 * answered. With `handshake: "none"` there is nothing to wait for: unless the request is given, one is made up, whose
 * subprotocol is the option's. The origin policy holds for one that is given: others get a Close with 1008. The transport is ended if the options are wrong.
 *
 * @example
 * ```ts
 * import { accept, connect } from "websocket-over/stream";
 * import { pipe } from "websocket-over/pipe";
 *
 * const [near, far] = pipe();
 * const opening = connect(near, { url: "wss://example.com/", protocols: ["v1", "v2"] });
 * const request = await accept(far);
 * const session = await request.accept({ subprotocol: request.subprotocols.at(-1) });
 * console.log((await opening).protocol); // → v2
 * await session.close();
 * ```
 */
export async function accept(transport: ByteTransport, options: AcceptTransportOptions = {}): Promise<IncomingRequest> {
  requireTransport("accept()", transport);
  const checked = orDiscard(transport, () => checkOptions("accept()", options, table));
  return await acceptOn(transport, checked).request;
}

/** A connection that came over a transport, and what has become of it. */
export interface Arrival {
  readonly request: Promise<IncomingRequest>;
  /** If the application has accepted it, how its session ends, as `WebSocketSession.closed`. */
  readonly closed: () => Promise<unknown> | undefined;
  /** Fulfilled when the transport has ended. */
  readonly finished: Promise<void>;
  /** Ends it because of the application, as far as it has come: by an answer, or by a Close frame. */
  end(status: number, closeCode: number): void;
  /** The same, unless the application has answered the request. */
  endUnanswered(status: number, closeCode: number): void;
}

/** What `accept` does, and a way to end what it began, with options that have been checked. `late` is as in `Admission`. */
export function acceptOn(
  transport: ByteTransport,
  options: AcceptTransportOptions,
  late: (error: unknown) => void = report,
): Arrival {
  const { request, origins = "same", signal, onConnection, clock, ...rest } = options;
  const isPriorKnowledge = rest.handshake === "none";
  let answerable: PendingRequest | undefined;
  let isAnswered = false;
  let closed: Promise<unknown> | undefined;
  const requested = withResolvers<ConnectionRequested>();
  const opened = withResolvers<WebSocketSession>();
  opened.promise.catch(requested.reject);
  let connection!: ServerConnection;
  const driver: Driver = orDiscard(transport, () => {
    const parsed = request ?? requestOf(transport);
    requireOriginPolicy(origins);
    signal?.throwIfAborted();
    const timing = resolveTiming(rest);
    const prepared = prepare(ServerConnection, rest, onConnection);
    ({ connection } = prepared);
    const given = isPriorKnowledge && parsed !== undefined ? openedBy(parsed) : undefined;
    if (parsed !== undefined && !isPriorKnowledge) connection.receiveRequest(parsed);
    return open(
      prepared,
      transport,
      { ...timing, clock },
      {
        requested(event) {
          answerable = new PendingRequest(connection, event, driver);
          return admit(answerable, origins, {
            admitted() {
              requested.resolve(event);
              return undefined;
            },
            refused: opened.reject,
            late,
          });
        },
        established(event) {
          if (given !== undefined) void admitOpened(given);
          else if (isPriorKnowledge) requested.resolve(priorKnowledge(rest.subprotocol));
          const { session, handle } = sessionOf(connection, driver, event);
          opened.resolve(session);
          return handle;
        },
        failed: opened.reject,
      },
    );
  });
  /** The origin policy of a request that has been answered elsewhere. */
  const admitOpened = async (event: ConnectionRequested): Promise<void> => {
    const { origin, host } = event;
    const refuse = (closeCode: number, error: unknown): void => {
      end(0, closeCode);
      driver.discard();
      requested.reject(error);
    };
    try {
      if (await allowsOrigin(origins, origin, host)) requested.resolve(event);
      else refuse(CloseCode.POLICY_VIOLATION, wrongOrigin(origin));
    } catch (error) {
      refuse(CloseCode.INTERNAL_ERROR, error);
    }
  };
  const toIncoming = (request: ConnectionRequested): IncomingRequest => ({
    ...request,
    async accept(answer) {
      isAnswered = true;
      closed = opened.promise.then((session) => session.closed);
      closed.catch(ignore);
      if (!connection.closed) answerable?.accept(answer);
      return await opened.promise;
    },
    async reject(answer) {
      isAnswered = true;
      if (!connection.closed) {
        if (answerable !== undefined) answerable.reject(answer);
        else if (connection.state === "open") connection.close(CloseCode.POLICY_VIOLATION);
        driver.flush();
      }
      await opened.promise.then(({ closed }) => closed).catch(() => undefined);
    },
  });
  const end = (status: number, closeCode: number): void => {
    if (answerable?.isPending === true) answerable.reject({ status });
    else if (connection.state === "open") connection.close(closeCode);
    driver.flush();
  };
  return {
    request: unlessAborted(requested.promise, signal, (reason) => {
      // The origin policy may still be thinking.
      if (answerable?.isPending === true) end(503, CloseCode.GOING_AWAY);
      else driver.abort(reason);
    }).then(toIncoming),
    closed: () => closed,
    finished: driver.finished,
    end,
    endUnanswered(status, closeCode) {
      if (!isAnswered) end(status, closeCode);
    },
  };
}

function priorKnowledge(subprotocol: string | undefined): ConnectionRequested {
  return {
    type: "connectionRequested",
    target: "/",
    url: new URL("ws://localhost/"),
    host: "",
    origin: undefined,
    headers: new Headers(),
    subprotocols: subprotocol === undefined ? [] : [subprotocol],
    extensions: [],
  };
}
