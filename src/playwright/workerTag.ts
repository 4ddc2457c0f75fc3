/** Marks the URLs of worker scripts that must load this library, with a query parameter. */

/** How the script runs; `"library"` requests only this library, which a module imports first. */
export type WorkerKind = "classic" | "module";
type Tag = WorkerKind | "library";

const PARAMETER = "__websocket_over";

/** Returns the URL with the tag. */
export function addTag(url: URL, tag: Tag): string {
  const tagged = new URL(url);
  tagged.search = `${url.search === "" ? "?" : `${url.search}&`}${PARAMETER}=${tag}`;
  return tagged.href;
}

/** Returns the tag of a URL, and the URL without it; `undefined` if it has none. */
export function readTag(href: string): { readonly url: string; readonly tag: Tag } | undefined {
  const match = new RegExp(`[?&]${PARAMETER}=(classic|module|library)(?=#|$)`).exec(href);
  if (match === null) return undefined;
  return { url: href.slice(0, match.index) + href.slice(match.index + match[0].length), tag: match[1] as Tag };
}
