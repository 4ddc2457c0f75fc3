/** A request handler that opens a WebSocket to another server for each client, and answers as that server does. */
import { checkClientOptions, sharedTable, type SharedOptions } from "../connection/options.ts";
import { CloseCode } from "../core/closeCodes.ts";
import { resolveTiming } from "../core/deadlines.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import { parseExtensions } from "../handshake/headerGrammar.ts";
import { entriesOf } from "../handshake/headReader.ts";
import type { RejectOptions } from "../handshake/serverHandshake.ts";
import { abortableTable, unlessAborted } from "../stream/abortable.ts";
import type { IncomingRequest } from "../stream/accept.ts";
import { systemClock } from "../stream/clock.ts";
import { connect, type ConnectOptions } from "../stream/connect.ts";
import { runTable, type RunOptions } from "../stream/connectionHook.ts";
import { discard } from "../stream/discard.ts";
import { reportRejection } from "../stream/report.ts";
import { WebSocketError } from "../stream/webSocketError.ts";
import { parseWebSocketURL } from "../stream/webSocketURL.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { DialError } from "../transports/dialError.ts";
import { ignore } from "../transports/ignore.ts";
import { onAbort } from "../transports/onAbort.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { startTimer } from "../transports/startTimer.ts";
import { textOf } from "../transports/textOf.ts";
import { bridgeMessages, type BridgeEnd } from "./bridgeMessages.ts";
import { answerFields, requestFields, requireForwarding, type ForwardingOptions } from "./forwarding.ts";
import type { MessageSession } from "./messageSession.ts";
import { bridgeTable, limitsOf, type BridgeOptions } from "./options.ts";
import { UpstreamPolicy } from "./upstreamPolicy.ts";
import { webSocketSession, type WebSocketLike } from "./webSocketSession.ts";

/**
 * Connects to an upstream, as a `Dial` does; it may also return a `WebSocket`. `allowsAddress` tells whether an address
 * that the host has been resolved to may be connected to. `dial` of `websocket-over/node` asks it before it connects.
 *
 * @see {@link gateway}
 */
export type GatewayDial = (
  url: URL,
  protocols: string[],
  signal: AbortSignal,
  allowsAddress: (address: string) => boolean,
) => ByteTransport | WebSocketLike | PromiseLike<ByteTransport | WebSocketLike>;

/**
 * A client that is joined with its upstream.
 *
 * @see {@link gateway}
 */
export interface GatewayBridge {
  readonly request: IncomingRequest;
  /** The URL of the upstream. It may contain secrets. */
  readonly url: URL;
  /** How many bytes of messages have passed so far. */
  readonly bytes: { readonly toUpstream: number; readonly toClient: number };
  /** Settles as `bridgeMessages` does: `a` is the client, `b` the upstream. */
  readonly closed: Promise<BridgeEnd>;
}

type Upstream = string | URL;

/** The options of {@link gateway}. */
export interface GatewayOptions
  extends
    ForwardingOptions,
    RunOptions,
    Pick<BridgeOptions, "signal" | "idleMs" | "maxBytes">,
    Pick<SharedOptions, "limits" | "keepalive" | "messageTimeoutMs" | "closeTimeoutMs"> {
  /**
   * The URL of the upstream, or a function that decides for each request. `undefined` refuses the request with 404. If
   * the URL depends on what the client sends, set `allow`.
   */
  readonly to: Upstream | ((request: IncomingRequest) => Upstream | undefined | PromiseLike<Upstream | undefined>);
  /** The origins that may be reached, such as `wss://chat.example`. By default all with a public address. */
  readonly allow?: readonly Upstream[] | undefined;
  /**
   * The addresses and blocks that may be reached although they are not public, such as `10.1.0.0/16`. By default only
   * those that a fixed `to` or `allow` spells out: as an address, or as `localhost`.
   */
  readonly privateAddresses?: readonly string[] | undefined;
  /**
   * How to connect: `dial` of `websocket-over/node`, or any other `Dial`. By default the platform's `WebSocket`, which
   * can't send headers and hides the upstream's refusals; each upstream must then be in `allow`, unless `to` is fixed.
   */
  readonly dial?: GatewayDial | undefined;
  /** The `Origin` for the upstream. By default there is none. To pass the client's on, use `(request) => request.origin`. */
  readonly origin?: string | ((request: IncomingRequest) => string | undefined) | undefined;
  /** The extensions to offer to the upstream, of those that the client offers. None by default. */
  readonly extensions?: SharedOptions["extensions"];
  /** How long connecting to the upstream may take, its handshake included, in milliseconds. 10,000 by default. */
  readonly dialTimeoutMs?: number | undefined;
  /** Maximum number of concurrent clients, those being connected included. More get 503. No limit by default. */
  readonly maxConnections?: number | undefined;
  /** Called when a client has been joined with its upstream. If it throws, both are closed with 1011. */
  readonly onBridge?: ((bridge: GatewayBridge) => void) | undefined;
}

const { limits, keepalive, messageTimeoutMs, closeTimeoutMs, extensions } = sharedTable;
const { idleMs, maxBytes } = bridgeTable;
const table: OptionTable<GatewayOptions> = {
  ...runTable,
  ...abortableTable,
  ...{ limits, keepalive, messageTimeoutMs, closeTimeoutMs, extensions, idleMs, maxBytes },
  to: "a string or an object or a function",
  allow: "an object",
  privateAddresses: "an object",
  dial: "a function",
  origin: "a string or a function",
  forwardHeaders: "an object",
  forwardCookies: "an object",
  headers: "an object",
  trustForwarded: "a boolean",
  dialTimeoutMs: "a number",
  maxConnections: "a number",
  onBridge: "a function",
};

/**
 * Makes a handler for `serve` that joins each client with another WebSocket server, the upstream. It connects to the
 * upstream before it accepts the client, so the client gets the upstream's own answer: a refusal with its status,
 * headers and body, the subprotocol, cookies, and only extensions that the upstream agreed to as well. Messages and
 * closes pass on as with `bridgeMessages`.
 *
 * It is no open relay. It reaches only `to` and, if given, what is in `allow`; and only public addresses, unless others
 * are named. The address that counts is the one that is connected to, so a name that changes its address gains nothing.
 * A client whose upstream may not be reached gets 403. If there is no connection it gets 502, or 504 if that took too
 * long.
 *
 * `Host` is that of the upstream; `X-Forwarded-For`, `-Host` and `-Proto` tell of the client. An upstream can't trust
 * anything else that a client claims. Which pages may connect is up to `origins` of `serve`.
 *
 * A client that is refused rejects the handler's promise with a `WebSocketError`, so that `onError` of `serve` tells of
 * it. Throws `TypeError`, `RangeError`, or a `SyntaxError` (a `DOMException`) if an option is invalid.
 *
 * @example
 * ```ts
 * import { createServer, type AddressInfo } from "node:net";
 * import { gateway } from "websocket-over/bridge";
 * import { dial, listen } from "websocket-over/node";
 * import { connect, serve } from "websocket-over/stream";
 *
 * const tcp = createServer().listen(0, "127.0.0.1"); // stands for any WebSocket server
 * void serve(listen(tcp), async (request) => (await request.accept()).send(`for ${request.headers.get("host")}`));
 * await new Promise((resolve) => tcp.once("listening", resolve));
 * const { port } = tcp.address() as AddressInfo;
 *
 * const front = createServer().listen(0, "127.0.0.1");
 * void serve(listen(front), gateway({ to: `ws://127.0.0.1:${port}/`, dial }));
 * await new Promise((resolve) => front.once("listening", resolve));
 * const url = `ws://127.0.0.1:${(front.address() as AddressInfo).port}/`;
 * const session = await connect(await dial(url), { url });
 * console.log((await session.receive()) === `for 127.0.0.1:${port}`); // → true
 * await session.close();
 * tcp.close();
 * front.close();
 * ```
 */
export function gateway(options: GatewayOptions): (request: IncomingRequest) => Promise<void> {
  const made = new Gateway(checkOptions("gateway()", options, table));
  return (request) => made.handle(request);
}

/** The part of the request to the upstream that depends on the client's. */
interface UpstreamRequest extends Pick<ConnectOptions, "headers" | "origin" | "extensions"> {
  readonly protocols: readonly string[];
}

/** An upstream that may not be reached. */
class ForbiddenUpstream extends WebSocketError {}

class Gateway {
  readonly #options: GatewayOptions;
  readonly #fixed: URL | undefined;
  readonly #dial: GatewayDial;
  readonly #policy: UpstreamPolicy;
  readonly #maxConnections: number;
  readonly #dialTimeoutMs: number;
  #connections = 0;

  constructor(given: GatewayOptions) {
    // Iterators can be read only once.
    const options = given.headers === undefined ? given : { ...given, headers: entriesOf(given.headers) };
    const { to, allow, privateAddresses, maxConnections = Infinity, dialTimeoutMs = 10_000 } = options;
    if (to === undefined) throw new TypeError("gateway() takes { to }: the URL of the upstream, or a function");
    if (!(maxConnections >= 1)) throw new RangeError(`maxConnections is at least 1, not ${String(maxConnections)}`);
    if (!(dialTimeoutMs > 0)) {
      throw new RangeError(`dialTimeoutMs must be above 0 milliseconds; it is ${String(dialTimeoutMs)}`);
    }
    limitsOf(options);
    requireForwarding(options);
    checkClientOptions({
      ...connectionOptions(options),
      ...(options.headers !== undefined && { headers: options.headers }),
      ...(typeof options.origin === "string" && { origin: options.origin }),
    });
    this.#options = options;
    this.#fixed = typeof to === "function" ? undefined : parseWebSocketURL(to);
    this.#policy = new UpstreamPolicy(this.#fixed, allow, privateAddresses);
    this.#dial = options.dial ?? platformDial(options);
    this.#maxConnections = maxConnections;
    this.#dialTimeoutMs = dialTimeoutMs;
  }

  async handle(request: IncomingRequest): Promise<void> {
    if (this.#connections >= this.#maxConnections) {
      await request.reject(answer(503, "the gateway has as many connections as it may have"));
      throw new WebSocketError("a client was refused: see the option maxConnections");
    }
    this.#connections++;
    try {
      await this.#serve(request);
    } catch (error) {
      // Whoever stopped the gateway knows why its clients have gone.
      if (this.#options.signal?.aborted !== true) throw error;
    } finally {
      this.#connections--;
    }
  }

  async #serve(request: IncomingRequest): Promise<void> {
    const { to } = this.#options;
    const target = typeof to === "function" ? await this.#upstreamFor(request, to) : this.#fixed;
    if (target === undefined) {
      await request.reject(answer(404, "there is no upstream for this request"));
      return;
    }
    const url = parseWebSocketURL(target);
    const upstream = await this.#openOrRefuse(request, url, this.#requestOf(request));
    let client: MessageSession;
    try {
      client = await request.accept(acceptOf(upstream));
    } catch (error) {
      upstream.close({ closeCode: CloseCode.GOING_AWAY }).catch(ignore);
      throw error;
    }
    await this.#join(request, url, client, upstream);
  }

  /** Asks the operator's function, as long as the client waits. */
  async #upstreamFor(
    request: IncomingRequest,
    decide: Extract<GatewayOptions["to"], (request: IncomingRequest) => unknown>,
  ): Promise<Upstream | undefined> {
    const decided = new Promise<Upstream | undefined>((resolve) => resolve(decide(request)));
    return await unlessAborted(decided, request.signal, ignore);
  }

  /** Connects to the upstream, as long as the client waits. If that fails, answers the client and throws. */
  async #openOrRefuse(request: IncomingRequest, url: URL, asking: UpstreamRequest): Promise<MessageSession> {
    const { signal, clock = systemClock } = this.#options;
    const attempt = new AbortController();
    let isLate = false;
    const giveUp = (): void => {
      isLate = true;
      attempt.abort(new WebSocketError(`no WebSocket to ${url.host} in ${this.#dialTimeoutMs} ms`));
    };
    const stopTimer = startTimer(this.#dialTimeoutMs, giveUp, clock);
    const stops = [signal, request.signal].map((each) => onAbort(each, (reason) => attempt.abort(reason)));
    try {
      return await this.#open(url, asking, attempt.signal);
    } catch (error) {
      if (!request.signal.aborted) {
        await request.reject(
          signal?.aborted === true ? answer(503, "the gateway is stopping") : refusalFor(error, isLate),
        );
      }
      if (error instanceof WebSocketError || error instanceof TypeError) throw error;
      throw new WebSocketError(`no WebSocket to ${url.host}: ${textOf(error)}`, { cause: error });
    } finally {
      stopTimer();
      for (const stop of stops) stop();
    }
  }

  async #open(url: URL, asking: UpstreamRequest, signal: AbortSignal): Promise<MessageSession> {
    signal.throwIfAborted();
    const refusal = this.#policy.refusalOf(url);
    if (refusal !== undefined) throw new ForbiddenUpstream(refusal);
    const isPlatforms = this.#options.dial === undefined;
    if (isPlatforms) this.#requireAddress(url, undefined);
    const allows = (address: string): boolean => this.#policy.allows(url, address);
    const dialling = new Promise<ByteTransport | WebSocketLike>((resolve) => {
      resolve(this.#dial(url, [...asking.protocols], signal, allows));
    });
    const dialled = await unlessAborted(dialling, signal, (reason) => {
      dialling.then((late) => end(late, reason), ignore);
    });
    try {
      if (isSocket(dialled)) {
        this.#requireAddress(url, undefined);
        if (!isPlatforms) requireHeaderless(this.#options);
        return await openSocket(dialled, signal, this.#options);
      }
      requireTransport("gateway(), from its dial,", dialled);
      this.#requireAddress(url, dialled.remoteAddress);
    } catch (error) {
      end(dialled, error);
      throw error;
    }
    return await connect(dialled, {
      ...connectionOptions(this.#options),
      ...asking,
      url,
      signal,
      handshakeTimeoutMs: Infinity, // the dial's time is part of it
    });
  }

  /** Checks the address that was connected to. The name does not show it. */
  #requireAddress(url: URL, address: string | undefined): void {
    if (!this.#policy.allows(url, address)) {
      throw new ForbiddenUpstream(this.#policy.refusalOfAddress(url, address));
    }
  }

  #requestOf(request: IncomingRequest): UpstreamRequest {
    const { origin: given, extensions = [] } = this.#options;
    const origin = typeof given === "function" ? given(request) : given;
    const offered = new Set(request.extensions.map(({ name }) => name));
    return {
      protocols: request.subprotocols,
      headers: requestFields(request, this.#options),
      extensions: extensions.filter(({ name }) => offered.has(name)),
      ...(origin !== undefined && { origin }),
    };
  }

  async #join(request: IncomingRequest, url: URL, client: MessageSession, upstream: MessageSession): Promise<void> {
    const { onBridge, signal, idleMs, maxBytes, clock } = this.#options;
    const bytes = { toUpstream: 0, toClient: 0 };
    const closed = bridgeMessages(client, upstream, {
      signal,
      idleMs,
      maxBytes,
      clock,
      closeTimeoutMs: resolveTiming(connectionOptions(this.#options)).closeTimeoutMs,
      onBytes: (direction, count) => void (bytes[direction === "aToB" ? "toUpstream" : "toClient"] += count),
    });
    closed.catch(ignore);
    try {
      reportRejection(onBridge?.({ request, url, bytes, closed }));
    } catch (error) {
      for (const session of [client, upstream]) session.close({ closeCode: CloseCode.INTERNAL_ERROR }).catch(ignore);
      await closed.catch(ignore);
      throw error;
    }
    await closed;
  }
}

/** The options of the connection to the upstream. */
function connectionOptions(
  options: GatewayOptions,
): Pick<
  GatewayOptions,
  "limits" | "keepalive" | "messageTimeoutMs" | "closeTimeoutMs" | "extensions" | keyof RunOptions
> {
  const names = [
    "limits",
    "keepalive",
    "messageTimeoutMs",
    "closeTimeoutMs",
    "extensions",
    "clock",
    "onConnection",
  ] as const;
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
}

function platformDial(options: GatewayOptions): GatewayDial {
  if (typeof WebSocket !== "function") {
    throw new TypeError("gateway() needs the option dial here: use dial of websocket-over/node");
  }
  requireHeaderless(options);
  return (url, protocols) => new WebSocket(url, protocols);
}

/** Throws `TypeError` if headers would be needed that a `WebSocket` can't send. */
function requireHeaderless({ headers, origin, forwardHeaders = [], forwardCookies = [] }: GatewayOptions): void {
  if (headers !== undefined || origin !== undefined || forwardHeaders.length > 0 || forwardCookies.length > 0) {
    throw new TypeError("gateway(): a WebSocket object sends no headers; use a dial that makes transports");
  }
}

function isSocket(dialled: ByteTransport | WebSocketLike): dialled is WebSocketLike {
  return "readyState" in Object(dialled);
}

/** Ends what was dialled in vain. */
function end(dialled: ByteTransport | WebSocketLike, reason: unknown): void {
  if (!isSocket(dialled)) {
    discard(dialled, reason);
    return;
  }
  try {
    webSocketSession(dialled).close().catch(ignore);
  } catch {
    // It is no WebSocket after all.
  }
}

async function openSocket(
  socket: WebSocketLike,
  signal: AbortSignal,
  { clock, closeTimeoutMs }: GatewayOptions,
): Promise<MessageSession> {
  const session = webSocketSession(socket, { clock, closeTimeoutMs });
  await unlessAborted(session.opened, signal, ignore);
  return session;
}

/** How to accept the client, given the upstream's answer. */
function acceptOf(upstream: MessageSession): Parameters<IncomingRequest["accept"]>[0] {
  const { headers } = upstream as Partial<Record<"headers", Headers>>;
  return {
    ...(upstream.protocol !== "" && { subprotocol: upstream.protocol }),
    ...(headers !== undefined && { headers: answerFields(headers) }),
    extensions: (parseExtensions(upstream.extensions) ?? []).map(({ name }) => name),
  };
}

/** The answer for the client if there is no upstream. */
function refusalFor(error: unknown, isLate: boolean): RejectOptions {
  const isForbidden = error instanceof DialError && error.code === "notAllowed";
  if (isForbidden || error instanceof ForbiddenUpstream) return answer(403, "this upstream may not be reached");
  const rejection = error instanceof WebSocketError ? error.rejection : undefined;
  if (rejection === undefined) {
    return isLate ? answer(504, "the upstream did not answer in time") : answer(502, "the upstream can't be reached");
  }
  const { status, headers, body } = rejection;
  if (status < 300 || status > 599) return answer(502, "the upstream's answer is neither a WebSocket nor a refusal");
  return { status, headers: answerFields(headers), ...(status !== 304 && { body }) };
}

function answer(status: number, text: string): RejectOptions {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${text}\n` };
}
