/**
 * Which pages may connect (RFC 6455 §10.2). A browser lets any page open a WebSocket to any server, with the user's
 * cookies and from within the user's network, and only says in `Origin` which page it was.
 */

import { WebSocketError } from "./webSocketError.ts";

/**
 * - `"same"`: pages of the host that the request asks for; and those of the page that the server itself runs in;
 * - a list of origins, such as `https://app.example`, or `"null"` for opaque ones (files, sandboxed frames);
 * - a function that decides, now or by a promise; if it throws or rejects, the request is answered with 500;
 * - `"any"`: where no foreign page can reach the transport, or where something else tells who asks.
 *
 * With `"same"` or a list, a request without `Origin` is let in: no browser sends that.
 */
export type OriginPolicy =
  "same" | "any" | readonly string[] | ((origin: string | undefined) => boolean | PromiseLike<boolean>);

/** The answer to a page that may not connect. */
export const WRONG_ORIGIN = {
  status: 403,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: "pages of this origin may not connect: see the server's option `origins`\n",
} as const;

/** Why there is no connection. */
export function wrongOrigin(origin: string | undefined): WebSocketError {
  return new WebSocketError(`pages of ${origin ?? "no origin"} may not connect`);
}

/** `TypeError` for what is no policy. A string would be searched, not compared. */
export function requireOriginPolicy(policy: OriginPolicy = "same"): void {
  if (policy === "same" || policy === "any" || Array.isArray(policy) || typeof policy === "function") return;
  throw new TypeError(`origins is "same", "any", a list or a function, not ${String(policy)}`);
}

export function allowsOrigin(
  policy: OriginPolicy,
  origin: string | undefined,
  host: string,
): boolean | PromiseLike<boolean> {
  if (typeof policy === "function") return policy(origin);
  if (policy === "any" || origin === undefined) return true;
  if (policy === "same") return isSameHost(origin, host) || isOwn(origin);
  return policy.includes(origin);
}

/** Opaque origins all look alike, and a server that runs in none has no pages of its own. */
function isOwn(origin: string): boolean {
  return origin !== "null" && origin === (globalThis as { origin?: string }).origin;
}

/** The scheme counts only for the port that it leaves out: whether the server is behind TLS is not known here. */
function isSameHost(origin: string, host: string): boolean {
  if (!/^https?:\/\//i.test(origin)) return false;
  try {
    const page = new URL(origin);
    return page.host === new URL(`${page.protocol}//${host}`).host;
  } catch {
    return false;
  }
}
