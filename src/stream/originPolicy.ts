/**
 * Which pages may connect (RFC 6455 §10.2). A browser lets any page open a WebSocket to any server, with the user's
 * cookies and from within the user's network. Only the `Origin` header says which page it was.
 */

import { WebSocketError } from "./webSocketError.ts";

/**
 * Which pages may open a WebSocket. Browsers let any page try, and send its origin (RFC 6455 §10.2).
 *
 * - `"same"`: pages of the host that the request names, and of the page that the server itself runs in;
 * - a list of origins, such as `https://app.example`, or `"null"` for opaque ones (files, sandboxed frames);
 * - a function that decides, and may return a promise; if it throws or rejects, the request is answered with 500;
 * - `"any"`: every page. Use it if no foreign page can reach the transport, or if you authenticate clients in another
 *   way.
 *
 * With `"same"` or a list, a request without `Origin` may connect, because no browser sends one.
 *
 * @example
 * ```ts
 * import { pipe } from "websocket-over/pipe";
 * import { accept, connect, WebSocketError, type OriginPolicy } from "websocket-over/stream";
 *
 * const origins: OriginPolicy = ["https://app.example"];
 * const [near, far] = pipe();
 * accept(far, { origins }).catch((error) => console.log(error.message)); // → the origin https://evil.example is not allowed
 * const error = await connect(near, { origin: "https://evil.example" }).catch((error: unknown) => error);
 * console.log(error instanceof WebSocketError && error.rejection?.status); // → 403
 * ```
 */
export type OriginPolicy =
  "same" | "any" | readonly string[] | ((origin: string | undefined) => boolean | PromiseLike<boolean>);

/** The answer to a page that may not connect. */
export const WRONG_ORIGIN = {
  status: 403,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: "this origin is not allowed: see the server's option `origins`\n",
} as const;

/** The error for a page that may not connect. */
export function wrongOrigin(origin: string | undefined): WebSocketError {
  return new WebSocketError(`the origin ${origin ?? "(none)"} is not allowed`);
}

/** Throws `TypeError` if the policy is invalid. A string would be searched, not compared. */
export function requireOriginPolicy(policy: OriginPolicy = "same"): void {
  if (policy === "same" || policy === "any" || Array.isArray(policy) || typeof policy === "function") return;
  throw new TypeError(`origins must be "same", "any", a list or a function, not ${String(policy)}`);
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

/** All opaque origins look alike, so a server with an opaque origin can't recognize its pages. */
function isOwn(origin: string): boolean {
  return origin !== "null" && origin === (globalThis as { origin?: string }).origin;
}

/** The scheme only supplies the default port, because the server may be behind a TLS proxy. */
function isSameHost(origin: string, host: string): boolean {
  if (!/^https?:\/\//i.test(origin)) return false;
  try {
    const page = new URL(origin);
    return page.host === new URL(`${page.protocol}//${host}`).host;
  } catch {
    return false;
  }
}
