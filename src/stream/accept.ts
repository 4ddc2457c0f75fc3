/** The server's way to a session: waits for the request, then sends the application's answer. */
import { canSend } from "../connection/connection.ts";
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
import { answering, requestOf } from "./carriedOpening.ts";
import { runTable, type RunOptions } from "./connectionHook.ts";
import type { Driver } from "./driver.ts";
import { open, orDiscard, prepare } from "./opening.ts";
import { allowsOrigin, requireOriginPolicy, wrongOrigin, type OriginPolicy } from "./originPolicy.ts";
import { admit, PendingRequest } from "./pendingRequest.ts";
import { report } from "./report.ts";
import { sessionOf, type WebSocketSession } from "./session.ts";
import { WebSocketError } from "./webSocketError.ts";
import { withResolvers } from "./withResolvers.ts";

/** The options of {@link accept}. */
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

/**
 * A request to open a WebSocket that waits for an answer.
 *
 * @see {@link accept}
 */
export interface IncomingRequest extends Omit<ConnectionRequested, "type"> {
  /** The address of the client, if the transport came over a network. */
  readonly remoteAddress: string | undefined;
  /** Whether the transport is encrypted, as with TLS. */
  readonly encrypted: boolean;
  /**
   * Aborted when the request needs no answer any more, because the client has gone or the server is stopping. Pass it on
   * to what you wait for before you answer. After your answer it stays as it is.
   */
  readonly signal: AbortSignal;
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
  closed(): Promise<unknown> | undefined;
  /** Resolves when the transport has ended. */
  readonly finished: Promise<void>;
  /** Why the transport failed, if it did. */
  readonly fault: unknown;
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
  return orDiscard(transport, () => new Acceptance(transport, options, late));
}

class Acceptance implements Arrival {
  readonly request: Promise<IncomingRequest>;
  readonly #transport: ByteTransport;
  readonly #origins: OriginPolicy;
  readonly #late: (error: unknown) => void;
  readonly #connection: ServerConnection;
  readonly #driver: Driver;
  readonly #requested = withResolvers<ConnectionRequested>();
  readonly #opened = withResolvers<WebSocketSession>();
  readonly #from: Pick<IncomingRequest, "remoteAddress" | "encrypted">;
  #answerable: PendingRequest | undefined;
  #isAnswered = false;
  #lapsed: AbortController | undefined;
  #closed: Promise<unknown> | undefined;

  constructor(transport: ByteTransport, options: AcceptTransportOptions, late: (error: unknown) => void) {
    const { request = requestOf(transport), origins = "same", signal, onConnection, clock, ...rest } = options;
    this.#from = { remoteAddress: transport.remoteAddress, encrypted: transport.encrypted === true };
    requireOriginPolicy(origins);
    signal?.throwIfAborted();
    this.#transport = transport;
    this.#origins = origins;
    this.#late = late;
    this.#opened.promise.catch(this.#requested.reject);
    const timing = resolveTiming(rest);
    const prepared = prepare(ServerConnection, rest, onConnection);
    this.#connection = prepared.connection;
    const isPriorKnowledge = rest.handshake === "none";
    if (request !== undefined && !isPriorKnowledge) this.#connection.receiveRequest(request);
    const known = !isPriorKnowledge
      ? undefined
      : request === undefined
        ? priorKnowledge(rest.subprotocol)
        : openedBy(request);
    this.#driver = open(
      prepared,
      transport,
      answering,
      { ...timing, clock },
      {
        requested: (event) => this.#admit(event),
        established: (event) => {
          if (known !== undefined && request !== undefined) void this.#admitOpened(known);
          else if (known !== undefined) this.#requested.resolve(known);
          const { session, handle } = sessionOf(this.#connection, this.#driver, event);
          this.#opened.resolve(session);
          return handle;
        },
        failed: this.#opened.reject,
      },
    );
    this.request = unlessAborted(this.#requested.promise, signal, (reason) => {
      // The origin policy may still be deciding.
      if (this.#answerable?.isPending === true) this.end(503, CloseCode.GOING_AWAY);
      else this.#driver.abort(reason);
    }).then((event) => this.#incoming(event));
  }

  get finished(): Promise<void> {
    return this.#driver.finished;
  }

  get fault(): unknown {
    return this.#driver.fault;
  }

  closed(): Promise<unknown> | undefined {
    return this.#closed;
  }

  end(status: number, closeCode: number): void {
    if (this.#answerable?.isPending === true) this.#answerable.reject({ status });
    else if (canSend(this.#connection)) this.#connection.close(closeCode);
    this.#driver.flush();
  }

  endUnanswered(status: number, closeCode: number): void {
    if (!this.#isAnswered) this.end(status, closeCode);
  }

  #admit(event: ConnectionRequested): PromiseLike<void> | undefined {
    this.#answerable = new PendingRequest(this.#connection, event, this.#driver, this.#transport);
    return admit(this.#answerable, this.#origins, {
      admitted: () => {
        this.#requested.resolve(event);
        return undefined;
      },
      refused: this.#opened.reject,
      late: this.#late,
    });
  }

  /** Applies the origin policy to a request that was answered elsewhere. */
  async #admitOpened(event: ConnectionRequested): Promise<void> {
    const { origin, host } = event;
    const refuse = (closeCode: number, error: unknown): void => {
      this.end(0, closeCode);
      this.#driver.discard();
      this.#requested.reject(error);
    };
    try {
      if (await allowsOrigin(this.#origins, origin, host)) this.#requested.resolve(event);
      else refuse(CloseCode.POLICY_VIOLATION, wrongOrigin(origin));
    } catch (error) {
      refuse(CloseCode.INTERNAL_ERROR, error);
    }
  }

  #incoming(request: ConnectionRequested): IncomingRequest {
    const signal = (): AbortSignal => this.#signal;
    return {
      ...request,
      ...this.#from,
      get signal() {
        return signal();
      },
      accept: (answer) => this.#accept(answer),
      reject: (answer) => this.#reject(answer),
    };
  }

  /** Made at the first need: most handlers answer at once. */
  get #signal(): AbortSignal {
    if (this.#lapsed === undefined) {
      const lapsed = (this.#lapsed = new AbortController());
      const lapse = (reason: unknown): void => {
        if (!this.#isAnswered) lapsed.abort(reason);
      };
      const ended = this.#opened.promise.then(({ closed }) => closed);
      ended.then(() => lapse(new WebSocketError("the client has closed the connection")), lapse);
    }
    return this.#lapsed.signal;
  }

  async #accept(answer: AcceptOptions | undefined): Promise<WebSocketSession> {
    this.#isAnswered = true;
    this.#closed = this.#opened.promise.then((session) => session.closed);
    this.#closed.catch(ignore);
    if (!this.#connection.closed) this.#answerable?.accept(answer);
    return await this.#opened.promise;
  }

  async #reject(answer: RejectOptions | undefined): Promise<void> {
    this.#isAnswered = true;
    if (!this.#connection.closed) {
      if (this.#answerable !== undefined) this.#answerable.reject(answer);
      else if (this.#connection.state === "open") this.#connection.close(CloseCode.POLICY_VIOLATION);
      this.#driver.flush();
    }
    await this.#opened.promise.then(({ closed }) => closed).catch(() => undefined);
  }
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
