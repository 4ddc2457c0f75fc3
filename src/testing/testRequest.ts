/** A client's request that waits in a test's hands: to be accepted, rejected, answered in bytes, or never answered. */
import type { AcceptOptions } from "../connection/options.ts";
import type { ConnectionRequested } from "../core/events.ts";
import type { AgreedExtension } from "../core/extension.ts";
import type { RejectOptions } from "../handshake/serverHandshake.ts";
import { toBytes } from "./frame.ts";
import { ServerSocket } from "./serverSocket.ts";
import type { Fault } from "./wire.ts";
import type { WiredConnection } from "./wiredConnection.ts";

/** What is known of a request beside its bytes. */
export interface RequestFacts {
  /** What the application asked for, where its connection was led elsewhere. */
  readonly url?: string | undefined;
  /** The target that it asked for. */
  readonly target?: string | undefined;
  /** What a browser would have sent. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export class TestRequest {
  /** What the client asked for, as an absolute `ws:` or `wss:` URL. */
  readonly url: string;
  /** The request-target, such as `/chat?room=1`. */
  readonly target: string;
  readonly host: string;
  /** The page's origin, where a browser tells it. */
  readonly origin: string | undefined;
  readonly headers: Headers;
  /** What the client offers, in its order of preference. */
  readonly subprotocols: readonly string[];
  readonly extensions: readonly AgreedExtension[];
  /** What goes wrong below the protocol, before it is answered or while it is. */
  readonly fault: Fault;
  readonly #wired: WiredConnection;
  readonly #request: ConnectionRequested;
  readonly #accepted: (socket: ServerSocket) => void;

  constructor(
    wired: WiredConnection,
    request: ConnectionRequested,
    facts: RequestFacts,
    accepted: (socket: ServerSocket) => void,
  ) {
    const { host, origin, subprotocols, extensions } = request;
    this.#wired = wired;
    this.#request = request;
    this.#accepted = accepted;
    this.target = facts.target ?? request.target;
    this.url = facts.url ?? request.url?.href ?? `ws://${host}${this.target}`;
    this.host = facts.url === undefined ? host : new URL(facts.url).host;
    this.origin = origin;
    this.headers = new Headers(request.headers);
    for (const [name, value] of Object.entries(facts.headers ?? {})) this.headers.set(name, value);
    this.subprotocols = subprotocols;
    this.extensions = extensions;
    this.fault = wired.wire;
  }

  /**
   * Opens the connection. Rejected with a `LocalProtocolError` for a subprotocol that was not offered, or if the request
   * has been answered or the client has gone; `TypeError` for a header that can't be sent.
   */
  async accept(options: AcceptOptions = {}): Promise<ServerSocket> {
    this.#wired.connection.accept(this.#request, options);
    const socket = new ServerSocket(this.#wired, this.url);
    this.#accepted(socket);
    await this.#wired.flush();
    return socket;
  }

  /** Refuses it: 403 with no body unless told otherwise. Errors as in {@link accept}; `RangeError` for a status below 200. */
  async reject(options: Omit<RejectOptions, "streamed"> = {}): Promise<void> {
    this.#wired.connection.reject(this.#request, options);
    await this.#wired.flush();
  }

  /** Answers with bytes as they are, which no rule holds. What follows them is up to {@link fault}. */
  raw(bytes: string | BufferSource): Promise<void> {
    return this.#wired.wire.write(toBytes(bytes));
  }
}
