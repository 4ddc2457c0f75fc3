/** The request that opened a connection, in the shape of Node's IncomingMessage, as far as a server library reads it. */
import type { ConnectionRequested } from "../core/events.ts";
import { requestURL } from "../handshake/requestTarget.ts";
import type { TransportSocket } from "./transportSocket.ts";

export interface UpgradeRequest {
  readonly method: "GET";
  /** The request-target as it came, such as `/chat?room=1`. */
  readonly url: string;
  readonly httpVersion: "1.1";
  /** By names in lower case; the values of a header that came twice are joined by a comma, cookies by a semicolon. */
  readonly headers: Record<string, string | undefined>;
  /** What Node has the TCP socket for: little is known of a transport. */
  readonly socket: TransportSocket;
  /** The same, by its old name. */
  readonly connection: TransportSocket;
}

/** What a request asks for, with the path that a target in absolute form has (RFC 9112 §3.2.2). */
export function urlOf({ url, headers }: UpgradeRequest, encrypted = false): URL | undefined {
  return requestURL(url, headers.host ?? "", encrypted);
}

export function upgradeRequest({ target, headers }: ConnectionRequested, socket: TransportSocket): UpgradeRequest {
  // `fromEntries` defines properties, so that a header named `__proto__` is one like any other.
  return {
    method: "GET",
    url: target,
    httpVersion: "1.1",
    headers: Object.fromEntries(headers),
    socket,
    connection: socket,
  };
}
