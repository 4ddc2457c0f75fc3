/** A server with the members and events of ws's WebSocketServer. It takes transports instead of a port. */
import { checkServerOptions, type ServerOptions } from "../connection/options.ts";
import { ServerConnection } from "../connection/serverConnection.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { resolveTiming, timingTable, type Timing } from "../core/deadlines.ts";
import type { ConnectionRequested } from "../core/events.ts";
import { limitTable } from "../core/limits.ts";
import { checkOptions, refuse, requireCount, type OptionTable } from "../core/options.ts";
import { headersFrom } from "../handshake/headReader.ts";
import { parseTarget } from "../handshake/requestTarget.ts";
import type { ParsedRequest, RejectOptions } from "../handshake/serverHandshake.ts";
import { answering, requestOf } from "../stream/carriedOpening.ts";
import { runTable, type RunOptions } from "../stream/connectionHook.ts";
import { discard } from "../stream/discard.ts";
import type { Driver, EventHandler } from "../stream/driver.ts";
import type { DriverTiming } from "../stream/driverMachine.ts";
import { open, orDiscard, prepare } from "../stream/opening.ts";
import { requireOriginPolicy, type OriginPolicy } from "../stream/originPolicy.ts";
import { iteratorOf, stopTaking } from "../stream/incoming.ts";
import { admit, PendingRequest } from "../stream/pendingRequest.ts";
import { attempt, report } from "../stream/report.ts";
import { queueTask } from "../stream/tasks.ts";
import { WebSocketError } from "../stream/webSocketError.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { ignore } from "../transports/ignore.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { Emitter, type ListenerEvents } from "./emitter.ts";
import { Peer } from "./peer.ts";
import { upgradeRequest, type UpgradeRequest } from "./request.ts";
import { TransportSocket, type TransportInfo } from "./transportSocket.ts";

type Maybe<T> = T | PromiseLike<T>;

/** What `verifyClient` of a {@link WebSocketServer} is asked about. */
export interface ClientInfo {
  readonly origin: string | undefined;
  /** Whether the transport is encrypted, according to its info. */
  readonly secure: boolean;
  readonly req: UpgradeRequest;
}

/**
 * Accepts or refuses a client. For a refusal you can pass the answer's `status` (401 by default), `message` and
 * `headers`.
 *
 * @see {@link WebSocketServer}
 */
export type Verified = (
  accepted: boolean,
  status?: number,
  message?: string | BufferSource,
  headers?: HeadersInit,
) => void;

type ConnectionSettings = "extensions" | "limits" | "masking" | "autoPong" | "keepalive" | keyof Timing;

/**
 * The options of a {@link WebSocketServer}.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { WebSocketServer } from "websocket-over/server";
 * import { connect } from "websocket-over/stream";
 *
 * const server = new WebSocketServer({
 *   path: "/chat",
 *   maxPayload: 1024 * 1024,
 *   verifyClient: ({ req }) => req.headers.authorization === "Bearer letmein",
 * });
 * const [near, far] = pipe();
 * server.handleTransport(far);
 * const refused = await connect(near, { url: "wss://example.com/chat" }).catch((error) => error);
 * console.log(refused.rejection.status); // → 401
 * server.close();
 * ```
 */
export interface WebSocketServerOptions extends Pick<ServerOptions, ConnectionSettings>, RunOptions {
  /**
   * Which pages may connect. By default those of the host that the request names, or of the page that the server runs
   * in.
   */
  readonly origins?: OriginPolicy | undefined;
  /** Serves only this path and answers 400 to others. The query is ignored. */
  readonly path?: string | undefined;
  /**
   * Chooses one of the subprotocols that the client offers, or `false` for none. By default the first one. Not called
   * if the client offers none. Libraries may set it later: the server looks it up for each request.
   */
  handleProtocols?:
    ((protocols: Set<string>, request: UpgradeRequest) => Maybe<string | false | null | undefined>) | undefined;
  /** Decides whether to accept a client: by its result, or, if it has a second parameter, by calling that. */
  readonly verifyClient?: ((info: ClientInfo, verified: Verified) => Maybe<boolean | undefined>) | undefined;
  /** With `false`, there is no `clients`. */
  readonly clientTracking?: boolean | undefined;
  /** Maximum message size in bytes; 0 for no limit. Sets `maxMessageBytes` and `maxFrameBytes`, under ws's name. */
  readonly maxPayload?: number | undefined;
  /** Maximum number of concurrent transports in any state; `Infinity` by default. Further ones are dropped. */
  readonly maxConnections?: number | undefined;
  /** Maximum number of concurrent transports whose client is not accepted yet. Further ones are dropped. */
  readonly maxPendingHandshakes?: number | undefined;
  /** Ignored: this server never has an HTTP server. Accepted for compatibility with ws. */
  readonly noServer?: boolean | undefined;
  /** Accepted for compatibility with ws. To compress, use `extensions: [permessageDeflate()]`. */
  readonly perMessageDeflate?: false | undefined;
}

/** For the crossws adapter, which sets the other options itself. */
export const serverTable: OptionTable<Omit<WebSocketServerOptions, "verifyClient" | "handleProtocols">> = {
  ...timingTable,
  ...runTable,
  extensions: "an object",
  limits: limitTable,
  masking: "a boolean",
  autoPong: "a boolean",
  origins: "a string or an object or a function",
  path: "a string",
  clientTracking: "a boolean",
  maxPayload: "a number",
  maxConnections: "a number",
  maxPendingHandshakes: "a number",
  noServer: "a boolean",
  perMessageDeflate: "a boolean",
};

const table: OptionTable<WebSocketServerOptions> = {
  ...serverTable,
  handleProtocols: "a function",
  verifyClient: "a function",
};

const SERVE = "give its serve() the transports of listen() or upgrades() of websocket-over/node";

/** Replacements for options of ws. */
const INSTEAD: Readonly<Record<string, string>> = {
  port: SERVE,
  host: SERVE,
  server: SERVE,
  backlog: SERVE,
  perMessageDeflate: "use extensions: [permessageDeflate()], of websocket-over/deflate",
  maxFragments: "use limits: { maxFragments }",
  allowSynchronousEvents: "leave it out: each message is an event of its own",
  skipUTF8Validation: "leave it out: text is always checked",
};

/** Options of ws that are options here. */
const OF_WS = new Set(["path", "verifyClient", "handleProtocols", "clientTracking", "maxPayload", "noServer"]);

/** Unsets options that are `null`, which ws accepts for "not set". */
function withoutNulls(given: WebSocketServerOptions): WebSocketServerOptions {
  if (typeof given !== "object" || given === null) return given;
  const nulls = Object.entries(given).filter(([name, value]) => value === null && (name in INSTEAD || OF_WS.has(name)));
  const unset = Object.fromEntries(nulls.map(([name]) => [name, undefined]));
  return Object.assign(Object.create(Object.getPrototypeOf(given) as object | null), given, unset) as typeof given;
}

/**
 * The options of `handleTransport()` of a {@link WebSocketServer}. The transport's own properties are the defaults.
 */
export interface HandleOptions extends TransportInfo {
  /**
   * The request, if it has already been parsed, for example by Node's `http`. The transport then yields what followed
   * its head.
   */
  readonly request?: ParsedRequest | undefined;
}

const handleTable: OptionTable<HandleOptions> = {
  request: "{ method, target, headers }",
  remoteAddress: "a string",
  encrypted: "a boolean",
};

/** The events of a {@link WebSocketServer}, with the arguments of their listeners. */
export interface ServerEvents extends ListenerEvents {
  connection: [peer: Peer, request: UpgradeRequest];
  /** The lines of the answer that is about to accept a client. Lines that a listener adds are sent with it. */
  headers: [lines: string[], request: UpgradeRequest];
  /** An opening handshake broke the rules, a limit or its deadline. It has been answered. */
  wsClientError: [error: Error, socket: TransportSocket];
  /** A transport was dropped because the connection limit was reached. */
  drop: [transport: ByteTransport];
  /** The source of transports failed, or yielded an unusable one. */
  error: [error: Error];
  /** The server takes no more transports, and the last one has ended. */
  close: [];
}

/** Each may hold up to 16 KiB for 10 seconds by default. A genuine client finishes within a round trip. */
const MAX_PENDING_HANDSHAKES = 1024;

/**
 * A server that takes transports. There is no `handleUpgrade`: if Node's `http` has parsed the request, pass it to
 * `handleTransport`.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { WebSocketServer } from "websocket-over/server";
 * import { connect } from "websocket-over/stream";
 *
 * const server = new WebSocketServer({ path: "/echo" });
 * server.on("connection", (peer) => peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary })));
 * const [near, far] = pipe();
 * server.handleTransport(far);
 * const session = await connect(near, { url: "wss://example.com/echo" });
 * await session.send("hello");
 * console.log(await session.receive()); // → hello
 * server.close();
 * await session.close();
 * ```
 */
export class WebSocketServer extends Emitter<ServerEvents> {
  readonly options: WebSocketServerOptions;
  /** The peers that are not closed yet; `undefined` without `clientTracking`. */
  readonly clients: Set<Peer> | undefined;
  readonly #connectionOptions: ServerOptions;
  readonly #timing: DriverTiming;
  #state: "running" | "closing" | "closed" = "running";
  /** The drivers that have not finished. */
  readonly #drivers = new Set<Driver>();
  /** Those whose client is not accepted yet, each with a function that turns it away. */
  readonly #pending = new Map<Driver, () => void>();
  readonly #sources = new Set<() => void>();
  /** Sources that wait for a transport to end. */
  #vacated: (() => void)[] = [];

  /** Throws `TypeError` or `RangeError` if an option is invalid. */
  constructor(given: WebSocketServerOptions = {}) {
    super();
    const where = "new WebSocketServer()";
    if ("listen" in Object(given)) refuse(`${where} takes options`, given, () => `; ${SERVE}`);
    for (const [name, instead] of Object.entries(INSTEAD)) {
      if (((given as Record<string, unknown> | null)?.[name] ?? false) !== false) {
        throw new TypeError(`${where} has no option ${name}; ${instead}`);
      }
    }
    const options = checkOptions(where, withoutNulls(given), table);
    this.options = options;
    requireOriginPolicy(options.origins);
    requireCount("maxPayload", options.maxPayload);
    requireCount("maxConnections", options.maxConnections);
    requireCount("maxPendingHandshakes", options.maxPendingHandshakes);
    const { extensions = [], masking = true, autoPong = true } = options;
    const maxPayload = options.maxPayload === 0 ? Infinity : options.maxPayload;
    const timing = resolveTiming(options);
    const { maxMessageBytes = maxPayload, maxFrameBytes = maxPayload } = options.limits ?? {};
    this.#connectionOptions = {
      ...timing,
      extensions,
      masking,
      autoPong,
      limits: { ...options.limits, maxMessageBytes, maxFrameBytes },
    };
    checkServerOptions(this.#connectionOptions);
    this.#timing = timing;
    this.clients = options.clientTracking === false ? undefined : new Set();
  }

  /**
   * Takes ownership of a client's transport and handles it from its request on. If the server is closing or at its
   * limit, drops the transport. Throws `TypeError` if one of the transport's streams is locked.
   */
  handleTransport(transport: ByteTransport, options: HandleOptions = {}): void {
    requireTransport("handleTransport()", transport);
    options = orDiscard(transport, () => checkOptions("handleTransport()", options, handleTable));
    if (this.#state !== "running") {
      discard(transport, new Error("the server is closed"));
      return;
    }
    if (!this.#hasRoom) {
      discard(transport, new Error("the server has too many connections"));
      this.#tell("drop", transport);
      return;
    }
    let endPeer = ignore;
    const driver = orDiscard(transport, () => this.#open(transport, options, (end) => (endPeer = end)));
    this.#drivers.add(driver);
    this.#pending.set(driver, () => driver.abort(new Error("the server is closed")));
    const forget = (): void => {
      endPeer();
      this.#forget(driver);
    };
    // In a later task, because libraries defer handling of the last message.
    void driver.finished.then(() => queueTask(forget));
  }

  /**
   * Serves transports as they arrive. At the connection limit it waits before taking the next one. Resolves when there
   * are no more, or the server is closed. Errors of the source are emitted as `error` events.
   */
  serve(transports: AsyncIterable<ByteTransport> | Iterable<ByteTransport>): Promise<void> {
    if (this.#state !== "running") return Promise.resolve();
    return new Promise((resolve) => {
      const iterator = iteratorOf("serve()", transports);
      const finish = (): void => {
        this.#sources.delete(stop);
        resolve();
      };
      const stop = (): void => {
        finish();
        // The source may be waiting for a transport that never comes, so this does not wait for it.
        stopTaking(transports, iterator, new Error("the server is closed"));
      };
      this.#sources.add(stop);
      void this.#takeAll(iterator).then(finish);
    });
  }

  /** Whether the request is for this server. Override it to check more than the path. */
  shouldHandle(request: UpgradeRequest): boolean {
    const { path } = this.options;
    if (path === undefined) return true;
    // Compared as received: a URL would remove dot segments and percent-encode.
    const resource = parseTarget(request.url)?.resource ?? request.url;
    return resource.split("?", 1)[0] === path;
  }

  /**
   * Stops taking transports. Answers 503 to pending requests, and drops transports whose request has not arrived. Peers
   * stay open: close or terminate them. Calls back when the last transport has ended; with an error if the server was
   * already closed.
   */
  close(callback?: (error?: Error) => void): void {
    if (this.#state === "closed") {
      if (callback !== undefined) this.once("close", () => callback(new Error("The server is not running")));
      queueMicrotask(() => this.#tell("close"));
      return;
    }
    if (callback !== undefined) this.once("close", callback);
    if (this.#state === "closing") return;
    this.#state = "closing";
    for (const stop of this.#sources) stop();
    this.#vacate();
    for (const turnAway of this.#pending.values()) turnAway();
    queueMicrotask(() => this.#endIfLast());
  }

  get #hasRoom(): boolean {
    const { maxConnections = Infinity, maxPendingHandshakes = MAX_PENDING_HANDSHAKES } = this.options;
    return this.#drivers.size < maxConnections && this.#pending.size < maxPendingHandshakes;
  }

  async #takeAll(iterator: AsyncIterator<ByteTransport> | Iterator<ByteTransport>): Promise<void> {
    try {
      for (;;) {
        while (this.#mustWait) await this.#vacancy();
        const next = await iterator.next();
        if (next.done === true) return;
        while (this.#mustWait) await this.#vacancy();
        try {
          this.handleTransport(next.value);
        } catch (error) {
          this.#tellError(error);
        }
        if (this.#state !== "running") return;
      }
    } catch (error) {
      this.#tellError(error);
    }
  }

  /** Check right before taking a transport: several sources may wait for one place. */
  get #mustWait(): boolean {
    return this.#state === "running" && !this.#hasRoom;
  }

  #vacancy(): Promise<void> {
    return new Promise((resolve) => this.#vacated.push(resolve));
  }

  #vacate(): void {
    for (const resume of this.#vacated.splice(0)) resume();
  }

  #forget(driver: Driver): void {
    this.#drivers.delete(driver);
    this.#pending.delete(driver);
    this.#vacate();
    this.#endIfLast();
  }

  #endIfLast(): void {
    if (this.#state !== "closing" || this.#drivers.size > 0) return;
    this.#state = "closed";
    this.#tell("close");
  }

  /** Starts a connection over the transport. `opened` receives what ends its peer. */
  #open(transport: ByteTransport, options: HandleOptions, opened: (endPeer: () => void) => void): Driver {
    const { request = requestOf(transport), remoteAddress = transport.remoteAddress } = options;
    const { encrypted = transport.encrypted } = options;
    const socket = new TransportSocket({ remoteAddress, encrypted }, () =>
      driver.abort(new Error("the transport was destroyed")),
    );
    const prepared = prepare(ServerConnection, this.#connectionOptions, this.options.onConnection);
    const { connection } = prepared;
    if (request !== undefined) connection.receiveRequest(request);
    let upgraded: UpgradeRequest;
    const driver: Driver = open(
      prepared,
      transport,
      answering,
      { ...this.#timing, clock: this.options.clock },
      {
        requested: (event) =>
          this.#requested(new PendingRequest(connection, event, driver, transport), connection, driver, () => {
            return (upgraded = upgradeRequest(event, socket));
          }),
        established: () => this.#established(connection, driver, upgraded, opened),
        failed: (_, closed) => {
          if (closed.error !== undefined) this.#tell("wsClientError", closed.error, socket);
        },
      },
    );
    return driver;
  }

  /** Asks the origin policy and then the application for an answer. */
  #requested(
    pending: PendingRequest,
    connection: ServerConnection,
    driver: Driver,
    upgrade: () => UpgradeRequest,
  ): PromiseLike<void> | undefined {
    this.#pending.set(driver, () => {
      if (pending.isPending) pending.reject({ status: 503 });
      // The request has been accepted, but there is no peer yet.
      else if (connection.state === "open") connection.close(CloseCode.GOING_AWAY);
      driver.flush();
    });
    return admit(pending, this.options.origins ?? "same", {
      admitted: () => this.#answer(pending, upgrade()),
      refused(error) {
        if (!(error instanceof WebSocketError)) report(error);
      },
      late: report,
    });
  }

  /** Makes the peer, and returns the handler of its events. */
  #established(
    connection: ServerConnection,
    driver: Driver,
    upgraded: UpgradeRequest,
    opened: (endPeer: () => void) => void,
  ): EventHandler {
    this.#pending.delete(driver);
    this.#vacate();
    let handle!: EventHandler;
    const peer = new Peer(connection, driver, upgraded, (next, endPeer) => {
      handle = next;
      opened(() => {
        this.clients?.delete(peer);
        endPeer();
      });
    });
    this.clients?.add(peer);
    this.#tell("connection", peer, upgraded);
    return handle;
  }

  /** Answers a request as the application decides. If its code throws, reports that and answers with 500. */
  async #answer(pending: PendingRequest, request: UpgradeRequest): Promise<void> {
    try {
      const refusal = await this.#refusal(pending.event, request);
      // The client or the server may be gone by now.
      if (!pending.isPending) return;
      if (refusal !== undefined) {
        pending.reject(refusal);
        return;
      }
      const subprotocol = await this.#choose(pending.event, request);
      if (pending.isPending) pending.accept({ subprotocol, headers: this.#headers(subprotocol, request) });
    } catch (error) {
      report(error);
      if (pending.isPending) pending.reject({ status: 500 });
    }
  }

  /** Returns how to refuse the request, or `undefined` to accept it. */
  async #refusal({ origin }: ConnectionRequested, request: UpgradeRequest): Promise<RejectOptions | undefined> {
    const { verifyClient } = this.options;
    if (!this.shouldHandle(request)) return { status: 400 };
    if (verifyClient === undefined) return undefined;
    return verify(verifyClient, { origin, secure: request.socket.encrypted, req: request });
  }

  async #choose({ subprotocols }: ConnectionRequested, request: UpgradeRequest): Promise<string | undefined> {
    const { handleProtocols } = this.options;
    const chosen =
      handleProtocols === undefined || subprotocols.length === 0
        ? subprotocols[0]
        : await handleProtocols(new Set(subprotocols), request);
    return typeof chosen === "string" && chosen !== "" ? chosen : undefined;
  }

  /**
   * Returns the headers that `headers` listeners add to the answer. They see the handshake's own lines, but can't
   * change them.
   */
  #headers(subprotocol: string | undefined, request: UpgradeRequest): Headers {
    const own = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    if (subprotocol !== undefined) own.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
    const lines = [...own];
    this.emit("headers", lines, request);
    return headersFrom(
      lines
        .filter((line) => !own.includes(line))
        .map((line): [string, string] => {
          const colon = line.indexOf(":");
          return [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1).trim()];
        }),
    );
  }

  /** Emits an event. If a listener throws, or an error has no listener, that is reported and the server continues. */
  #tell<Name extends keyof ServerEvents>(event: Name, ...args: ServerEvents[Name]): void {
    attempt(() => this.emit(event, ...args));
  }

  #tellError(error: unknown): void {
    this.#tell("error", error instanceof Error ? error : new Error("no more transports", { cause: error }));
  }
}

/** Asks the application, in either of ws's two ways. */
async function verify(
  verifyClient: NonNullable<WebSocketServerOptions["verifyClient"]>,
  info: ClientInfo,
): Promise<RejectOptions | undefined> {
  return new Promise((resolve, reject) => {
    const verified: Verified = (accepted, status = 401, body = "", headers = {}) =>
      resolve(accepted ? undefined : { status, body, headers });
    const saysSo = verifyClient.length < 2;
    // A function that takes the callback may be async, and reject.
    Promise.resolve(verifyClient(info, verified)).then((accepted) => saysSo && verified(Boolean(accepted)), reject);
  });
}
