/** Where the Firefox for the tests is, which Playwright drives over BiDi: there need be none. */
import { existsSync } from "node:fs";

/** The path of a Firefox, or `undefined` where there is none. `FIREFOX_PATH` goes first. */
export function findFirefox(): string | undefined {
  return [process.env.FIREFOX_PATH ?? "", "/usr/bin/firefox-esr"].find((path) => path !== "" && existsSync(path));
}
