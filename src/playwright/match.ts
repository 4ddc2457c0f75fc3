/** Which URLs a test's server handles: a regular expression, or a pattern like those of Playwright's routes. */
import type { Match } from "./protocol.ts";

/**
 * A string must match the whole URL, or, if it starts with `/`, the path on any host. In it, `*` matches any characters
 * except `/`, and `**` any characters. A regular expression may match anywhere in the URL. Throws `TypeError` for
 * anything else.
 */
export function toMatch(match: unknown): Match {
  if (match instanceof RegExp) return { source: match.source, flags: match.flags.replace(/[gy]/g, "") };
  if (typeof match !== "string")
    throw new TypeError(`match must be a string or a regular expression, not ${String(match)}`);
  const pattern = match
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, (stars) => (stars.length > 1 ? ".*" : "[^/]*"));
  return { source: match.startsWith("/") ? `^wss?://[^/]*${pattern}$` : `^${pattern}$`, flags: "" };
}

export function describeMatch({ source, flags }: Match): string {
  return `/${source}/${flags}`;
}
