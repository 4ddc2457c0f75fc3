/** The opening of a connection over a transport, for every face of either side: until it is open, or never will be. */
import {
  WSConnection,
  type AcceptOptions,
  type ConnectionOptions,
  type ConnectionType,
} from "../connection/wsConnection.ts";
import { LocalProtocolError } from "../core/errors.ts";
import type { ConnectionClosed, ConnectionEstablished, ConnectionRequested, WSEvent } from "../core/events.ts";
import type { RejectOptions } from "../handshake/serverHandshake.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import type { ConnectionHook } from "./connectionHook.ts";
import { discard } from "./discard.ts";
import { Driver, type DriverOptions, type EventHandler } from "./driver.ts";
import { allowsOrigin, WRONG_ORIGIN, type OriginPolicy } from "./originPolicy.ts";
import { report } from "./report.ts";
import { explain, RejectionReader, WebSocketError } from "./webSocketError.ts";

/** What a face does about the opening. What one of these throws gives the transport up. */
export interface Opener {
  /**
   * Server: a valid request came, of an origin that may connect. A promise holds back what comes behind it, which
   * includes that the client has gone.
   */
  readonly requested?: (request: PendingRequest) => PromiseLike<void> | undefined;
  /** The connection is open. Returns what takes its events from now on. */
  readonly established: (event: ConnectionEstablished) => EventHandler;
  /** The connection never will be open: a `WebSocketError`, or what the origin policy threw. */
  readonly failed: (error: unknown, closed: ConnectionClosed) => void;
  /** What the origin policy threw when the client had gone already; reported by default. */
  readonly late?: (error: unknown) => void;
}

export interface OpeningOptions extends DriverOptions {
  /** Server: which pages may connect; any by default, which leaves it to the face. */
  readonly origins?: OriginPolicy | undefined;
}

/** A connection, and what runs it once it has a transport. */
export interface Prepared {
  readonly connection: WSConnection;
  readonly run: { driver?: Driver };
}

/** Makes a connection, and shows it to who wants to see it. Throws what is wrong with the options, or what that throws. */
export function prepare(
  type: ConnectionType,
  options: ConnectionOptions,
  onConnection: ConnectionHook["onConnection"],
): Prepared {
  const { random } = options;
  const run: Prepared["run"] = {};
  // What a call draws may fail it, and change nothing: then the connection could not even be closed.
  const contained = (bytes: Uint8Array<ArrayBuffer>): void => {
    try {
      random!(bytes);
    } catch (cause) {
      const why = new LocalProtocolError("the source of random bytes failed", { code: "randomFailed", cause });
      queueMicrotask(() => run.driver?.abort(why));
      throw cause;
    }
  };
  const connection = new WSConnection(type, { ...options, ...(random && { random: contained }) });
  onConnection?.(connection, options);
  return { connection, run };
}

/** Runs a connection over a transport, which is the connection's from now on. `TypeError` if the transport is in use. */
export function open(prepared: Prepared, transport: ByteTransport, options: OpeningOptions, opener: Opener): Driver {
  const { connection, run } = prepared;
  const driver: Driver = new Driver(connection, transport, options, (event) => opening.handle(event));
  const opening = new Opening(connection, options.origins ?? "any", opener, driver);
  run.driver = driver;
  return driver;
}

/** Calls `make`. If that throws, its transport is nobody's any more and is ended, unless somebody else uses it. */
export function orDiscard<Made>(transport: ByteTransport, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    discard(transport, error);
    throw error;
  }
}

/** What runs a connection, as far as its opening needs it. */
interface Runner {
  readonly fault: unknown;
  flush(): unknown;
}

/** Leads the events of one connection to its face. */
export class Opening {
  readonly #connection: WSConnection;
  readonly #origins: OriginPolicy;
  readonly #opener: Opener;
  readonly #runner: Runner;
  readonly #rejection = new RejectionReader();
  /** Why the request was refused here, if it was. */
  #refused: { readonly error: unknown } | undefined;
  #established: EventHandler | undefined;

  constructor(connection: WSConnection, origins: OriginPolicy, opener: Opener, runner: Runner) {
    this.#connection = connection;
    this.#origins = origins;
    this.#opener = opener;
    this.#runner = runner;
  }

  handle(event: WSEvent): PromiseLike<void> | undefined {
    if (this.#established !== undefined) return this.#established(event);
    switch (event.type) {
      case "connectionRequested":
        return this.#admit(event);
      case "connectionEstablished":
        this.#established = this.#opener.established(event);
        break;
      case "connectionRejected":
      case "rejectionData":
        this.#rejection.add(event);
        break;
      case "connectionClosed":
        this.#opener.failed(
          this.#refused === undefined
            ? explain(event, this.#runner.fault, this.#rejection.rejection)
            : this.#refused.error,
          event,
        );
        break;
      case "textReceived":
      case "bytesReceived":
      case "pingReceived":
      case "pongReceived":
        break;
    }
    return undefined;
  }

  /** RFC 6455 §10.2: any page may try. */
  #admit(event: ConnectionRequested): PromiseLike<void> | undefined {
    const request = new PendingRequest(this.#connection, event, () => this.#runner.flush());
    const decide = (allowed: boolean): PromiseLike<void> | undefined => {
      if (!request.isPending) return undefined;
      if (allowed) return this.#opener.requested?.(request);
      const error = new WebSocketError(`pages of ${event.origin ?? "no origin"} may not connect`);
      this.#refuse(request, error, WRONG_ORIGIN);
      return undefined;
    };
    const fail = (error: unknown): void => {
      if (request.isPending) this.#refuse(request, error, { status: 500 });
      else (this.#opener.late ?? report)(error);
    };
    try {
      const allowed = allowsOrigin(this.#origins, event.origin, event.host);
      return typeof allowed === "boolean" ? decide(allowed) : allowed.then(decide, fail);
    } catch (error) {
      fail(error);
      return undefined;
    }
  }

  #refuse(request: PendingRequest, error: unknown, answer: RejectOptions): void {
    this.#refused = { error };
    request.reject(answer);
  }
}

/** A client's request, which is answered once. */
export class PendingRequest {
  readonly event: ConnectionRequested;
  readonly #connection: WSConnection;
  readonly #flush: () => unknown;

  constructor(connection: WSConnection, event: ConnectionRequested, flush: () => unknown) {
    this.#connection = connection;
    this.event = event;
    this.#flush = flush;
  }

  /** Whether it waits for its answer: nobody has answered, and the client is there. */
  get isPending(): boolean {
    return this.#connection.state === "connecting";
  }

  /** Opens the connection. An answer that can't be sent is thrown, and the client is answered with 500. */
  accept(answer: AcceptOptions | undefined): void {
    this.#answer(() => this.#connection.accept(this.event, answer));
  }

  /** Refuses it: 403 with no body unless told otherwise. Errors as in {@link accept}. */
  reject(answer: RejectOptions | undefined): void {
    this.#answer(() => this.#connection.reject(this.event, answer));
  }

  #answer(answer: () => void): void {
    const wasPending = this.isPending;
    try {
      answer();
    } catch (error) {
      if (wasPending && this.isPending) this.#connection.reject(this.event, { status: 500 });
      throw error;
    } finally {
      this.#flush();
    }
  }
}
