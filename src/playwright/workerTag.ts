/** How a worker's script is asked for that is to bring this library with it: by one more parameter in its query. */

/** How its script runs, or `"library"` for this library alone, which a module imports first. */
export type WorkerKind = "classic" | "module";
type Tag = WorkerKind | "library";

const PARAMETER = "__websocket_over";

/** The URL's text with the tag. */
export function addTag(url: URL, tag: Tag): string {
  const tagged = new URL(url);
  tagged.search = `${url.search === "" ? "?" : `${url.search}&`}${PARAMETER}=${tag}`;
  return tagged.href;
}

/** The tag of a URL and what the URL was without it; `undefined` if it has none. */
export function readTag(href: string): { readonly url: string; readonly tag: Tag } | undefined {
  const match = new RegExp(`[?&]${PARAMETER}=(classic|module|library)(?=#|$)`).exec(href);
  if (match === null) return undefined;
  return { url: href.slice(0, match.index) + href.slice(match.index + match[0].length), tag: match[1] as Tag };
}
