/** What the page or worker around the code says about itself, if there is one. */

/** "Relevant settings object's API base URL": of the document, or of the worker's script. */
export function baseURL(): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI?: string }; location?: { href?: string } };
  return document?.baseURI ?? location?.href;
}

/** The origin of the page or worker. A script's own variable of that name does not count. */
export function ownOrigin(): string | undefined {
  // workerd has the origin "null", although it has no page and no location.
  const { origin, location } = globalThis as { origin?: unknown; location?: unknown };
  return typeof origin === "string" && location !== undefined ? origin : undefined;
}
