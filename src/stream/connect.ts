/** The client's way to a session: asks over a transport, and waits for the answer. */
import { WSConnection, type SharedOptions } from "../connection/wsConnection.ts";
import { resolveTiming } from "../core/deadlines.ts";
import type { ConnectionEstablished, WSEvent } from "../core/events.ts";
import type { ByteTransport } from "../transports/byteTransport.ts";
import { unlessAborted, type Abortable } from "./abortable.ts";
import type { ClockOption } from "./clock.ts";
import type { ConnectionHook } from "./connectionHook.ts";
import { Driver, type EventHandler } from "./driver.ts";
import { WebSocketSession } from "./session.ts";
import { explain, RejectionReader } from "./webSocketError.ts";
import { parseProtocols, parseWebSocketURL, requestFor } from "./webSocketURL.ts";

export interface ConnectOptions extends SharedOptions, Abortable, ConnectionHook, ClockOption {
  /** What to ask for; `ws://localhost/` by default, for transports that lead to one place anyway. */
  readonly url?: string | URL;
  /** The subprotocols to offer, in order of preference. */
  readonly protocols?: string | readonly string[];
  /** Further headers, such as `Cookie` or `Authorization`. */
  readonly headers?: HeadersInit;
  /** What a browser would say of the page (RFC 6454 §7). */
  readonly origin?: string;
}

/**
 * Opens a WebSocket over a transport, which is the session's from now on. The signal gives up the opening, and is not
 * heeded after that. Rejected with a `WebSocketError` if the connection can't be had (its `rejection` is the server's answer,
 * where there was one), or a `SyntaxError` (a `DOMException`) for a URL or subprotocol that can't be. With
 * `handshake: "none"` the session is open at once.
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
  const { url = "ws://localhost/", protocols, signal, onConnection, clock, ...rest } = options;
  signal?.throwIfAborted();
  const subprotocols = parseProtocols(protocols);
  const connectionOptions = { ...rest, ...requestFor(parseWebSocketURL(url)), subprotocols };
  const connection = new WSConnection("client", connectionOptions);
  onConnection?.(connection, connectionOptions);
  const { session, driver } = openSession(connection, transport, { ...rest, clock }, () => undefined);
  return await unlessAborted(session, signal, () => driver.abort(signal?.reason));
}

/** Runs a connection until it is open. The events before that, and the last one if it never is, go to `opening`, too. */
export function openSession(
  connection: WSConnection,
  transport: ByteTransport,
  options: SharedOptions & ClockOption,
  opening: (event: WSEvent) => void,
): { session: Promise<WebSocketSession>; driver: Driver } {
  const { closeTimeoutMs } = resolveTiming(options);
  const rejection = new RejectionReader();
  let handle: EventHandler | undefined;
  let driver!: Driver;
  const session = new Promise<WebSocketSession>((resolve, reject) => {
    driver = new Driver(
      connection,
      transport,
      closeTimeoutMs,
      (event) => {
        if (handle !== undefined) return handle(event);
        opening(event);
        switch (event.type) {
          case "connectionEstablished":
            resolve(establish(event));
            break;
          case "connectionRejected":
          case "rejectionData":
            rejection.add(event);
            break;
          case "connectionClosed":
            reject(explain(event, driver.fault, rejection.rejection));
            break;
          default:
        }
        return undefined;
      },
      options.clock,
    );
    const establish = (event: ConnectionEstablished): WebSocketSession =>
      new WebSocketSession(connection, driver, event, (next) => (handle = next));
  });
  return { session, driver };
}
