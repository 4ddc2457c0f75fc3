/** Turns the WebSockets that arrive at an HTTP/2 server into transports (RFC 8441). */
import { advice, checkOptions, refuse as refuseValue, requireKind, type OptionTable } from "../core/options.ts";
import { Arrivals } from "../transports/arrivals.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import type { Listener } from "../transports/nodeDuplex.ts";
import { report, warn } from "../transports/warn.ts";
import { pairsOf, valuesOf, type HeaderValues } from "./headerValues.ts";
import { streamTransport, type NodeHttp2Stream } from "./streamTransport.ts";
import { ignore } from "../transports/ignore.ts";

/**
 * The part of an `http2.Http2Server` or `http2.Http2SecureServer` that is used.
 *
 * @see {@link extendedConnects}
 */
export interface NodeHttp2Server {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  listenerCount(event: string): number;
  updateSettings?(settings: { enableConnectProtocol: boolean; initialWindowSize: number }): void;
}

/** The options of {@link extendedConnects}. */
export interface ExtendedConnectOptions {
  /** The most WebSockets that may wait to be taken. Further ones are reset. 128 by default. */
  readonly maxWaiting?: number | undefined;
  /**
   * Which requests to take, by their target; all by default. Others are answered with 404, unless another listener
   * handles streams.
   */
  readonly accepts?: ((target: string) => boolean) | undefined;
  /** Called when `accepts` throws. That request is answered with 500. By default the error is reported as a warning. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /**
   * How much a client may send on a stream that is not read, in bytes; 256 KiB by default. HTTP/2 sets this for all
   * streams of the server. A whole session may have 16 times as much in flight.
   */
  readonly windowBytes?: number | undefined;
}

const table: OptionTable<ExtendedConnectOptions> = {
  maxWaiting: "a number",
  accepts: "a function",
  onError: "a function",
  windowBytes: "a number",
};

/** The part of an `http2.ServerHttp2Stream` that is used. */
interface ServerStream extends NodeHttp2Stream {
  respond(headers: HeaderValues, options?: { endStream?: boolean }): void;
  readonly headersSent: boolean;
}

type Pairs = [name: string, value: string][];

interface ServerSession {
  setLocalWindowSize?(windowSize: number): void;
}

/** RFC 9113 §7; §8.1 defines its meaning after an answer. */
const NO_ERROR = 0;

const WINDOW_BYTES = 256 * 1024;

/** The most characters in the headers of a request, the same as for an HTTP/1.1 head. Node itself allows 64 KiB. */
const MAX_HEAD_BYTES = 16 * 1024;

/** How many streams may fill their windows at once. */
const FULL_STREAMS = 16;

/** The largest window of HTTP/2 (RFC 9113 §6.9.1). */
const LARGEST_WINDOW_BYTES = 2 ** 31 - 1;

/**
 * Yields the WebSocket requests that arrive at an `http2.Http2Server` or `http2.Http2SecureServer`. Each is a transport
 * that carries its request; `serve`, `accept`, `WebSocketServer` and the crossws adapter take it. Ends when the server
 * has closed. Leaving the loop stops it.
 *
 * Call it before `server.listen()`, because it makes the server announce support for such requests. The server may also
 * serve pages, with a `request` or `stream` listener. Requests without a listener are answered: CONNECT with 405, or
 * with 501 if its protocol is not `websocket`; requests for pages with 404. With `allowHTTP1`, use `upgrades(server)`
 * of `websocket-over/node` for the WebSockets of HTTP/1.1; a browser needs that for its first one.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import http2 from "node:http2";
 * import type { AddressInfo } from "node:net";
 * import { extendedConnects, http2Dial } from "websocket-over/http2";
 * import { connect, serve } from "websocket-over/stream";
 *
 * const server = http2.createServer(); // or createSecureServer
 * void serve(extendedConnects(server), async (request) => {
 *   const session = await request.accept();
 *   await session.send(`hello, ${request.target}`);
 * });
 * server.listen(0, "127.0.0.1");
 * await once(server, "listening");
 *
 * const { port } = server.address() as AddressInfo;
 * const client = http2.connect(`http://127.0.0.1:${port}`);
 * const url = new URL(`ws://127.0.0.1:${port}/chat`);
 * const session = await connect(await http2Dial(client)(url), { url });
 * console.log(await session.receive()); // → hello, /chat
 * await session.close();
 * client.close();
 * server.close();
 * ```
 */
export function extendedConnects(
  server: NodeHttp2Server,
  options: ExtendedConnectOptions = {},
): AsyncIterableIterator<ByteTransport> {
  requireKind(
    "extendedConnects() takes an HTTP/2 server,",
    server,
    "{ on, off, listenerCount }",
    advice({ charAt: "make one with http2.createServer()", toFixed: "make one with http2.createServer()" }),
  );
  // Only servers of HTTP/1.1 have a `maxHeadersCount`, and those of TCP and TLS have no `setTimeout`.
  const instead =
    "write" in server
      ? "socketTransport()"
      : "maxHeadersCount" in server
        ? "upgrades()"
        : "listen" in server && !("setTimeout" in server)
          ? "listen()"
          : "";
  if (instead !== "") {
    refuseValue("extendedConnects() takes an HTTP/2 server", server, () => `; use ${instead} of websocket-over/node`);
  }
  checkOptions("extendedConnects()", options, table);
  const { maxWaiting = 128, accepts = () => true, onError = warn, windowBytes = WINDOW_BYTES } = options;
  if (!(Number.isInteger(windowBytes) && windowBytes > 0 && windowBytes <= LARGEST_WINDOW_BYTES)) {
    throw new RangeError(`windowBytes must be 1 to 2^31 - 1, not ${String(windowBytes)}`);
  }
  const take = (
    stream: ServerStream,
    headers: HeaderValues,
    _flags: number,
    rawHeaders: string[] | undefined,
  ): void => {
    if (stream.headersSent || stream.destroyed) return;
    const isOurs = headers[":method"] === "CONNECT" && headers[":protocol"] === "websocket";
    const pairs = pairsOf(rawHeaders ?? headers);
    const status = isOurs ? admit(stream, String(headers[":path"]), pairs) : answerTo(headers);
    if (status === 200) arrivals.add(transportOf(stream, headers, pairs));
    else if (status !== undefined) refuse(stream, status);
  };
  /** Returns 200 to take the request, or the status of a refusal; `undefined` if another listener answers. */
  const admit = (stream: object, target: string, pairs: Pairs): number | undefined => {
    try {
      if (accepts(target)) return sizeOf(pairs) > MAX_HEAD_BYTES ? 431 : 200;
    } catch (error) {
      report(onError, error);
      return 500;
    }
    const count = (declined.get(stream) ?? 0) + 1;
    declined.set(stream, count);
    return count === callsFor.get(server) && isAlone(server, "connect") ? 404 : undefined;
  };
  /** Returns the status for any other request; `undefined` if another listener answers. */
  const answerTo = (headers: HeaderValues): number | undefined => {
    if (headers[":method"] !== "CONNECT") return isAlone(server, "request") ? 404 : undefined;
    if (!isAlone(server, "connect")) return undefined;
    return headers[":protocol"] === undefined ? 405 : 501;
  };
  const begin = (session: ServerSession): void => {
    // In Bun 1.4.4 the session accepts at most 64 KiB after this call.
    if ("Bun" in globalThis) return;
    session.setLocalWindowSize?.(Math.min(FULL_STREAMS * windowBytes, LARGEST_WINDOW_BYTES));
  };
  const end = (): void => arrivals.end();
  const listeners = { stream: take, session: begin, close: end, connect: ignore };
  const arrivals = new Arrivals<ByteTransport>(
    maxWaiting,
    () => {
      callsFor.set(server, (callsFor.get(server) ?? 1) - 1);
      for (const [event, listener] of Object.entries(listeners)) server.off(event, listener);
    },
    (transport) => transport.readable.cancel(),
  );
  callsFor.set(server, (callsFor.get(server) ?? 0) + 1);
  // With a `request` listener and no `connect` listener, Node answers each CONNECT with 405.
  for (const [event, listener] of Object.entries(listeners)) server.on(event, listener);
  server.updateSettings?.({ enableConnectProtocol: true, initialWindowSize: windowBytes });
  return arrivals;
}

/** How many calls of `extendedConnects` listen to each server, and how many have declined a stream. */
const callsFor = new WeakMap<NodeHttp2Server, number>();
const declined = new WeakMap<object, number>();

/**
 * Whether only this module listens for streams and for this event. Node adds a stream listener if there is a `request`
 * listener.
 */
function isAlone(server: NodeHttp2Server, event: "connect" | "request"): boolean {
  const calls = callsFor.get(server) ?? 0;
  const ofNode = server.listenerCount("request") > 0 ? 1 : 0;
  const own = event === "connect" ? calls : 0;
  return server.listenerCount("stream") === calls + ofNode && server.listenerCount(event) === own;
}

function sizeOf(pairs: Pairs): number {
  return pairs.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

function transportOf(stream: ServerStream, headers: HeaderValues, pairs: Pairs): ByteTransport {
  const { session } = stream;
  return {
    ...streamTransport(stream),
    remoteAddress: session?.socket?.remoteAddress,
    encrypted: session?.encrypted === true,
    opening: {
      request: {
        authority: String(headers[":authority"] ?? headers.host ?? ""),
        target: String(headers[":path"]),
        headers: pairs,
      },
      answer: ({ status, headers: own }) => {
        if (stream.destroyed) return;
        stream.respond({ ":status": status, ...valuesOf(own) });
      },
    },
  };
}

/** Answers without a body and stops reading the stream. */
function refuse(stream: ServerStream, status: number): void {
  stream.on("error", ignore);
  stream.respond({ ":status": status }, { endStream: true });
  stream.close(NO_ERROR);
}
