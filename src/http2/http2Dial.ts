/** Opens WebSockets over a client's HTTP/2 session, each on its own stream (RFC 8441). */
import { advice, requireKind } from "../core/options.ts";
import type { ByteTransport, OpeningAnswer, OpeningRequest } from "../transports/byteTransport.ts";
import { DialError } from "../transports/dialError.ts";
import type { Listener } from "../transports/nodeDuplex.ts";
import { onAbort } from "../transports/onAbort.ts";
import { firstOf } from "../transports/settlement.ts";
import { TransportError } from "../transports/transportError.ts";
import { pairsOf, valuesOf, type HeaderValues } from "./headerValues.ts";
import { LateStream } from "./lateStream.ts";
import { streamTransport, type NodeHttp2Stream, type NodeHttp2StreamSession } from "./streamTransport.ts";

/**
 * The part of an `http2.ClientHttp2Session` that is used.
 *
 * @see {@link http2Dial}
 */
export interface NodeHttp2Session extends NodeHttp2StreamSession {
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  request(headers: HeaderValues, options: { endStream: boolean }): NodeHttp2Stream;
  ping(callback: (error: Error | null) => void): boolean;
  readonly closed: boolean;
  readonly destroyed: boolean;
  readonly connecting: boolean;
  readonly remoteSettings?: { readonly enableConnectProtocol?: boolean | undefined };
}

/** For each session, settles when the other end has sent its settings. */
const courses = new WeakMap<NodeHttp2Session, Promise<unknown>>();

/**
 * Makes a `Dial` from a session, for `createWebSocketClass` or `connect(await dial(url), { url })`. Each WebSocket has
 * its own stream, so none waits for another. You own the session: while idle, it keeps the process running until you
 * close it.
 *
 * The dial waits for the server's settings. It rejects with a `DialError` with code `unsupported` if they do not allow
 * WebSockets, with a `TransportError` with code `lost` if the session has ended, or with the signal's reason. If the
 * server refuses, the error's `rejection` has status, headers and body, as over HTTP/1.1.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import http2 from "node:http2";
 * import type { AddressInfo } from "node:net";
 * import { extendedConnects, http2Dial } from "websocket-over/http2";
 * import { serve } from "websocket-over/stream";
 * import { createWebSocketClass } from "websocket-over/websocket";
 *
 * const server = http2.createServer();
 * void serve(extendedConnects(server), async (request) => (await request.accept()).send(`for ${request.target}`));
 * await once(server.listen(0, "127.0.0.1"), "listening");
 * const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
 *
 * const client = http2.connect(`http://${origin}`);
 * const WebSocket = createWebSocketClass(http2Dial(client)); // all sockets share one TCP connection
 * const socket = new WebSocket(`ws://${origin}/chat`);
 * socket.onmessage = ({ data }) => {
 *   console.log(data); // → for /chat
 *   socket.close();
 * };
 * await once(socket, "close");
 * client.close();
 * server.close();
 * ```
 */
export function http2Dial(
  session: NodeHttp2Session,
): (url: string | URL, protocols?: readonly string[], signal?: AbortSignal) => Promise<ByteTransport> {
  requireKind(
    "http2Dial() takes an HTTP/2 client session,",
    session,
    "{ request, ping }",
    advice({ charAt: "make one with http2.connect()", searchParams: "make one with http2.connect()" }),
  );
  return async (url, _protocols, signal) => {
    signal?.throwIfAborted();
    if (session.remoteSettings?.enableConnectProtocol !== true) {
      await firstOf<unknown>((resolve, reject) => {
        settled(session).then(resolve, reject);
        return [onAbort(signal, reject)];
      });
    }
    if (isOver(session)) throw lost();
    if (session.remoteSettings?.enableConnectProtocol !== true) {
      const advice =
        "the server must set SETTINGS_ENABLE_CONNECT_PROTOCOL; for HTTP/1.1 use dial() of websocket-over/node";
      throw new DialError(`no WebSockets over this HTTP/2 session: ${advice}`, { code: "unsupported" });
    }
    return transportOf(session, /^(wss|https):$/.test(new URL(url).protocol) ? "https" : "http");
  };
}

function isOver({ closed, destroyed }: NodeHttp2Session): boolean {
  return closed || destroyed;
}

function lost(cause?: unknown): TransportError {
  return new TransportError("lost", "the HTTP/2 session has ended: make a new one", { cause });
}

/** Resolves when the other end's settings have arrived. */
function settled(session: NodeHttp2Session): Promise<unknown> {
  let course = courses.get(session);
  if (course === undefined) courses.set(session, (course = firstSettings(session)));
  return course;
}

/**
 * Node does not say whether the settings have arrived. But the other end sends them first, so they precede the answer
 * to a ping.
 */
function firstSettings(session: NodeHttp2Session): Promise<unknown> {
  return firstOf<unknown>((resolve, reject) => {
    const ask = (): void => {
      try {
        session.ping((error) => (error === null ? resolve(undefined) : reject(lost(error))));
      } catch (error) {
        reject(lost(error));
      }
    };
    const listeners = {
      remoteSettings: resolve,
      connect: ask,
      error: (error: unknown) => reject(lost(error)),
      close: () => reject(lost()),
    };
    for (const [event, listener] of Object.entries(listeners)) session.on(event, listener);
    if (isOver(session)) reject(lost());
    else if (!session.connecting) ask();
    return Object.entries(listeners).map(
      ([event, listener]) =>
        () =>
          void session.off(event, listener),
    );
  });
}

/** Returns a transport whose request opens its stream. */
function transportOf(session: NodeHttp2Session, scheme: "http" | "https"): ByteTransport {
  const late = new LateStream();
  return {
    ...streamTransport(late),
    remoteAddress: session.socket?.remoteAddress,
    encrypted: session.encrypted === true,
    opening: { ask: (request) => ask(session, late, scheme, request) },
  };
}

function ask(
  session: NodeHttp2Session,
  late: LateStream,
  scheme: "http" | "https",
  { authority, target, headers }: OpeningRequest,
): Promise<OpeningAnswer> {
  return new Promise((resolve, reject) => {
    if (late.destroyed) throw new TransportError("closed", "the transport was closed");
    if (isOver(session)) throw lost();
    const stream = session.request(
      {
        ":method": "CONNECT",
        ":protocol": "websocket",
        ":scheme": scheme,
        ":authority": authority,
        ":path": target,
        ...valuesOf(headers),
      },
      { endStream: false },
    );
    stream.on("response", (answer: HeaderValues) => {
      resolve({ status: Number(answer[":status"]), headers: pairsOf(answer) });
    });
    stream.on("error", reject);
    stream.on("close", () => {
      const { rstCode = 0 } = stream;
      reject(new TransportError("reset", `the stream ended without a response, with code ${rstCode}`));
    });
    late.open(stream);
  });
}
