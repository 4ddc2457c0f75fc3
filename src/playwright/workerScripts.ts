/** Answers requests for worker scripts with this library followed by the script. No content policy forbids that. */
import type { APIResponse, BrowserContext, Route } from "@playwright/test";
import { addTag, readTag } from "./workerTag.ts";

/** Returns a function that stops it. */
export async function routeWorkerScripts(context: BrowserContext, library: () => string): Promise<() => Promise<void>> {
  const isTagged = (url: URL): boolean => readTag(url.href) !== undefined;
  const answer = async (route: Route): Promise<void> => {
    const { url, tag } = readTag(route.request().url())!;
    if (tag === "library") {
      await route.fulfill({ contentType: "text/javascript", body: library() });
      return;
    }
    const response = await route.fetch({ url });
    const script = await response.text();
    const body = response.ok() ? before(script, tag, url) + script : script;
    await route.fulfill({ response, headers: headersOf(response), body });
  };
  const handle = (route: Route): Promise<void> => answer(route).catch(() => route.abort().catch(() => undefined));
  await context.route(isTagged, handle);
  return () => context.unroute(isTagged, handle).catch(() => undefined);

  /** A module's imports run before it, so ours comes first. A directive only counts at the very start of a script. */
  function before(script: string, kind: "classic" | "module", url: string): string {
    if (kind === "module") return `import ${JSON.stringify(addTag(new URL(url), "library"))};`;
    return /^\s*(["'])use strict\1/.test(script) ? `"use strict";${library()}` : library();
  }
}

/** Removes headers of the original body, which has been decoded and is longer now. */
function headersOf(response: APIResponse): Record<string, string> {
  const isOfBody = (name: string): boolean => name === "content-encoding" || name === "content-length";
  return Object.fromEntries(Object.entries(response.headers()).filter(([name]) => !isOfBody(name)));
}
