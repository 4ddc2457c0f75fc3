/** The target of a request (RFC 9112 §3.2) in origin form or absolute form, and its URL. */
import { isHost } from "./headerGrammar.ts";

export interface RequestTarget {
  /** Set for a target in absolute form. `http` becomes `ws`, and `https` becomes `wss`. */
  readonly scheme: "ws" | "wss" | undefined;
  /** Set for a target in absolute form. Takes precedence over the `Host` header (§3.2.2). */
  readonly authority: string | undefined;
  /** The target in origin form: the path, `/` if there is none, and the query, if any. */
  readonly resource: string;
}

/**
 * Parses a target. Returns `undefined` if it has neither form, has a fragment, contains user information (RFC 9110
 * §4.2.4), or is not a valid URL.
 */
export function parseTarget(target: string): RequestTarget | undefined {
  if (!/^[\x21\x22\x24-\x7e]+$/.test(target)) return undefined;
  if (target.startsWith("/")) return { scheme: undefined, authority: undefined, resource: target };
  const [, secure, authority = "", rest = ""] = /^(?:http|ws)(s?):\/\/([^/?]*)(.*)$/i.exec(target) ?? [];
  const parsed = {
    scheme: secure === "" ? ("ws" as const) : ("wss" as const),
    authority,
    resource: rest.startsWith("/") ? rest : `/${rest}`,
  };
  return isHost(authority) && urlOf(parsed, "") !== undefined ? parsed : undefined;
}

/**
 * The URL of a target, with the scheme `ws` or `wss`. A target in origin form takes its host from `host`, the value of
 * the `Host` header, and its scheme from `encrypted`. Returns `undefined` if the result is not a valid URL.
 */
export function urlOf(
  { scheme, authority, resource }: RequestTarget,
  host: string,
  encrypted = false,
): URL | undefined {
  try {
    return new URL(`${scheme ?? (encrypted ? "wss" : "ws")}://${authority ?? host}${resource}`);
  } catch {
    return undefined;
  }
}

/**
 * Parses a target and makes its URL; see {@link parseTarget} and {@link urlOf}. Returns `undefined` if the target, or a
 * host that it needs, is malformed.
 */
export function requestURL(target: string, host: string, encrypted?: boolean): URL | undefined {
  const parsed = parseTarget(target);
  if (parsed === undefined || !isHost(parsed.authority ?? host)) return undefined;
  return urlOf(parsed, host, encrypted);
}
