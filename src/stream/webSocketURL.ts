/**
 * URLs and subprotocols as the `WebSocket` constructor takes them (WHATWG WebSockets §3.1). Errors never repeat them,
 * because both may contain secrets.
 */
import { latin1 } from "../core/bytes.ts";
import { base64 } from "../handshake/acceptKey.ts";
import { isToken } from "../handshake/headerGrammar.ts";
import { entriesOf } from "../handshake/headReader.ts";

/**
 * Parses the URL of a WebSocket. `http` becomes `ws`, `https` becomes `wss`; a relative URL is resolved against `base`.
 * Throws a `SyntaxError` (a `DOMException`) if it is invalid.
 */
export function parseWebSocketURL(url: string | URL, base?: string | URL): URL {
  let parsed: URL;
  try {
    parsed = new URL(url, base);
  } catch {
    throw syntaxError("this is not a URL, or it is relative and has no base");
  }
  if (parsed.protocol === "http:") parsed.protocol = "ws:";
  else if (parsed.protocol === "https:") parsed.protocol = "wss:";
  if (parsed.protocol !== "ws:" && parsed.protocol !== "wss:") {
    throw syntaxError("the URL's scheme must be ws, wss, http or https");
  }
  if (parsed.hash !== "" || parsed.href.endsWith("#")) throw syntaxError("the URL must not have a fragment");
  return parsed;
}

/**
 * Parses the subprotocols to offer. Throws a `SyntaxError` (a `DOMException`) if one is not a token or appears more
 * than once.
 */
export function parseProtocols(protocols: string | Iterable<string> = []): string[] {
  const list = typeof protocols === "string" ? [protocols] : Array.from(protocols, String);
  const seen = new Set<string>();
  for (const [i, protocol] of list.entries()) {
    if (!isToken(protocol)) throw syntaxError(`subprotocol ${i + 1} is not a token (RFC 6455 §4.1)`);
    if (seen.has(protocol)) throw syntaxError(`subprotocol ${i + 1} is a duplicate`);
    seen.add(protocol);
  }
  return list;
}

/** The `Host` header and the request target for a URL. */
export function requestFor(url: URL): { host: string; resource: string } {
  return { host: url.host, resource: url.pathname + url.search };
}

/**
 * Returns a client's request headers with the URL's credentials as Basic authorization (RFC 7617). User and password
 * are percent-decoded to bytes. An `Authorization` among `headers` takes precedence. Empty if the URL has no
 * credentials.
 */
export function credentialsOf({ username, password }: URL, headers: HeadersInit = []): { headers?: HeadersInit } {
  if (username === "" && password === "") return {};
  const entries = entriesOf(headers);
  if (!entries.some(([name]) => name.toLowerCase() === "authorization")) {
    const decoded = `${username}:${password}`.replace(/%([\da-f]{2})/gi, (_, byte: string) =>
      String.fromCharCode(parseInt(byte, 16)),
    );
    entries.push(["Authorization", `Basic ${base64(latin1(decoded))}`]);
  }
  return { headers: entries };
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, "SyntaxError");
}
