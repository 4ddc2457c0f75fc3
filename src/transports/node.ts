/** Node's sockets as byte transports: TCP, TLS, and those of requests to upgrade. Works on Deno's and Bun's, too. */
import { advice, checkOptions, refuse, requireKind, type OptionTable } from "../core/options.ts";
import { Arrivals } from "./arrivals.ts";
import type { ByteTransport } from "./byteTransport.ts";
import { ignore } from "./ignore.ts";
import { listenTo, type Listenable } from "./listeners.ts";
import { report, warn } from "./warn.ts";

export type { ByteTransport, TransportRequest } from "./byteTransport.ts";

/** Its arguments are those of Node's own types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Listener = (...given: any[]) => void;

/** What is used of a `net.Socket`, a `tls.TLSSocket` or another `stream.Duplex`. */
export interface NodeDuplex {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  pause(): unknown;
  resume(): unknown;
  write(chunk: Uint8Array, callback: (error?: Error | null) => void): boolean;
  end(callback: (error?: Error | null) => void): unknown;
  destroy(error?: Error): unknown;
  resetAndDestroy?(): unknown;
  readonly destroyed: boolean;
  readonly readableEnded: boolean;
  readonly writableEnded?: boolean;
  readonly writableFinished?: boolean;
  readonly connecting?: boolean;
  allowHalfOpen: boolean;
  setNoDelay?(noDelay: boolean): unknown;
  readonly remoteAddress?: string | undefined;
  readonly encrypted?: boolean | undefined;
}

/** How much may wait to be read before the socket is paused, in bytes: about one chunk of it. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * A socket as a transport, which is the transport's own from now on. Nothing is lost of what it brings before it is read,
 * and it is paused while it is not. A write is done when the system has taken it. Cancelling `readable` or aborting
 * `writable` resets the connection in both directions; pending reads and writes fail with the reason. Unix domain
 * sockets, TLS sockets and sockets whose writer is closing can't be reset: they are closed instead. If the socket closes
 * before its end came, both streams fail.
 */
export function socketTransport(socket: NodeDuplex): ByteTransport {
  requireSocket("socketTransport()", socket);
  return transportOf(socket);
}

function requireSocket(where: string, socket: NodeDuplex): void {
  requireKind(
    `${where} takes a socket,`,
    socket,
    "{ pause, resume, write, end, destroy }",
    advice({
      charAt: "to dial a URL use dial()",
      searchParams: "to dial a URL use dial()",
      listen: "use listen() or upgrades()",
    }),
  );
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

/** `head` holds bytes that were read from the socket already. */
function transportOf(socket: NodeDuplex, head?: Uint8Array): ByteTransport {
  // The transport ends its two directions itself.
  socket.allowHalfOpen = true;
  socket.setNoDelay?.(true);
  let incoming!: ReadableStreamDefaultController<Uint8Array>;
  let outgoing!: WritableStreamDefaultController;
  let readingOver = false;
  let writingOver = false;
  /** Rejects the pending write or close. */
  let giveUp: (error: unknown) => void = ignore;
  let settle!: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));

  const endReading = (how: () => void): void => {
    if (readingOver) return;
    readingOver = true;
    how();
    if (writingOver) socket.destroy(); // not every `Duplex` destroys itself
  };
  /** Fails both streams, as far as they are open, and destroys the socket. */
  const fail = (error: unknown): void => {
    endReading(() => incoming.error(error));
    outgoing.error(error);
    giveUp(error);
    socket.destroy();
  };
  /** Closes the socket, by a reset where TCP lies right below, so that the other end does not take it for the end. */
  const reset = (reason: unknown): void => {
    giveUp(reason);
    // Node delays a reset until the socket has connected. During a shutdown a reset fails and leaves the file open.
    const isEnding = socket.writableEnded === true && socket.writableFinished !== true;
    try {
      if (socket.encrypted !== true && socket.connecting !== true && !isEnding) socket.resetAndDestroy?.();
    } catch {
      // Not a TCP socket.
    }
    socket.destroy();
  };
  /** Runs a socket operation; settles when it calls back, or when `giveUp` is called. */
  const done = (start: (callback: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      giveUp = reject;
      start((error) => (error ? reject(error) : resolve()));
    });

  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        incoming = controller;
        if (head !== undefined && head.length > 0) controller.enqueue(head);
      },
      pull: () => void socket.resume(),
      cancel(reason: unknown = new Error("the reader gave up")) {
        readingOver = true;
        outgoing.error(reason);
        reset(reason);
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
  );
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      outgoing = controller;
      const { signal } = controller;
      // At once, where the sink's own `abort` would wait for a write that waits.
      signal.addEventListener("abort", () => {
        reset(signal.reason);
        // If the reader is cancelled in the same turn, the cancellation must not fail.
        queueMicrotask(() => endReading(() => incoming.error(signal.reason)));
      });
    },
    write(chunk) {
      if (!(chunk instanceof Uint8Array)) {
        const error = new TypeError("a socket carries Uint8Array chunks");
        reset(error);
        throw error;
      }
      if (chunk.length === 0) return undefined;
      return done((callback) => void socket.write(chunk, callback));
    },
    async close() {
      await done((callback) => void socket.end(callback));
      writingOver = true;
      if (readingOver) socket.destroy();
    },
  });

  /** The socket has closed. Late errors may follow, and without a listener they would end the process. */
  const end = (error: Error): void => {
    fail(error);
    socket.on("error", ignore);
    stopListening();
    settle();
  };
  const emitter: Listenable = {
    addEventListener: (type, listener) => void socket.on(type, listener),
    removeEventListener: (type, listener) => void socket.off(type, listener),
  };
  const stopListening = listenTo(emitter, {
    data(chunk: unknown) {
      if (readingOver) return;
      if (!(chunk instanceof Uint8Array)) fail(new TypeError("the socket brought something that is not bytes"));
      else if (chunk.length > 0) {
        incoming.enqueue(chunk);
        if ((incoming.desiredSize ?? 0) <= 0) socket.pause();
      }
    },
    end: () => endReading(() => incoming.close()),
    error: fail,
    close: () => end(new Error("the socket was closed")),
  });
  if (socket.destroyed) end(new Error("the socket is closed already"));
  else if (socket.readableEnded) endReading(() => incoming.close());
  return {
    readable,
    writable,
    closed,
    close() {
      endReading(() => incoming.close());
      fail(new Error("the transport was closed"));
    },
    remoteAddress: socket.remoteAddress,
    encrypted: socket.encrypted === true,
  };
}

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
  return { ...transportOf(socket, head), request: { method, target, headers } };
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
