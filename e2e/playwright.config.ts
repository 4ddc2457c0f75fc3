/** How the end-to-end tests run: in each installed browser, with a separate server. */
import { defineConfig, devices } from "@playwright/test";
import { dirname } from "node:path";
import { findChromium } from "../test/support/chromium.ts";
import "../test/support/compileCache.ts";
import { findFirefox } from "../test/support/firefox.ts";

const PORT = Number(process.env.E2E_PORT ?? 46511);
const executablePath = findChromium();
const firefoxPath = findFirefox();

/** What Firefox runs each time, beside the marked tests of the playground and the guides; the rest takes it a quarter of an hour. */
const stories = ["recipes", "recovers", "rendezvous", "webrtc", "webrtcNode", "webTransport", "worker"];
const isFull = process.env.E2E_FULL !== undefined;

export default defineConfig({
  testDir: "..",
  testMatch: ["**/e2e/**/*.spec.ts", "**/examples/playwright/*.spec.ts"],
  globalSetup: "./pageScript.setup.ts",
  outputDir: "test-results",
  reporter: "list",
  workers: 2,
  // A busy machine takes several times as long; a test that says how long something may take measures that itself.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env.CI !== undefined,
  use: { baseURL: `http://127.0.0.1:${PORT}` },
  projects: [
    {
      name: "chromium",
      testIgnore: "webKit.spec.ts",
      use: {
        ...devices["Desktop Chrome"],
        launchOptions: { ...(executablePath !== undefined && { executablePath }) },
      },
    },
    // Where there is a Firefox. Playwright drives it over BiDi.
    ...(firefoxPath === undefined
      ? []
      : [
          {
            name: "firefox",
            testMatch: [...stories, "guides", "playground/*", ...(isFull ? ["chat/*"] : [])].map(
              (name) => `**/${name}.spec.ts`,
            ),
            ...(!isFull && { grepInvert: /(playground\/|guides\.spec)(?!.*@firefox)/ }),
            use: {
              browserName: "firefox" as const,
              channel: "moz-firefox",
              launchOptions: { executablePath: firefoxPath },
            },
          },
        ]),
    // Playwright has no way to it: it is driven over WebDriver.
    { name: "webkit", testMatch: "webKit.spec.ts" },
  ],
  webServer: {
    command: `npx vite --config e2e/vite.config.ts --host 127.0.0.1 --port ${PORT} --strictPort`,
    cwd: dirname(import.meta.dirname),
    url: `http://127.0.0.1:${PORT}`,
    reuseExistingServer: false,
    timeout: 300_000, // it builds the playground first
  },
});
