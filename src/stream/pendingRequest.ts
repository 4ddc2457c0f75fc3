/** A client's request on the server's side: which may be asked of the application, and how it is answered. */
import type { AcceptOptions } from "../connection/options.ts";
import type { ServerConnection } from "../connection/serverConnection.ts";
import type { ConnectionRequested } from "../core/events.ts";
import type { RejectOptions } from "../handshake/serverHandshake.ts";
import type { Driver } from "./driver.ts";
import { allowsOrigin, WRONG_ORIGIN, wrongOrigin, type OriginPolicy } from "./originPolicy.ts";

/** What becomes of a request that the origin policy is asked about. */
export interface Admission {
  /** The page may connect. The promise is as `Opener.requested` has it. */
  readonly admitted: (request: PendingRequest) => PromiseLike<void> | undefined;
  /** The request was refused: a `WebSocketError`, or what the policy threw. */
  readonly refused: (error: unknown) => void;
  /** What the policy threw when the client had gone already. */
  readonly late: (error: unknown) => void;
}

/** Asks the origin policy (RFC 6455 §10.2): any page may try. */
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

  constructor(connection: ServerConnection, event: ConnectionRequested, driver: Pick<Driver, "flush">) {
    this.#connection = connection;
    this.event = event;
    this.#driver = driver;
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
      this.#driver.flush();
    }
  }
}
