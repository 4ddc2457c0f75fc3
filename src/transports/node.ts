/** Node's sockets as byte transports: TCP, TLS, and those of requests to upgrade. Works on Deno's and Bun's, too. */
import { advice, checkOptions, refuse, requireKind, type OptionTable } from "../core/options.ts";
import { Arrivals } from "./arrivals.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { ignore } from "./ignore.ts";
import { requireSocket, socketTransport, socketTransportFrom, type Listener, type NodeDuplex } from "./nodeDuplex.ts";
import { report, warn } from "./warn.ts";

export type { ByteTransport, TransportRequest } from "./byteTransport.ts";
export { DialError, type DialErrorCode } from "./dialError.ts";
export { dial, type DialOptions } from "./nodeDial.ts";
export { socketTransport, type NodeDuplex } from "./nodeDuplex.ts";

/** What is used of a `net.Server`, a `tls.Server` or an `http.Server`. */
export interface NodeServer {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  listenerCount?(event: string): number;
}

export interface ListenOptions {
  /** Most connections that may wait to be taken; further ones are destroyed. 128 by default, about what a system's listener holds. */
  readonly maxWaiting?: number;
}

export interface UpgradeOptions extends ListenOptions {
  /** Which requests to take, by their target; others are left to other listeners. All by default. */
  readonly accepts?: (target: string) => boolean;
  /** Called when `accepts` throws; that connection is destroyed. By default the error is reported as a warning. */
  readonly onError?: (error: unknown) => void;
}

const listenTable: OptionTable<ListenOptions> = { maxWaiting: "a number" };

const upgradesTable: OptionTable<UpgradeOptions> = { ...listenTable, accepts: "a function", onError: "a function" };

/**
 * The connections of a `net.Server` or a `tls.Server`, as they come. It listens to the server's events alone:
 * `server.listen()` and `server.close()` stay yours. Ends when the server has closed; leaving the loop stops it.
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
  checkOptions("listen()", options, listenTable);
  // A `tls.Server` is a `net.Server`, too, and tells of the connections beneath as well.
  const event = "setSecureContext" in server ? "secureConnection" : "connection";
  return arrivalsOf(server, event, options, (socket: NodeDuplex) => socketTransport(socket));
}

function requireServer(where: string, server: NodeServer): void {
  const given: unknown = server;
  if ("on" in Object(given) && !("write" in Object(given))) return;
  const instead = {
    charAt: "make one by createServer()",
    toFixed: "make one by createServer()",
    write: "use socketTransport()",
  };
  refuse(`${where} takes a server of Node's, { on, off }`, given, advice(instead));
}

/** What is used of an `http.IncomingMessage`. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/**
 * The requests to upgrade that come to an `http.Server` or an `https.Server`, each as a transport with its `request`, as
 * `accept` and `serve` take it. If `accepts` declines a request, it is left to the server's other `upgrade` listeners; if
 * there are none, its connection is destroyed.
 */
export function upgrades(server: NodeServer, options: UpgradeOptions = {}): AsyncIterableIterator<ByteTransport> {
  requireServer("upgrades()", server);
  checkOptions("upgrades()", options, upgradesTable);
  const { accepts = () => true, onError = warn } = options;
  return arrivalsOf(server, "upgrade", options, (request: NodeRequest, socket: NodeDuplex, head: Uint8Array) => {
    let isLost = server.listenerCount?.("upgrade") === 1; // if it is declined
    try {
      if (accepts(request.url ?? "")) return upgradeTransport(request, socket, head);
    } catch (error) {
      isLost = true;
      report(onError, error);
    }
    socket.on("error", ignore); // without a listener, a reset by the client would end the process
    if (isLost) socket.destroy();
    return undefined;
  });
}

/** What Node's `upgrade` event brings, as a transport with its `request`. */
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
