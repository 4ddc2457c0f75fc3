/** The request of a connection that is open from the beginning: as somebody else has read it, or made up. */
import type { ConnectionRequested } from "../core/events.ts";
import { parseExtensions, parseTokens } from "../handshake/headerGrammar.ts";
import { entriesOf, headersOf } from "../handshake/headReader.ts";
import { requestURL } from "../handshake/requestTarget.ts";
import type { ParsedRequest } from "../handshake/serverHandshake.ts";

/** `TypeError` for a request that makes no URL, or has a header that is none. */
export function agreedRequest(
  request: ParsedRequest | undefined,
  subprotocol: string | undefined,
): ConnectionRequested {
  if (request === undefined) {
    return {
      type: "connectionRequested",
      target: "/",
      url: new URL("ws://localhost/"),
      host: "",
      origin: undefined,
      headers: new Headers(),
      subprotocols: subprotocol === undefined ? [] : [subprotocol],
      extensions: [],
    };
  }
  const { target } = request;
  const headers = headersOf(entriesOf(request.headers));
  const host = headers.get("host") ?? "";
  const url = requestURL(target, host === "" ? "localhost" : host);
  if (url === undefined) throw new TypeError("the target and the Host of the request make no URL");
  return {
    type: "connectionRequested",
    target,
    url,
    host,
    origin: headers.get("origin") ?? undefined,
    headers,
    subprotocols: parseTokens(headers.get("sec-websocket-protocol") ?? "") ?? [],
    extensions: parseExtensions(headers.get("sec-websocket-extensions") ?? "") ?? [],
  };
}
