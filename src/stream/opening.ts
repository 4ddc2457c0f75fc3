/** Opens a connection over a transport, for every face and either side, until it is open or has failed. */
import type { Connection } from "../connection/connection.ts";
import type { SharedOptions } from "../connection/options.ts";
import { LocalProtocolError } from "../core/errors.ts";
import type { ConnectionClosed, ConnectionEstablished, ConnectionRequested, WSEvent } from "../core/events.ts";
import { passOn } from "../core/options.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { overOpening, type SideOf } from "./carriedOpening.ts";
import { reportRejection } from "./report.ts";
import type { ConnectionHook } from "./connectionHook.ts";
import { discard } from "./discard.ts";
import { Driver, type DriverOptions, type EventHandler } from "./driver.ts";
import { explain, RejectionReader, type WebSocketError } from "./webSocketError.ts";

/** A face's callbacks for the opening. If one throws, the transport is abandoned. */
export interface Opener {
  /**
   * Server: a valid request arrived. Return a promise to delay everything behind it, including the news that the client
   * has gone.
   */
  readonly requested?: (event: ConnectionRequested) => PromiseLike<void> | undefined;
  /** The connection is open. Returns the handler for all further events. */
  readonly established: (event: ConnectionEstablished) => EventHandler;
  /** The connection will never open. */
  readonly failed: (error: WebSocketError, closed: ConnectionClosed) => void;
}

/** A connection, and its driver once it has a transport. */
export interface Prepared<Made extends Connection = Connection> {
  readonly connection: Made;
  readonly run: { driver?: Driver };
}

/**
 * Makes one side's connection and calls `onConnection`. Errors of either pass through. A rejection of the hook is
 * reported.
 */
export function prepare<Options extends SharedOptions, Made extends Connection>(
  Side: new (options: Options) => Made,
  options: Options,
  onConnection: ConnectionHook["onConnection"],
): Prepared<Made> {
  const { random } = options;
  const run: Prepared["run"] = {};
  // An error from the random source makes the current call fail without effect, so the connection could not even be
  // closed. Hence the abort.
  const contained = (bytes: Uint8Array<ArrayBuffer>): void => {
    try {
      random!(bytes);
    } catch (cause) {
      const why = new LocalProtocolError("the source of random bytes failed", { code: "randomFailed", cause });
      queueMicrotask(() => run.driver?.abort(why));
      throw cause;
    }
  };
  const connection = new Side(passOn({ ...options, ...(random && { random: contained }) }));
  reportRejection(onConnection?.(connection, options));
  return { connection, run };
}

/**
 * Runs a connection over a transport, and takes ownership of the transport. Throws `TypeError` if the transport is in
 * use, if its opening is not for this side, or if both it and the connection bring their own opening.
 */
export function open(
  prepared: Prepared,
  transport: ByteTransport,
  sideOf: SideOf,
  options: DriverOptions,
  opener: Opener,
): Driver {
  const { connection, run } = prepared;
  if (transport.opening !== undefined && connection.state === "open") {
    throw new TypeError('the transport has its own opening: leave out handshake: "none"');
  }
  const driver: Driver = new Driver(connection, overOpening(transport, sideOf), options, (event) =>
    opening.handle(event),
  );
  const opening = new Opening(opener, driver);
  run.driver = driver;
  return driver;
}

/** Calls `make`. If it throws, ends the transport, unless one of its streams is locked. */
export function orDiscard<Made>(transport: ByteTransport, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    discard(transport, error);
    throw error;
  }
}

/** Routes the events of one connection to its face. */
export class Opening {
  readonly #opener: Opener;
  readonly #runner: { readonly fault: unknown };
  readonly #rejection = new RejectionReader();
  #established: EventHandler | undefined;

  /** `runner` knows why the transport failed, if it did. */
  constructor(opener: Opener, runner: { readonly fault: unknown }) {
    this.#opener = opener;
    this.#runner = runner;
  }

  handle(event: WSEvent): PromiseLike<void> | undefined {
    if (this.#established !== undefined) return this.#established(event);
    switch (event.type) {
      case "connectionRequested":
        return this.#opener.requested?.(event);
      case "connectionEstablished":
        this.#established = this.#opener.established(event);
        break;
      case "connectionRejected":
      case "rejectionData":
        this.#rejection.add(event);
        break;
      case "connectionClosed":
        this.#opener.failed(explain(event, this.#runner.fault, this.#rejection.rejection), event);
        break;
      case "textReceived":
      case "bytesReceived":
      case "pingReceived":
      case "pongReceived":
        break;
    }
    return undefined;
  }
}
