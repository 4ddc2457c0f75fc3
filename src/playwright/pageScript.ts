/** The script for pages and workers. The build bundles it into one file without imports. */
import { readFileSync } from "node:fs";
import type { PageConfig } from "./protocol.ts";

/** The same path from `src` and from `dist`. */
const BUNDLE = new URL("../../dist/playwright/page.bundle.js", import.meta.url);

let bundle: string | undefined;

/**
 * Returns the script as one statement. It is a function call, so that the script can pass its own source to a page's
 * workers. The bundle uses the names `pageScript` and `config`.
 */
export function pageScript(config: PageConfig): string {
  bundle ??= readFileSync(BUNDLE, "utf8");
  return `(function pageScript(config){${bundle}\n})(${JSON.stringify(config)});`;
}
