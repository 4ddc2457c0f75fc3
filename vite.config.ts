/** The playground's server and build, and the unit tests: in Node, in a browser page, and in a worker of that page. */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { findChromium } from "./test/support/chromium.ts";

const executablePath = findChromium();

export default defineConfig({
  build: { outDir: "demo/dist" },
  server: { host: "127.0.0.1" },
  oxc: { jsx: { importSource: "preact" } },
  test: {
    reporters: process.env.CI === undefined ? ["default"] : [["default", { summary: false }]],
    coverage: { provider: "v8", include: ["src/**/*.ts"] },
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          environment: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/browser/**"],
          // Else it and the tests find graphql under different conditions, and each has one of its own.
          server: { deps: { inline: ["graphql-ws"] } },
        },
      },
      {
        extends: true,
        // Found only while the tests run, which would reload the page under them.
        optimizeDeps: { include: ["fast-check", "@noble/hashes/legacy.js", "pako", "vitest/internal/browser"] },
        test: {
          name: "page",
          isolate: false,
          include: ["test/{core,handshake,connection,transports,deflate,stream,websocket,server,browser}/**/*.test.ts"],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { ...(executablePath !== undefined && { executablePath }), args: ["--no-first-run"] },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
