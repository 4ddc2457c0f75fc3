/** How `report.test.ts` runs the tests in this folder, some of which are meant to fail. */
import { defineConfig } from "@playwright/test";
import type { WebSocketFixtureOptions } from "../../../src/playwright/index.ts";
import { findChromium } from "../../support/chromium.ts";

const executablePath = findChromium();

export default defineConfig<WebSocketFixtureOptions>({
  testDir: ".",
  globalSetup: "../../../e2e/pageScript.setup.ts",
  outputDir: process.env.REPORT_OUTPUT ?? "test-results",
  workers: 1,
  expect: { timeout: 400 },
  use: { launchOptions: { ...(executablePath !== undefined && { executablePath }) } },
});
