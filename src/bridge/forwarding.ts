/** Which headers a gateway passes on, in both directions (RFC 9110 §7.6.1). */
import { refuse } from "../core/options.ts";
import { entriesOf } from "../handshake/headReader.ts";
import { isToken } from "../handshake/headerGrammar.ts";
import type { IncomingRequest } from "../stream/accept.ts";

type Fields = [name: string, value: string][];

/** What a {@link gateway} tells the upstream about the client. */
export interface ForwardingOptions {
  /** The request headers to pass on to the upstream, such as `Authorization` or `Accept-Language`. None by default. */
  readonly forwardHeaders?: readonly string[] | undefined;
  /** The names of the cookies to pass on. None by default; `Cookie` in `forwardHeaders` passes on all. */
  readonly forwardCookies?: readonly string[] | undefined;
  /** Headers to add to the request to the upstream, such as credentials of the gateway itself. */
  readonly headers?: HeadersInit | undefined;
  /**
   * `true`: a proxy in front of the gateway sets `X-Forwarded-*`, and they are passed on, with the proxy's address
   * added. By default they are replaced, because any client can make them up.
   */
  readonly trustForwarded?: boolean | undefined;
}

/** Headers of a request that the gateway or the handshake sets, or that belong to one hop. */
const OWN_OF_REQUEST =
  /^(host|origin|connection|upgrade|keep-alive|te|trailer|transfer-encoding|content-length|http2-settings|forwarded)$|^(proxy|sec-websocket|x-forwarded)-/;

/** Headers of an answer that the handshake sets, or that belong to one hop. */
const OWN_OF_ANSWER =
  /^(host|connection|upgrade|keep-alive|te|trailer|transfer-encoding|content-length)$|^(proxy|sec-websocket)-/;

/** Throws `TypeError` if an option is invalid. */
export function requireForwarding({ forwardHeaders = [], forwardCookies = [] }: ForwardingOptions): void {
  for (const [name, list] of Object.entries({ forwardHeaders, forwardCookies })) {
    if (!Array.isArray(list)) refuse(`gateway(): ${name} must be a list of names`, list);
    if (!list.every((entry) => typeof entry === "string" && isToken(entry))) {
      throw new TypeError(`gateway(): ${name} holds names; one of them is none`);
    }
  }
  const own = forwardHeaders.find((name) => OWN_OF_REQUEST.test(name.toLowerCase()));
  if (own !== undefined) {
    throw new TypeError(`gateway(): forwardHeaders can't hold ${own}, which the gateway sets; see its other options`);
  }
  if (forwardCookies.length > 0 && forwardHeaders.some((name) => name.toLowerCase() === "cookie")) {
    throw new TypeError("gateway(): forwardHeaders passes all cookies on already; leave out forwardCookies");
  }
}

/** The headers for the upstream. */
export function requestFields(request: IncomingRequest, options: ForwardingOptions): Fields {
  const { forwardHeaders = [], forwardCookies = [], headers = [], trustForwarded = false } = options;
  const own = entriesOf(headers);
  const isOwn = (name: string): boolean => own.some(([other]) => other.toLowerCase() === name.toLowerCase());
  const fields: Fields = [];
  const add = (name: string, value: string | null | undefined): void => {
    if (value !== null && value !== undefined && value !== "" && !isOwn(name)) fields.push([name, value]);
  };
  for (const name of new Set(forwardHeaders.map((given) => given.toLowerCase()))) add(name, request.headers.get(name));
  if (forwardCookies.length > 0) add("cookie", cookiesOf(request.headers.get("cookie") ?? "", forwardCookies));
  const before = (name: string): string | null => (trustForwarded ? request.headers.get(name) : null);
  const hops = [before("x-forwarded-for"), request.remoteAddress].filter((hop) => hop !== null && hop !== undefined);
  add("x-forwarded-for", hops.join(", "));
  add("x-forwarded-host", before("x-forwarded-host") ?? request.host);
  add("x-forwarded-proto", before("x-forwarded-proto") ?? (request.encrypted ? "https" : "http"));
  return [...fields, ...own];
}

/** The headers of the upstream's answer for the client. */
export function answerFields(headers: Headers): Fields {
  const ofHop = (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  return [...headers].filter(([name]) => !OWN_OF_ANSWER.test(name) && !ofHop.includes(name));
}

function cookiesOf(header: string, names: readonly string[]): string {
  const cookies = header.split(";").map((cookie) => cookie.trim());
  return cookies.filter((cookie) => names.includes(cookie.split("=")[0]!)).join("; ");
}
