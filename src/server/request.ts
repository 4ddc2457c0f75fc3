/** The request that opened a connection, as the part of Node's IncomingMessage that server libraries read. */
import type { ConnectionRequested } from "../core/events.ts";
import { requestURL } from "../handshake/requestTarget.ts";
import type { TransportSocket } from "./transportSocket.ts";

/**
 * A client's request, as a {@link WebSocketServer} passes it to listeners and callbacks: the members of Node's
 * `http.IncomingMessage` that libraries use.
 */
export interface UpgradeRequest {
  readonly method: "GET";
  /** The request target as received, such as `/chat?room=1`. */
  readonly url: string;
  readonly httpVersion: "1.1";
  /** Keyed by lower-case name. The values of a repeated header are joined by a comma, cookies by a semicolon. */
  readonly headers: Record<string, string | undefined>;
  /** In place of Node's TCP socket. Little is known of a transport. */
  readonly socket: TransportSocket;
  /** The same as {@link socket}, by its old name. */
  readonly connection: TransportSocket;
}

/** The URL of a request. For a target in absolute form, uses its path (RFC 9112 §3.2.2). */
export function urlOf({ url, headers }: UpgradeRequest, encrypted = false): URL | undefined {
  return requestURL(url, headers.host ?? "", encrypted);
}

export function upgradeRequest({ target, headers }: ConnectionRequested, socket: TransportSocket): UpgradeRequest {
  // `fromEntries` defines properties, so a header named `__proto__` is safe.
  return {
    method: "GET",
    url: target,
    httpVersion: "1.1",
    headers: Object.fromEntries(headers),
    socket,
    connection: socket,
  };
}
