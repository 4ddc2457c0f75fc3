/** The script for pages and workers, which the build has bundled into one file with no imports. */
import { readFileSync } from "node:fs";
import type { PageConfig } from "./protocol.ts";

/** The same from `src` and from `dist`. */
const BUNDLE = new URL("../../dist/playwright/page.bundle.js", import.meta.url);

let bundle: string | undefined;

/**
 * The script as one statement. It is a function that is called, so that it can tell its own text to the workers of a
 * page: `pageScript` and `config` are what the bundle knows of its surroundings.
 */
export function pageScript(config: PageConfig): string {
  bundle ??= readFileSync(BUNDLE, "utf8");
  return `(function pageScript(config){${bundle}\n})(${JSON.stringify(config)});`;
}
