/** The server's way to a session: waits for the request, then sends the application's answer. */
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
   * The request, if your code has already read and parsed it. By default it is read from the transport. With
   * `handshake: "none"`, pass the request that has already been answered, such as an HTTP/2 one (RFC 8441).
   */
  readonly request?: ParsedRequest | undefined;
  /**
   * Which pages may connect; others are refused with 403. By default, pages of the same host, or of the server's own
   * page.
   */
  readonly origins?: OriginPolicy | undefined;
}

/** For `serve`, whose transports bring their own requests. */
export const incomingTable: OptionTable<Omit<AcceptTransportOptions, "request">> = {
  ...sharedTable,
  ...abortableTable,
  ...runTable,
  origins: "a string or an object or a function",
};

const table: OptionTable<AcceptTransportOptions> = { ...incomingTable, request: "{ method, target, headers }" };

/** A request to open a WebSocket that waits for an answer. */
export interface IncomingRequest extends Omit<ConnectionRequested, "type"> {
  /** The address of the client, if the transport came over a network. */
  readonly remoteAddress: string | undefined;
  /** Whether the transport is encrypted, as with TLS. */
  readonly encrypted: boolean;
  /**
   * Opens the connection. Rejects with a `WebSocketError` if the client has gone. Rejects as `ServerConnection.accept`
   * throws if the answer is invalid; the client then gets 500.
   */
  accept(options?: AcceptOptions): Promise<WebSocketSession>;
  /**
   * Refuses the request. By default the answer is 403 without a body. Resolves once the answer has been written, or
   * can't be. Rejects as `ServerConnection.reject` throws if the answer is invalid; the client then gets 500.
   */
  reject(options?: Omit<RejectOptions, "streamed">): Promise<void>;
}

/**
 * Waits for a request to open a WebSocket on a transport. Takes ownership of the transport, and ends it if the options
 * are invalid. Aborting the signal cancels the wait and ends the transport. Rejects with a `WebSocketError` if no such
 * request arrives; anything else that arrived has been answered.
 *
 * With `handshake: "none"` there is no request to wait for. If you pass none, `accept()` makes one up, with the
 * subprotocol of the options. The origin policy applies to a request that you pass: a refused page gets a Close with
 * 1008.
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

/** A connection that arrived over a transport, and what became of it. */
export interface Arrival {
  readonly request: Promise<IncomingRequest>;
  /** Settles as `WebSocketSession.closed`; `undefined` until the application accepts. */
  readonly closed: () => Promise<unknown> | undefined;
  /** Resolves when the transport has ended. */
  readonly finished: Promise<void>;
  /**
   * Ends the connection on the application's behalf: with the status if the request is pending, with a Close frame if
   * it is open.
   */
  end(status: number, closeCode: number): void;
  /** Does the same as {@link end}, unless the application has answered the request. */
  endUnanswered(status: number, closeCode: number): void;
}

/** Does what `accept` does, with checked options, and can end what it started. For `late`, see `Admission`. */
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
  let from!: Pick<IncomingRequest, "remoteAddress" | "encrypted">;
  const driver: Driver = orDiscard(transport, () => {
    const parsed = request ?? requestOf(transport);
    from = { remoteAddress: transport.remoteAddress, encrypted: transport.encrypted === true };
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
          answerable = new PendingRequest(connection, event, driver, transport);
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
  /** Applies the origin policy to a request that was answered elsewhere. */
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
    ...from,
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
      // The origin policy may still be deciding.
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
