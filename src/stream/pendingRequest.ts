/** A client's request at the server: asks the origin policy, then sends the application's answer. */
import type { AcceptOptions } from "../connection/options.ts";
import type { ServerConnection } from "../connection/serverConnection.ts";
import type { ConnectionRequested } from "../core/events.ts";
import type { RejectOptions } from "../handshake/serverHandshake.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { requireRefusal } from "./carriedOpening.ts";
import type { Driver } from "./driver.ts";
import { allowsOrigin, WRONG_ORIGIN, wrongOrigin, type OriginPolicy } from "./originPolicy.ts";

/** Callbacks for the origin policy's decision. */
export interface Admission {
  /** The page may connect. For the promise, see `Opener.requested`. */
  readonly admitted: (request: PendingRequest) => PromiseLike<void> | undefined;
  /** The request was refused. The error is a `WebSocketError`, or what the policy threw. */
  readonly refused: (error: unknown) => void;
  /** The policy threw after the client had gone. */
  readonly late: (error: unknown) => void;
}

/** Asks the origin policy (RFC 6455 §10.2), because any page may try to connect. */
export function admit(
  request: PendingRequest,
  origins: OriginPolicy,
  { admitted, refused, late }: Admission,
): PromiseLike<void> | undefined {
  const { origin, host } = request.event;
  const decide = (allowed: boolean): PromiseLike<void> | undefined => {
    if (!request.isPending) return undefined;
    if (allowed) return admitted(request);
    request.reject(WRONG_ORIGIN);
    refused(wrongOrigin(origin));
    return undefined;
  };
  const fail = (error: unknown): void => {
    if (!request.isPending) {
      late(error);
      return;
    }
    request.reject({ status: 500 });
    refused(error);
  };
  try {
    const allowed = allowsOrigin(origins, origin, host);
    return typeof allowed === "boolean" ? decide(allowed) : allowed.then(decide).then(undefined, fail);
  } catch (error) {
    fail(error);
    return undefined;
  }
}

/** A client's request, which is answered once. */
export class PendingRequest {
  readonly event: ConnectionRequested;
  readonly #connection: ServerConnection;
  readonly #driver: Pick<Driver, "flush">;
  /** Whether the transport carries the opening, where a status below 300 would open the WebSocket. */
  readonly #isCarried: boolean;

  constructor(
    connection: ServerConnection,
    event: ConnectionRequested,
    driver: Pick<Driver, "flush">,
    { opening }: Pick<ByteTransport, "opening">,
  ) {
    this.#connection = connection;
    this.event = event;
    this.#driver = driver;
    this.#isCarried = opening !== undefined;
  }

  /** Whether the request still needs an answer: it has none, and the client is there. */
  get isPending(): boolean {
    return this.#connection.state === "connecting";
  }

  /** Opens the connection. If the answer is invalid, throws, and the client gets 500. */
  accept(answer: AcceptOptions | undefined): void {
    this.#answer(() => this.#connection.accept(this.event, answer));
  }

  /** Refuses the request. By default the answer is 403 without a body. Throws as {@link accept}. */
  reject(answer: RejectOptions | undefined): void {
    this.#answer(() => {
      if (this.#isCarried) requireRefusal(answer?.status);
      this.#connection.reject(this.event, answer);
    });
  }

  #answer(answer: () => void): void {
    const wasPending = this.isPending;
    try {
      answer();
    } catch (error) {
      if (wasPending && this.isPending) this.#connection.reject(this.event, { status: 500 });
      throw error;
    } finally {
      this.#driver.flush();
    }
  }
}
