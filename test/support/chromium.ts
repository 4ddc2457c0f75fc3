/** The path of the Chromium for the tests: an installed one, or the one that Playwright downloaded. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ELSEWHERE = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The path of a Chromium that can be launched, or `undefined`. `CHROMIUM_PATH` takes precedence. */
export function findChromium(): string | undefined {
  const onPath = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env.CHROMIUM_PATH ?? "", ...onPath, ...ELSEWHERE, chromium.executablePath()].find(
    (path) => path !== "" && existsSync(path),
  );
}

/** The same, for a test run that needs it. */
export function requireChromium(): string {
  const path = findChromium();
  if (path === undefined) throw new Error("no Chromium found: run `npm test`, which installs one");
  return path;
}
