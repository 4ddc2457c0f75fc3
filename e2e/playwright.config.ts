/** How the end-to-end tests run: one browser, and a server of their own. */
import { defineConfig, devices } from "@playwright/test";
import { dirname } from "node:path";
import { findChromium } from "../test/support/chromium.ts";

const PORT = 46511;
const executablePath = findChromium();

export default defineConfig({
  testDir: ".",
  outputDir: "test-results",
  reporter: "list",
  workers: 1,
  forbidOnly: process.env.CI !== undefined,
  use: { baseURL: `http://127.0.0.1:${PORT}` },
  projects: [
    {
      name: "chromium",
      use: {
        ...devices["Desktop Chrome"],
        launchOptions: { ...(executablePath !== undefined && { executablePath }) },
      },
    },
  ],
  webServer: {
    command: `npx vite --host 127.0.0.1 --port ${PORT} --strictPort`,
    cwd: dirname(import.meta.dirname),
    url: `http://127.0.0.1:${PORT}`,
    reuseExistingServer: false,
  },
});
