/** The unit tests: in Node, in a page of Chromium, and in one of Firefox. */
import { playwright } from "@vitest/browser-playwright";
import { mergeConfig } from "vite";
import { defineConfig } from "vitest/config";
import { findChromium } from "./test/support/chromium.ts";
import "./test/support/compileCache.ts";
import { findFirefox } from "./test/support/firefox.ts";
import { pageExamples } from "./test/support/pageExamples.ts";
import playground from "./vite.config.ts";

const executablePath = findChromium();
const firefoxPath = findFirefox();

/** What the page loads of the libraries that are tried. */
const libraries = [
  "@microsoft/signalr",
  "@novnc/novnc",
  "@stomp/stompjs",
  "@supabase/realtime-js",
  "graphql",
  "graphql-ws",
  "graphql-ws/use/ws",
  "lib0/decoding",
  "lib0/encoding",
  "mqtt",
  "partysocket",
  "phoenix",
  "reconnecting-websocket",
  "vscode-ws-jsonrpc",
  "y-protocols/awareness",
  "y-protocols/sync",
  "y-websocket",
  "yjs",
];

const tests = defineConfig({
  test: {
    reporters: process.env.CI === undefined ? ["default"] : [["default", { summary: false }]],
    ...(process.env.CI !== undefined && { provide: { propertySeed: 1 } }),
    coverage: { provider: "v8", include: ["src/**/*.ts"] },
    // A busy machine takes several times as long; a test that says how long something may take measures that itself.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          environment: "node",
          include: ["test/**/*.test.ts", "examples/testing/*.test.ts"],
          exclude: ["**/node_modules/**", "test/browser/**", "test/compat/page/**"],
          sequence: { groupOrder: 0 },
          maxWorkers: "100%",
          globalSetup: ["test/support/scriptedServers.ts", "test/support/webSocketRelay.ts"],
          // Else it and the tests find graphql under different conditions, and each has one of its own.
          server: { deps: { inline: ["graphql-ws"] } },
        },
      },
      {
        extends: true,
        plugins: [pageExamples()],
        // Found only while the tests run, which would reload the page under them.
        optimizeDeps: {
          include: ["fast-check", "pako", "vitest/internal/browser", ...libraries],
        },
        test: {
          name: "page",
          // One after the other: data channels starve beside other tests, on two cores.
          sequence: { groupOrder: 1 },
          globalSetup: [
            "test/support/scriptedServers.ts",
            "test/support/webSocketRelay.ts",
            "test/support/webTransportServer.ts",
          ],
          include: [
            "test/{core,handshake,connection,transports,deflate,inspect,stream,bridge,websocket,server,testing,simulation,browser}/**/*.test.ts",
            "test/resume/{frames,hostile,race,resumable,throughput}.test.ts",
            // Those of the libraries whose server can live in a page.
            "test/compat/{graphqlWs,jsonRpc,phoenix,reconnecting,signalr,stomp,worlds,yjs}.test.ts",
            "test/compat/page/*.test.ts",
          ],
          // Pure text: a minute, and the same in every engine.
          exclude: ["test/inspect/secrets.test.ts"],
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
      // The transports whose platform differs, where there is a Firefox.
      ...(firefoxPath === undefined
        ? []
        : [
            {
              extends: true as const,
              optimizeDeps: { include: ["fast-check", "pako"] },
              test: {
                name: "firefox",
                sequence: { groupOrder: 2 },
                isolate: false,
                globalSetup: "test/support/webSocketRelay.ts",
                include: ["test/transports/*.test.ts", "test/browser/{webrtc,webrtcDial,worlds}.test.ts"],
                // A carrier in memory, on the base of all carriers: those of Firefox itself run the same code here.
                exclude: ["test/transports/bluetooth.test.ts"],
                browser: {
                  enabled: true,
                  headless: true,
                  screenshotFailures: false,
                  provider: playwright({ launchOptions: { channel: "moz-firefox", executablePath: firefoxPath } }),
                  instances: [{ browser: "firefox" as const }],
                },
              },
            },
          ]),
    ],
  },
});

export default mergeConfig(playground, tests);
