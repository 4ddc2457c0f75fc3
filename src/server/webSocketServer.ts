/** A server with the members and events of ws's WebSocketServer, which is given transports in place of a port. */
import { checkServerOptions, type ServerOptions } from "../connection/options.ts";
import { ServerConnection } from "../connection/serverConnection.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { resolveTiming, timingTable } from "../core/deadlines.ts";
import type { ConnectionRequested } from "../core/events.ts";
import { limitTable, type Limits } from "../core/limits.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import { headersFrom } from "../handshake/headReader.ts";
import { parseTarget } from "../handshake/requestTarget.ts";
import type { ParsedRequest, RejectOptions } from "../handshake/serverHandshake.ts";
import { requestOf } from "../stream/carriedOpening.ts";
import { runTable, type RunOptions } from "../stream/connectionHook.ts";
import { discard } from "../stream/discard.ts";
import type { Driver, EventHandler } from "../stream/driver.ts";
import type { DriverTiming } from "../stream/driverMachine.ts";
import { open, orDiscard, prepare } from "../stream/opening.ts";
import { requireOriginPolicy, type OriginPolicy } from "../stream/originPolicy.ts";
import { iteratorOf, stopTaking } from "../stream/serve.ts";
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

export interface ClientInfo {
  readonly origin: string | undefined;
  /** What the transport was said to be. */
  readonly secure: boolean;
  readonly req: UpgradeRequest;
}

/** With `status`, 401 by default, `message` and `headers` of the answer to a client that is refused. */
export type Verified = (
  accepted: boolean,
  status?: number,
  message?: string | BufferSource,
  headers?: HeadersInit,
) => void;

type ConnectionSettings =
  | "extensions"
  | "limits"
  | "masking"
  | "autoPong"
  | "keepalive"
  | "handshakeTimeoutMs"
  | "messageTimeoutMs"
  | "closeTimeoutMs";

export interface WebSocketServerOptions extends Pick<ServerOptions, ConnectionSettings>, RunOptions {
  /** Which pages may connect; by default those of the host that they ask for, or of the page that the server runs in. */
  readonly origins?: OriginPolicy;
  /** Serve this path alone, and answer 400 to others. A query does not count. */
  readonly path?: string;
  /**
   * Chooses among the subprotocols that the client offers; with `false` none. By default the first one. Not called if
   * none is offered. Libraries may set it later: it is looked up for each request.
   */
  handleProtocols?: (protocols: Set<string>, request: UpgradeRequest) => Maybe<string | false | null | undefined>;
  /** Whether to accept a client. Returns that; or, if it takes a second argument, calls it with that. */
  readonly verifyClient?: (info: ClientInfo, verified: Verified) => Maybe<boolean | undefined>;
  /** `false`: there is no `clients`. */
  readonly clientTracking?: boolean;
  /** Largest message in bytes, 0 for no limit: `maxMessageBytes` and `maxFrameBytes` under the name that ws has for them. */
  readonly maxPayload?: number;
  /** Most transports at once, whatever they are at; `Infinity` by default. Beyond it they are dropped. */
  readonly maxConnections?: number;
  /** Most transports at once whose client is not accepted yet. Beyond it they are dropped. */
  readonly maxPendingHandshakes?: number;
  /** There only for what is written for ws: this server never has one of HTTP. */
  readonly noServer?: boolean;
  /** There only for what is written for ws. To compress: `extensions: [permessageDeflate()]`. */
  readonly perMessageDeflate?: false;
}

/** For that of the adapter for crossws, which sets the others. */
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

const SERVE = "give its serve() the transports that listen() or upgrades() of websocket-over/node make";

/** What to do here in the place of options that ws has. */
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

/** ws takes `null` for an option that is not set. */
function withoutNulls(given: WebSocketServerOptions): WebSocketServerOptions {
  if (Object(given) !== given) return given;
  const nulls = Object.entries(given).filter(([, value]) => value === null);
  const unset = Object.fromEntries(nulls.map(([name]) => [name, undefined]));
  return Object.assign(Object.create(Object.getPrototypeOf(given) as object | null), given, unset) as typeof given;
}

/** By default what the transport says itself. */
export interface HandleOptions extends TransportInfo {
  /** Where the request has been parsed already, as by Node's `http`; the transport brings what came behind its head. */
  readonly request?: ParsedRequest;
}

const handleTable: OptionTable<HandleOptions> = {
  request: "{ method, target, headers }",
  remoteAddress: "a string",
  encrypted: "a boolean",
};

export interface ServerEvents extends ListenerEvents {
  connection: [peer: Peer, request: UpgradeRequest];
  /** The lines of the answer that is about to accept a client: those that a listener adds are sent with it. */
  headers: [lines: string[], request: UpgradeRequest];
  /** An opening handshake broke the rules, a limit or its deadline; it has been answered. */
  wsClientError: [error: Error, socket: TransportSocket];
  /** A transport was dropped, for there are as many as may be. */
  drop: [transport: ByteTransport];
  /** The source of transports failed, or gave one that can't be used. */
  error: [error: Error];
  /** The server takes no more transports, and the last one has ended. */
  close: [];
}

/** Each may hold up to 16 KiB for 10 seconds, by default. Clients that mean it are through in a round trip. */
const MAX_PENDING_HANDSHAKES = 1024;

/**
 * There is no `handleUpgrade`: where Node's `http` has parsed the request, pass it to `handleTransport`.
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
  /** All that have not ended. */
  readonly #drivers = new Set<Driver>();
  /** Those of them whose client is not accepted yet, and how to turn it away. */
  readonly #pending = new Map<Driver, () => void>();
  readonly #sources = new Set<() => void>();
  /** Sources that wait for one of the transports to end. */
  #vacated: (() => void)[] = [];

  /** `TypeError` or `RangeError` for options that can't be. */
  constructor(given: WebSocketServerOptions = {}) {
    super();
    const where = "new WebSocketServer()";
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
    const { extensions = [], masking = true, autoPong = true, keepalive } = options;
    const maxPayload = options.maxPayload === 0 ? Infinity : options.maxPayload;
    const timing = resolveTiming(options);
    const { maxMessageBytes = maxPayload, maxFrameBytes = maxPayload } = options.limits ?? {};
    this.#connectionOptions = {
      ...timing,
      extensions,
      masking,
      autoPong,
      keepalive,
      limits: { ...options.limits, maxMessageBytes, maxFrameBytes } as Partial<Limits>,
    };
    checkServerOptions(this.#connectionOptions);
    this.#timing = timing;
    this.clients = options.clientTracking === false ? undefined : new Set();
  }

  /**
   * Takes a connection of a client over, from its request on. `TypeError` if one of the transport's streams is locked.
   * If the server is closing, or has as many as it may, the transport is dropped.
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
    const { origins = "same", clock } = this.options;
    let ended = ignore;
    const driver: Driver = orDiscard(transport, () => {
      const { request = requestOf(transport), remoteAddress = transport.remoteAddress } = options;
      const { encrypted = transport.encrypted } = options;
      const socket = new TransportSocket({ remoteAddress, encrypted }, () =>
        driver.abort(new Error("the transport was destroyed")),
      );
      const prepared = prepare(ServerConnection, this.#connectionOptions, this.options.onConnection);
      const { connection } = prepared;
      if (request !== undefined) connection.receiveRequest(request);
      let upgraded: UpgradeRequest;
      return open(
        prepared,
        transport,
        { ...this.#timing, clock },
        {
          requested: (event) => {
            const pending = new PendingRequest(connection, event, driver);
            this.#pending.set(driver, () => {
              if (pending.isPending) pending.reject({ status: 503 });
              // It has been accepted, and there is no peer yet.
              else if (connection.state === "open") connection.close(CloseCode.GOING_AWAY);
              driver.flush();
            });
            return admit(pending, origins, {
              admitted: () => {
                upgraded = upgradeRequest(event, socket);
                return this.#answer(pending, upgraded);
              },
              refused(error) {
                if (!(error instanceof WebSocketError)) report(error);
              },
              late: report,
            });
          },
          established: () => {
            this.#pending.delete(driver);
            this.#vacate();
            let handle!: EventHandler;
            const peer = new Peer(connection, driver, upgraded, (next, endPeer) => {
              handle = next;
              ended = () => {
                this.clients?.delete(peer);
                endPeer();
              };
            });
            this.clients?.add(peer);
            this.#tell("connection", peer, upgraded);
            return handle;
          },
          failed: (_, closed) => {
            if (closed.error !== undefined) this.#tell("wsClientError", closed.error, socket);
          },
        },
      );
    });
    this.#drivers.add(driver);
    this.#pending.set(driver, () => driver.abort(new Error("the server is closed")));
    const forget = (): void => {
      ended();
      this.#forget(driver);
    };
    // In another turn: libraries put off what they do with the last message.
    void driver.finished.then(() => queueTask(forget));
  }

  /**
   * Takes transports as they come, and waits with the next one while there are as many as may be. Fulfilled when there
   * are no more, or the server is closed; what goes wrong with the source is an `error` event.
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
        // It may still wait for one that never comes: then that is not waited for.
        stopTaking(transports, iterator, new Error("the server is closed"));
      };
      this.#sources.add(stop);
      void this.#takeAll(iterator).then(finish);
    });
  }

  /** Whether the request is for this server, to be overridden where more than the path counts. */
  shouldHandle(request: UpgradeRequest): boolean {
    const { path } = this.options;
    if (path === undefined) return true;
    // Compared as it came: a URL would take dots out of it, and encode.
    const resource = parseTarget(request.url)?.resource ?? request.url;
    return resource.split("?", 1)[0] === path;
  }

  /**
   * Takes no more transports, answers 503 to requests that wait for an answer, and drops those whose request has not
   * come. Peers stay open: close or terminate them. Calls back when the last transport has ended; with an error if the
   * server was closed already.
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

  /** To be asked right before a transport is taken: several sources may wait for one place. */
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

  /** Answers a request as the application says. What that throws is reported, and answered with 500. */
  async #answer(pending: PendingRequest, request: UpgradeRequest): Promise<void> {
    try {
      const refusal = await this.#refusal(pending.event, request);
      // The client may be gone by now, or the server.
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

  /** How to refuse the request, if it is to be. */
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

  /** What the listeners of `headers` add to the answer. What the handshake itself sets they can only look at. */
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

  /** What a listener throws is reported, and the server goes on; and an error that nobody listens for. */
  #tell<Name extends keyof ServerEvents>(event: Name, ...args: ServerEvents[Name]): void {
    attempt(() => this.emit(event, ...args));
  }

  #tellError(error: unknown): void {
    this.#tell("error", error instanceof Error ? error : new Error("no more transports", { cause: error }));
  }
}

/** Asks the application, in either of the two ways of ws. */
async function verify(
  verifyClient: NonNullable<WebSocketServerOptions["verifyClient"]>,
  info: ClientInfo,
): Promise<RejectOptions | undefined> {
  return new Promise((resolve, reject) => {
    const verified: Verified = (accepted, status = 401, body = "", headers = {}) =>
      resolve(accepted ? undefined : { status, body, headers });
    const saysSo = verifyClient.length < 2;
    // One that is to call may be an async function, and fail.
    Promise.resolve(verifyClient(info, verified)).then((accepted) => saysSo && verified(Boolean(accepted)), reject);
  });
}

function requireCount(name: string, value: number | undefined): void {
  if (value === undefined || value === Infinity || (Number.isSafeInteger(value) && value >= 0)) return;
  throw new RangeError(`${name} must be a whole number of at least 0, or Infinity; it is ${String(value)}`);
}
