/** The path of the Firefox for the tests, if there is one. Playwright drives it over BiDi. */
import { existsSync } from "node:fs";

/** The path of a Firefox, or `undefined`. `FIREFOX_PATH` takes precedence. */
export function findFirefox(): string | undefined {
  return [process.env.FIREFOX_PATH ?? "", "/usr/bin/firefox-esr"].find((path) => path !== "" && existsSync(path));
}
