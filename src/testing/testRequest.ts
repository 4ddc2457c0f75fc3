/** A client's request that a test controls: accept it, reject it, answer with raw bytes, or never answer. */
import type { AcceptOptions } from "../connection/options.ts";
import type { ConnectionRequested } from "../core/events.ts";
import type { AgreedExtension } from "../core/extension.ts";
import type { RejectOptions } from "../handshake/serverHandshake.ts";
import { toBytes } from "./frame.ts";
import { ServerSocket } from "./serverSocket.ts";
import type { Fault } from "./wire.ts";
import type { WiredConnection } from "./wiredConnection.ts";

/**
 * What is known of a request besides its bytes.
 *
 * @see {@link TestServer}
 */
export interface RequestFacts {
  /** The URL that the application requested, if its connection was redirected. */
  readonly url?: string | undefined;
  /** The target that it requested. */
  readonly target?: string | undefined;
  /** Headers that a browser would have sent. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A client's request, which waits until you answer it. It comes from `request()` of a {@link webSocketServer}. */
export class TestRequest {
  /** The URL that the client requested, as an absolute `ws:` or `wss:` URL. */
  readonly url: string;
  /** The request target, such as `/chat?room=1`. */
  readonly target: string;
  readonly host: string;
  /** The page's origin, if a browser sent it. */
  readonly origin: string | undefined;
  readonly headers: Headers;
  /** The subprotocols that the client offers, in its order of preference. */
  readonly subprotocols: readonly string[];
  readonly extensions: readonly AgreedExtension[];
  /** Makes faults below the protocol, before the request is answered or during the answer. */
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
   * Opens the connection. Rejects with a `LocalProtocolError` if the subprotocol was not offered, the request has been
   * answered, or the client has gone; with `TypeError` if a header can't be sent.
   */
  async accept(options: AcceptOptions = {}): Promise<ServerSocket> {
    this.#wired.connection.accept(this.#request, options);
    const socket = new ServerSocket(this.#wired, this.url);
    this.#accepted(socket);
    await this.#wired.flush();
    return socket;
  }

  /**
   * Refuses the request. By default the answer is 403 without a body. Rejects as {@link accept}; with `RangeError` if
   * the status is below 200.
   */
  async reject(options: Omit<RejectOptions, "streamed"> = {}): Promise<void> {
    this.#wired.connection.reject(this.#request, options);
    await this.#wired.flush();
  }

  /** Answers with bytes as they are; no rule applies. To end the connection afterwards, use {@link fault}. */
  raw(bytes: string | BufferSource): Promise<void> {
    return this.#wired.wire.write(toBytes(bytes));
  }
}
