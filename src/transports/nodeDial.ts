/** Connects to a WebSocket server by its URL: over TCP or TLS, directly or through an HTTP proxy. */
import { isIP, Socket } from "node:net";
import * as dns from "node:dns";
import { connect as connectTLS } from "node:tls";
import { advice, checkOptions, refuse, requireKind, type OptionTable } from "../core/options.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { DialError, type DialErrorCode } from "./dialError.ts";
import { socketTransport, type NodeDuplex } from "./nodeDuplex.ts";
import { onAbort } from "./onAbort.ts";
import { startTimer } from "./startTimer.ts";
import { textOf } from "./textOf.ts";
import { readProxyAnswer } from "./proxyAnswer.ts";
import { ignore } from "./ignore.ts";

/** The options of {@link dial}. */
export interface DialOptions {
  /** Aborting this signal cancels the dial, until there is a transport. */
  readonly signal?: AbortSignal | undefined;
  /**
   * An HTTP proxy to connect through, by CONNECT: `http://user:password@proxy.example:3128`, or `https:` for a proxy
   * reached over TLS. The default port is 80 or 443.
   */
  readonly proxy?: string | URL | undefined;
  /**
   * Options for Node's `net.connect`, such as `lookup`, `family`, `localAddress`, or the `path` of a Unix domain
   * socket.
   */
  readonly net?: object | undefined;
  /** Options for Node's `tls.connect` to the server, such as `ca`, `cert`, `key` or `servername`. */
  readonly tls?: object | undefined;
  /** Like `tls`, for the TLS connection to an `https:` proxy. */
  readonly proxyTLS?: object | undefined;
  /**
   * Decides whether to connect to an address that the host resolves to; other addresses are skipped. Use it for URLs
   * that come from somebody else. With a proxy it checks the proxy's address, because the proxy resolves the host.
   */
  readonly allowsAddress?: ((address: string) => boolean) | undefined;
  /** How long connecting may take, in milliseconds; 10,000 by default, `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined;
}

const table: OptionTable<DialOptions> = {
  signal: "{ aborted, addEventListener }",
  proxy: "a string or an object",
  net: "an object",
  tls: "an object",
  proxyTLS: "an object",
  allowsAddress: "a function",
  timeoutMs: "a number",
};

/** Long enough for a slow phone; the same as the default for an opening handshake. */
const TIMEOUT_MS = 10_000;

/** Where to connect. */
interface Place {
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Host and port, for messages and heads. */
  readonly authority: string;
}

/**
 * Connects to the server of a `ws:` or `wss:` URL (`http:` and `https:` work too): over TCP, or over TLS, which checks
 * the server's certificate and offers ALPN `http/1.1`. The path is not used here: pass the URL to `connect` as well.
 *
 * You can pass `dial` itself as a `Dial`: it accepts a list of subprotocols in place of the options and ignores it; the
 * signal and `allowsAddress` follow. Rejects with a {@link DialError} that says what to do, or with the signal's reason, and leaves no
 * socket open. Rejects with `TypeError` or `RangeError` if the URL or an option is invalid.
 *
 * @example
 * ```ts
 * import { createServer, type AddressInfo } from "node:net";
 * import { dial, listen } from "websocket-over/node";
 * import { connect, serve } from "websocket-over/stream";
 *
 * const tcp = createServer().listen(0, "127.0.0.1");
 * void serve(listen(tcp), async (request) => (await request.accept()).send(`hello, ${request.target}`));
 * await new Promise((resolve) => tcp.once("listening", resolve));
 *
 * const url = `ws://127.0.0.1:${(tcp.address() as AddressInfo).port}/chat`;
 * const session = await connect(await dial(url), { url });
 * console.log(await session.receive()); // → hello, /chat
 * await session.close();
 * tcp.close();
 * ```
 */
export async function dial(
  url: string | URL,
  options: DialOptions | readonly string[] = {},
  signal?: AbortSignal,
  allowsAddress?: (address: string) => boolean,
): Promise<ByteTransport> {
  const given: DialOptions = isList(options) ? {} : options;
  checkOptions("dial()", given, table);
  const { timeoutMs = TIMEOUT_MS, proxy, net, tls, proxyTLS } = given;
  if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs must be more than 0, not ${String(timeoutMs)}`);
  const server = placeOf(url, "the URL of a server", { ws: false, wss: true, http: false, https: true });
  const proxyURL = proxy === undefined ? undefined : new ProxyURL(proxy);
  const attempt = new Attempt(given.signal, signal);
  const first = proxyURL?.place ?? server;
  const stopTimer = startTimer(timeoutMs, () => {
    const message = `no connection to ${server.authority} in ${timeoutMs} ms: ${attempt.waitsFor}; see the option timeoutMs`;
    attempt.giveUp(new DialError(message, { code: "timedOut" }));
  });
  try {
    const allows = given.allowsAddress ?? allowsAddress;
    let socket: NodeDuplex = await connectTCP(
      attempt,
      first,
      allows === undefined ? net : allowedOnly(first, net, allows),
    );
    if (proxyURL !== undefined) {
      if (proxyURL.place.secure) socket = await secure(attempt, socket, proxyURL.place, proxyTLS);
      await tunnel(attempt, socket, proxyURL, server);
    }
    if (server.secure) socket = await secure(attempt, socket, server, tls);
    return attempt.succeed(socket);
  } catch (error) {
    // Node throws synchronously if one of its options is invalid.
    attempt.giveUp(error);
    throw error;
  } finally {
    stopTimer();
  }
}

function isList(options: DialOptions | readonly string[]): options is readonly string[] {
  return Array.isArray(options);
}

/** The sockets of one call, and what may end it. */
class Attempt {
  readonly #stops: (() => void)[];
  #socket: NodeDuplex | undefined;
  /** Why the current step has not ended yet, for a message. */
  waitsFor = "";
  #isGivenUp = false;
  #reason: unknown;
  /** Rejects the current step. */
  #fail: (error: unknown) => void = ignore;

  constructor(...signals: readonly (AbortSignal | undefined)[]) {
    for (const signal of signals) signal?.throwIfAborted();
    this.#stops = signals.map((signal) => onAbort(signal, (reason) => this.giveUp(reason)));
  }

  /** Destroys the socket and fails the current step. */
  giveUp(reason: unknown): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.#reason = reason;
    for (const stop of this.#stops) stop();
    this.#socket?.destroy();
    this.#fail(reason);
  }

  /**
   * Runs a step on a socket. Rejects on an error, the socket's end, or `giveUp`. `begin` returns a function that stops
   * the step.
   */
  async run(
    socket: NodeDuplex,
    explain: (error: unknown) => DialError,
    begin: (done: () => void, fail: (error: DialError) => void) => () => void,
  ): Promise<void> {
    if (this.#socket !== socket) socket.on("error", ignore); // late errors too
    this.#socket = socket;
    let stop: () => void = ignore;
    const failed = (error: unknown): void => this.#fail(explain(error));
    const closed = (): void => this.#fail(explain(undefined));
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        if (this.#isGivenUp) reject(this.#reason);
        socket.on("error", failed);
        socket.on("close", closed);
        stop = begin(resolve, reject);
        if (socket.destroyed) closed();
      });
      if (this.#isGivenUp) throw this.#reason;
    } finally {
      this.#fail = ignore;
      socket.off("error", failed);
      socket.off("close", closed);
      stop();
    }
  }

  succeed(socket: NodeDuplex): ByteTransport {
    if (this.#isGivenUp) throw this.#reason;
    for (const stop of this.#stops) stop();
    return socketTransport(socket);
  }
}

/** Connects as `net.connect` does, but also destroys the socket if Node throws because of an option. */
async function connectTCP(attempt: Attempt, place: Place, options: object | undefined): Promise<NodeDuplex> {
  const { host, port } = place;
  const all = { host, port, ...options };
  attempt.waitsFor = `no TCP connection to ${place.authority}`;
  const socket = new Socket({ ...options });
  await attempt.run(
    socket,
    (error) => explainTCP(error, place),
    (done) => {
      socket.on("connect", done);
      socket.connect(all);
      return () => void socket.off("connect", done);
    },
  );
  return socket;
}

/** The address, or all of them, depending on the options. */
type Found = string | readonly { readonly address: string }[];

/** `dns.lookup`, as `net.connect` calls it. */
type Lookup = (
  host: string,
  options: object,
  callback: (error: unknown, found?: Found, family?: number) => void,
) => void;

/** The options for `net.connect`, with a lookup that leaves out addresses that are not allowed. */
function allowedOnly(
  { host, authority }: Place,
  net: object | undefined,
  allows: (address: string) => boolean,
): object {
  const { lookup = dns.lookup } = (net ?? {}) as { lookup?: Lookup };
  const notAllowed = (): DialError => {
    const message = `no connection to ${authority}: none of its addresses is allowed by the option allowsAddress`;
    return new DialError(message, { code: "notAllowed" });
  };
  // Node does not look up addresses.
  if (isIP(host) !== 0 && !allows(host)) throw notAllowed();
  const allowed: Lookup = (name, options, callback) =>
    lookup(name, options, (error, found, family) => {
      try {
        if (error || found === undefined) callback(error);
        else if (typeof found === "string") callback(allows(found) ? null : notAllowed(), found, family);
        else {
          const rest = found.filter(({ address }) => allows(address));
          callback(rest.length > 0 ? null : notAllowed(), rest);
        }
      } catch (thrown) {
        callback(thrown);
      }
    });
  return { ...net, lookup: allowed };
}

/** Establishes TLS on a socket. */
async function secure(
  attempt: Attempt,
  socket: NodeDuplex,
  { host, authority }: Place,
  options: object | undefined,
): Promise<NodeDuplex> {
  // RFC 6066 §3: an address is not a valid server name. It is still checked against the certificate.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const all: object = { host, ...name, ALPNProtocols: ["http/1.1"], ...options, ...contained(options), socket };
  attempt.waitsFor = `${authority} did not end the TLS handshake`;
  const secured = connectTLS(all);
  await attempt.run(
    secured,
    (error) => explainTLS(error, authority),
    (done) => {
      secured.on("secureConnect", done);
      return () => void secured.off("secureConnect", done);
    },
  );
  return secured;
}

/** An error that this callback throws would be an uncaught exception in Node. Here it counts as the returned error. */
function contained(options: { readonly checkServerIdentity?: unknown } = {}): object {
  const { checkServerIdentity: check } = options;
  if (typeof check !== "function") return {};
  return {
    checkServerIdentity: (...args: unknown[]): unknown => {
      try {
        return Reflect.apply(check, undefined, args);
      } catch (error) {
        return error instanceof Error ? error : new Error(textOf(error));
      }
    },
  };
}

/** Asks a proxy for a tunnel to the server (RFC 9110 §9.3.6). */
async function tunnel(attempt: Attempt, socket: NodeDuplex, proxy: ProxyURL, server: Place): Promise<void> {
  const { authority } = proxy.place;
  attempt.waitsFor = `the proxy at ${authority} did not answer CONNECT`;
  await attempt.run(
    socket,
    (error) => {
      if (error !== undefined) return explainTCP(error, proxy.place);
      const message = `the proxy at ${authority} hung up before it answered: is it an HTTP proxy that allows CONNECT?`;
      return new DialError(message, { code: "closed" });
    },
    (done, fail) => {
      const stop = readProxyAnswer(socket, authority, server.authority, done, fail);
      const fields = [`Host: ${server.authority}`];
      if (proxy.credentials !== undefined) fields.push(`Proxy-Authorization: Basic ${proxy.credentials}`);
      const head = [`CONNECT ${server.authority} HTTP/1.1`, ...fields, "", ""].join("\r\n");
      socket.write(new TextEncoder().encode(head), ignore);
      return stop;
    },
  );
}

class ProxyURL {
  readonly place: Place;
  /** User and password in Base64 (RFC 7617), if the URL has any. */
  readonly credentials: string | undefined;

  constructor(url: string | URL) {
    this.place = placeOf(url, "as proxy the URL of an HTTP proxy", { http: false, https: true });
    const { username, password } = new URL(url);
    if (username === "" && password === "") return;
    const bytes = `${username}:${password}`.replace(/%([\da-f]{2})/gi, (_, byte: string) =>
      String.fromCharCode(parseInt(byte, 16)),
    );
    this.credentials = btoa(bytes);
  }
}

/** `secureOf` maps each allowed scheme to whether it uses TLS. */
function placeOf(url: string | URL, what: string, secureOf: Readonly<Record<string, boolean>>): Place {
  const expected = `dial() takes ${what}, ${Object.keys(secureOf).join(":// or ")}://`;
  requireKind(`${expected},`, url, "a string or an object", advice({ toFixed: "put the port into the URL" }));
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return refuse(`${expected}, which has a host`, url);
  }
  const { protocol, hostname } = parsed;
  const secure = secureOf[protocol.slice(0, -1)];
  if (secure === undefined) throw new TypeError(`${expected}, not one with the scheme ${protocol}//`);
  const port = parsed.port === "" ? (secure ? 443 : 80) : Number(parsed.port);
  return { secure, host: hostname.replace(/^\[|\]$/g, ""), port, authority: `${hostname}:${port}` };
}

/** Node's codes for failed TCP connections, and advice for each. */
const TCP_FAILURES: readonly [codes: RegExp, code: DialErrorCode, advice: string][] = [
  [/^(ENOTFOUND|EAI_\w+)$/, "notFound", "its name has no address; check the host of the URL"],
  [/^ECONNREFUSED$/, "refused", "nothing listens there; check the port of the URL, and that the server runs"],
  [/^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, "unreachable", "it can't be reached from here"],
  [/^(ECONNRESET|EPIPE)$/, "closed", "the other end hung up"],
];

function explainTCP(error: unknown, { authority }: Place): DialError {
  if (error instanceof DialError) return error;
  const nodeCode = error === undefined ? "ECONNRESET" : codeOf(error);
  const [, code, advice] = TCP_FAILURES.find(([codes]) => codes.test(nodeCode)) ?? [
    undefined,
    "failed" as const,
    textOf(error),
  ];
  return new DialError(`no connection to ${authority}: ${advice}`, { code, cause: error });
}

function explainTLS(error: unknown, authority: string): DialError {
  const nodeCode = codeOf(error);
  if (/^(ERR_SSL_|EPROTO$)/.test(nodeCode)) {
    const advice = "is it a TLS server? For one without TLS use ws:";
    const message = `the TLS handshake with ${authority} failed (${nodeCode}): ${advice}`;
    return new DialError(message, { code: "tls", cause: error });
  }
  if (error === undefined || /^(ECONNRESET|EPIPE)$/.test(nodeCode)) {
    const advice = "is it a TLS server? For one without TLS use ws:";
    const message = `${authority} hung up during the TLS handshake: ${advice}`;
    return new DialError(message, { code: "closed", cause: error });
  }
  if (/CERT|SIGNATURE|ISSUER|CRL|HOSTNAME|_CA$|CHAIN/.test(nodeCode)) {
    const advice = "pass its CA's certificate as tls.ca, or check the host of the URL";
    const message = `the certificate of ${authority} is not trusted (${nodeCode}): ${advice}`;
    return new DialError(message, { code: "certificate", cause: error });
  }
  return new DialError(`the TLS handshake with ${authority} failed: ${textOf(error)}`, { code: "tls", cause: error });
}

function codeOf(error: unknown): string {
  const code: unknown = (Object(error) as { code?: unknown }).code;
  return typeof code === "string" ? code : "";
}
