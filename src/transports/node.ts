/**
 * Node's sockets as byte transports: `dial` reaches any server by its URL; TCP and TLS sockets, listeners and
 * `upgrade` requests. Also works with Deno's and Bun's `node:net`.
 *
 * @module websocket-over/node
 */
import { advice, checkOptions, refuse, requireKind, type OptionTable } from "../core/options.ts";
import { parseTarget } from "../handshake/requestTarget.ts";
import { Arrivals } from "./arrivals.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { ignore } from "./ignore.ts";
import { requireSocket, socketTransport, socketTransportFrom, type Listener, type NodeDuplex } from "./nodeDuplex.ts";
import { report, warn } from "./warn.ts";

export type { ByteTransport, TransportRequest } from "./byteTransport.ts";
export { DialError, type DialErrorCode } from "./dialError.ts";
export { dial, type DialOptions } from "./nodeDial.ts";
export { requestListener, type NodeIncomingMessage, type NodeServerResponse } from "./nodeRequestListener.ts";
export { socketTransport, type NodeDuplex } from "./nodeDuplex.ts";

/**
 * The part of a `net.Server`, `tls.Server` or `http.Server` that is used.
 *
 * @see {@link listen}
 */
export interface NodeServer {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  listenerCount?(event: string): number;
}

/** The options of {@link listen}. */
export interface ListenOptions {
  /**
   * The most connections that may wait to be taken. Further ones are destroyed. 128 by default, about the backlog of a
   * system's listener.
   */
  readonly maxWaiting?: number | undefined;
}

/** The options of {@link upgrades}. */
export interface UpgradeOptions extends ListenOptions {
  /** Which requests to take, by path and query of their target; all by default. Others are left to other listeners. */
  readonly accepts?: ((target: string) => boolean) | undefined;
  /** Called when `accepts` throws. That connection is destroyed. By default the error is reported as a warning. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const listenTable: OptionTable<ListenOptions> = { maxWaiting: "a number" };

const upgradesTable: OptionTable<UpgradeOptions> = { ...listenTable, accepts: "a function", onError: "a function" };

/**
 * Yields the connections of a `net.Server` or `tls.Server` as they arrive. It only listens to the server's events: you
 * call `server.listen()` and `server.close()`. Ends when the server has closed. Leaving the loop stops it.
 *
 * @example
 * ```ts
 * import { connect as connectTCP, createServer, type AddressInfo } from "node:net";
 * import { listen, socketTransport } from "websocket-over/node";
 * import { connect, serve } from "websocket-over/stream";
 *
 * const tcp = createServer().listen(0, "127.0.0.1");
 * const served = serve(listen(tcp), async (request) => {
 *   const session = await request.accept();
 *   await session.send(`hello, ${request.target}`);
 * });
 * await new Promise((resolve) => tcp.once("listening", resolve));
 * const { port } = tcp.address() as AddressInfo;
 * const session = await connect(socketTransport(connectTCP(port, "127.0.0.1")), { url: `ws://127.0.0.1:${port}/tcp` });
 * console.log(await session.receive()); // → hello, /tcp
 * await session.close();
 * tcp.close();
 * await served;
 * ```
 */
export function listen(server: NodeServer, options: ListenOptions = {}): AsyncIterableIterator<ByteTransport> {
  requireServer("listen()", server);
  // Only servers of HTTP have a `setTimeout`. They would read the same bytes.
  if ("setTimeout" in server) {
    const instead = "updateSettings" in server ? "extendedConnects() of websocket-over/http2" : "upgrades()";
    refuse("listen() takes a server of TCP or TLS", server, () => `; use ${instead}`);
  }
  checkOptions("listen()", options, listenTable);
  // A `tls.Server` is also a `net.Server`, and emits events for the underlying connections too.
  const event = "setSecureContext" in server ? "secureConnection" : "connection";
  return arrivalsOf(server, event, options, (socket: NodeDuplex) => socketTransport(socket));
}

function requireServer(where: string, server: NodeServer): void {
  const given: unknown = server;
  if ("on" in Object(given) && !("write" in Object(given))) return;
  const instead = {
    charAt: "make one with createServer()",
    toFixed: "make one with createServer()",
    write: "use socketTransport()",
  };
  refuse(`${where} takes a Node server, { on, off }`, given, advice(instead));
}

/**
 * The part of an `http.IncomingMessage` that is used.
 *
 * @see {@link upgradeTransport}
 */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/**
 * Yields the upgrade requests that arrive at an `http.Server` or `https.Server`. Each is a transport with its
 * `request`, for `accept` or `serve`. If `accepts` declines a request, it is left to the server's other `upgrade`
 * listeners; if there are none, its connection is destroyed.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import { createServer } from "node:http";
 * import type { AddressInfo } from "node:net";
 * import { dial, upgrades } from "websocket-over/node";
 * import { connect, serve } from "websocket-over/stream";
 *
 * const http = createServer((_, response) => response.end("a page"));
 * const chat = upgrades(http, { accepts: (target) => target.startsWith("/chat") });
 * void serve(chat, async (request) => (await request.accept()).send(`welcome to ${request.target}`));
 * await once(http.listen(0, "127.0.0.1"), "listening");
 *
 * const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/chat`;
 * const session = await connect(await dial(url), { url });
 * console.log(await session.receive()); // → welcome to /chat
 * await session.close();
 * http.close();
 * ```
 */
export function upgrades(server: NodeServer, options: UpgradeOptions = {}): AsyncIterableIterator<ByteTransport> {
  requireServer("upgrades()", server);
  // Of real servers only those that speak HTTP/1.1 have a `headersTimeout`. The others never emit `upgrade`.
  const ofHTTP2 = "use extendedConnects() of websocket-over/http2";
  const instead =
    !("listen" in server) || "headersTimeout" in server
      ? undefined
      : !("updateSettings" in server)
        ? "use listen(), which reads the request itself"
        : "setSecureContext" in server
          ? `make it with allowHTTP1, or ${ofHTTP2}`
          : ofHTTP2;
  if (instead !== undefined) refuse("upgrades() takes an HTTP/1.1 server", server, () => `; ${instead}`);
  checkOptions("upgrades()", options, upgradesTable);
  const { accepts = () => true, onError = warn } = options;
  return arrivalsOf(server, "upgrade", options, (request: NodeRequest, socket: NodeDuplex, head: Uint8Array) => {
    let isLost = server.listenerCount?.("upgrade") === 1; // if it is declined
    try {
      const { url: target = "" } = request;
      if (accepts(parseTarget(target)?.resource ?? target)) return upgradeTransport(request, socket, head);
    } catch (error) {
      isLost = true;
      report(onError, error);
    }
    socket.on("error", ignore); // without a listener, a reset by the client would end the process
    if (isLost) socket.destroy();
    return undefined;
  });
}

/**
 * Makes a transport with its `request` from the arguments of Node's `upgrade` event.
 *
 * Takes ownership of the socket. Throws `TypeError` if an argument is of another kind.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import { createServer } from "node:http";
 * import type { AddressInfo } from "node:net";
 * import { dial, upgradeTransport } from "websocket-over/node";
 * import { WebSocketServer } from "websocket-over/server";
 * import { connect } from "websocket-over/stream";
 *
 * const server = new WebSocketServer();
 * server.on("connection", (peer) => peer.send("hello"));
 * const http = createServer();
 * http.on("upgrade", (request, socket, head) => server.handleTransport(upgradeTransport(request, socket, head)));
 * await once(http.listen(0, "127.0.0.1"), "listening");
 *
 * const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`;
 * const session = await connect(await dial(url), { url });
 * console.log(await session.receive()); // → hello
 * await session.close();
 * http.close();
 * ```
 */
export function upgradeTransport(request: NodeRequest, socket: NodeDuplex, head: Uint8Array): ByteTransport {
  requireKind("upgradeTransport() takes a request,", request, "{ method, url, rawHeaders }");
  requireSocket("upgradeTransport()", socket);
  const { method = "", url: target = "", rawHeaders } = request;
  const headers: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) headers.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
  return { ...socketTransportFrom(socket, head), request: { method, target, headers } };
}

function arrivalsOf(
  server: NodeServer,
  event: string,
  { maxWaiting = 128 }: ListenOptions,
  toTransport: (...given: never[]) => ByteTransport | undefined,
): AsyncIterableIterator<ByteTransport> {
  const take = (...given: Parameters<Listener>): void => {
    const transport = toTransport(...(given as never[]));
    if (transport !== undefined) arrivals.add(transport);
  };
  const end = (): void => arrivals.end();
  const arrivals = new Arrivals<ByteTransport>(
    maxWaiting,
    () => {
      server.off(event, take);
      server.off("close", end);
    },
    (transport) => transport.close?.(),
  );
  server.on(event, take);
  server.on("close", end);
  return arrivals;
}
