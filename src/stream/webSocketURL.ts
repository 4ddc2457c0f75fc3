/** URLs and subprotocols as the `WebSocket` constructor takes them (WHATWG WebSockets §3.1). */
import { isToken } from "../handshake/headerGrammar.ts";

/**
 * The URL of a WebSocket: `http` becomes `ws`, `https` becomes `wss`, relative ones are resolved against `base`.
 * `SyntaxError` (a `DOMException`) for what can't be one.
 */
export function parseWebSocketURL(url: string | URL, base?: string | URL): URL {
  let parsed: URL;
  try {
    parsed = new URL(url, base);
  } catch {
    throw syntaxError(`"${String(url)}" is not a URL`);
  }
  if (parsed.protocol === "http:") parsed.protocol = "ws:";
  else if (parsed.protocol === "https:") parsed.protocol = "wss:";
  if (parsed.protocol !== "ws:" && parsed.protocol !== "wss:") {
    throw syntaxError(`a WebSocket's URL has the scheme ws, wss, http or https, not "${parsed.protocol}"`);
  }
  if (parsed.hash !== "" || parsed.href.endsWith("#")) throw syntaxError("a WebSocket's URL has no fragment");
  return parsed;
}

/** The subprotocols to offer. `SyntaxError` (a `DOMException`) for one that is no token, or comes twice. */
export function parseProtocols(protocols: string | Iterable<string> = []): string[] {
  const list = typeof protocols === "string" ? [protocols] : Array.from(protocols, String);
  const seen = new Set<string>();
  for (const protocol of list) {
    if (!isToken(protocol)) throw syntaxError(`"${protocol}" is not a subprotocol`);
    if (seen.has(protocol)) throw syntaxError(`the subprotocol "${protocol}" comes twice`);
    seen.add(protocol);
  }
  return list;
}

/** What a client asks for to reach a URL: the `Host` header and the request's target. */
export function requestFor(url: URL): { host: string; resource: string } {
  return { host: url.host, resource: url.pathname + url.search };
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, "SyntaxError");
}
