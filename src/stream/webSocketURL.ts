/**
 * URLs and subprotocols as the `WebSocket` constructor takes them (WHATWG WebSockets §3.1). No error repeats one: there are
 * secrets in both.
 */
import { latin1 } from "../core/bytes.ts";
import { base64 } from "../handshake/acceptKey.ts";
import { isToken } from "../handshake/headerGrammar.ts";
import { entriesOf } from "../handshake/headReader.ts";

/**
 * The URL of a WebSocket: `http` becomes `ws`, `https` becomes `wss`, relative ones are resolved against `base`.
 * `SyntaxError` (a `DOMException`) for what can't be one.
 */
export function parseWebSocketURL(url: string | URL, base?: string | URL): URL {
  let parsed: URL;
  try {
    parsed = new URL(url, base);
  } catch {
    throw syntaxError("this is not a URL, or a relative one without a base");
  }
  if (parsed.protocol === "http:") parsed.protocol = "ws:";
  else if (parsed.protocol === "https:") parsed.protocol = "wss:";
  if (parsed.protocol !== "ws:" && parsed.protocol !== "wss:") {
    throw syntaxError("a WebSocket's URL has the scheme ws, wss, http or https");
  }
  if (parsed.hash !== "" || parsed.href.endsWith("#")) throw syntaxError("a WebSocket's URL has no fragment");
  return parsed;
}

/** The subprotocols to offer. `SyntaxError` (a `DOMException`) for one that is no token, or comes twice. */
export function parseProtocols(protocols: string | Iterable<string> = []): string[] {
  const list = typeof protocols === "string" ? [protocols] : Array.from(protocols, String);
  const seen = new Set<string>();
  for (const [i, protocol] of list.entries()) {
    if (!isToken(protocol)) throw syntaxError(`subprotocol ${i + 1} is not a token (RFC 6455 §4.1)`);
    if (seen.has(protocol)) throw syntaxError(`subprotocol ${i + 1} was listed before`);
    seen.add(protocol);
  }
  return list;
}

/** What a client asks for to reach a URL: the `Host` header and the request's target. */
export function requestFor(url: URL): { host: string; resource: string } {
  return { host: url.host, resource: url.pathname + url.search };
}

/**
 * The headers of a client's request with the credentials of its URL, as Basic authorization (RFC 7617): user and password
 * are decoded to bytes. An `Authorization` among `headers` stays in their place. Empty for a URL that has none.
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
