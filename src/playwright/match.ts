/** Which URLs a test's server stands for: a regular expression, or a pattern as Playwright's routes have them. */
import type { Match } from "./protocol.ts";

/**
 * A string is the whole URL, `*` in it any run of characters but `/`, and `**` any run at all; one that begins with `/`
 * is the path of any host's. A regular expression is looked for in the URL. `TypeError` for anything else.
 */
export function toMatch(match: unknown): Match {
  if (match instanceof RegExp) return { source: match.source, flags: match.flags.replace(/[gy]/g, "") };
  if (typeof match !== "string") throw new TypeError(`match is a string or a regular expression, not ${String(match)}`);
  const pattern = match
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, (stars) => (stars.length > 1 ? ".*" : "[^/]*"));
  return { source: match.startsWith("/") ? `^wss?://[^/]*${pattern}$` : `^${pattern}$`, flags: "" };
}

export function describeMatch({ source, flags }: Match): string {
  return `/${source}/${flags}`;
}
