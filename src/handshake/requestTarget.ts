/** The target of a request (RFC 9112 §3.2) in origin form or in absolute form, and the URL that it stands for. */
import { isHost } from "./headerGrammar.ts";

export interface RequestTarget {
  /** Of a target in absolute form; `http` is `ws` here, and `https` is `wss`. */
  readonly scheme: "ws" | "wss" | undefined;
  /** Of a target in absolute form. It stands above the `Host` header (§3.2.2). */
  readonly authority: string | undefined;
  /** The target in origin form: a path, `/` if there is none, and perhaps a query. */
  readonly resource: string;
}

/**
 * Takes a target apart. `undefined` if it is in neither form, has a fragment, names a user (RFC 9110 §4.2.4), or is no URL.
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
 * The URL of a target, with the scheme `ws` or `wss`. One in origin form is completed by `host`, the value of the `Host`
 * header, and by whether the transport is encrypted. `undefined` if that makes none.
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

/** Parses a target and makes its URL; see {@link parseTarget} and {@link urlOf}. */
export function requestURL(target: string, host: string, encrypted?: boolean): URL | undefined {
  const parsed = parseTarget(target);
  return parsed && urlOf(parsed, host, encrypted);
}
