/** The client's way to a session: sends the request over a transport and waits for the answer. */
import { ClientConnection } from "../connection/clientConnection.ts";
import { resolveTiming } from "../core/deadlines.ts";
import { checkOptions, type OptionTable } from "../core/options.ts";
import { fastPaths } from "../core/runs/fastPaths.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { requireTransport } from "../transports/requireTransport.ts";
import { abortableTable, unlessAborted, type Abortable } from "./abortable.ts";
import { webSocketTable, type WebSocketOptions } from "./dial.ts";
import type { Driver } from "./driver.ts";
import { asking } from "./carriedOpening.ts";
import { open, orDiscard, prepare } from "./opening.ts";
import { withResolvers } from "./withResolvers.ts";
import { sessionOf, type WebSocketSession } from "./session.ts";
import { credentialsOf, parseProtocols, parseWebSocketURL, requestFor } from "./webSocketURL.ts";

/** The options of {@link connect}. */
export interface ConnectOptions extends WebSocketOptions, Abortable {
  /** The URL to request. `ws://localhost/` by default, for transports that lead to only one place. */
  readonly url?: string | URL | undefined;
  /** The subprotocols to offer, in order of preference. */
  readonly protocols?: string | readonly string[] | undefined;
  /** Additional headers, such as `Cookie` or `Authorization`. */
  readonly headers?: HeadersInit | undefined;
  /** The `Origin` header: what a browser would send for the page (RFC 6454 §7). */
  readonly origin?: string | undefined;
}

const table: OptionTable<ConnectOptions> = {
  ...webSocketTable,
  ...abortableTable,
  url: "a string or an object",
  protocols: "a string or an object",
};

/**
 * Opens a WebSocket over a transport. Takes ownership of the transport, and ends it if no session opens. Aborting the
 * signal cancels the opening; once open, the signal has no effect. Rejects with a `WebSocketError` if the connection
 * fails (`rejection` holds the server's answer, if there was one), or with a `SyntaxError` (a `DOMException`) if the
 * URL or a subprotocol is invalid. With `handshake: "none"` the session is open at once.
 *
 * @example
 * ```ts
 * import { accept, connect } from "websocket-over/stream";
 * import { pipe } from "websocket-over/pipe";
 *
 * const [near, far] = pipe();
 * void accept(far).then(async (request) => (await request.accept()).send(`welcome to ${request.target}`));
 * const session = await connect(near, { url: "wss://example.com/lobby" });
 * console.log(await session.receive()); // → welcome to /lobby
 * await session.close();
 * ```
 */
export async function connect(transport: ByteTransport, options: ConnectOptions = {}): Promise<WebSocketSession> {
  return (await openSession("connect()", transport, options)).session;
}

/** As {@link connect}, with the driver beside the session. `where` names the function in errors. */
export async function openSession(
  where: string,
  transport: ByteTransport,
  options: ConnectOptions,
): Promise<{ session: WebSocketSession; driver: Driver }> {
  requireTransport(where, transport);
  const checked = orDiscard(transport, () => checkOptions(where, options, table));
  const { url = "ws://localhost/", protocols, signal, onConnection, clock, ...rest } = checked;
  const { promise, resolve, reject } = withResolvers<WebSocketSession>();
  const driver: Driver = orDiscard(transport, () => {
    signal?.throwIfAborted();
    const subprotocols = parseProtocols(protocols);
    const parsed = parseWebSocketURL(url);
    const connectionOptions = {
      ...rest,
      fastPaths,
      ...requestFor(parsed),
      ...credentialsOf(parsed, rest.headers),
      subprotocols,
    };
    const timing = resolveTiming(rest);
    const prepared = prepare(ClientConnection, connectionOptions, onConnection);
    return open(
      prepared,
      transport,
      asking,
      { ...timing, clock },
      {
        established(event) {
          const { session, handle } = sessionOf(prepared.connection, driver, event);
          resolve(session);
          return handle;
        },
        failed: reject,
      },
    );
  });
  return { session: await unlessAborted(promise, signal, (reason) => driver.abort(reason)), driver };
}
