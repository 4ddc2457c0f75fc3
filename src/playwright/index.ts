/**
 * Playwright's `test` with WebSocket servers for an application in a browser, and its `expect` with matchers for them.
 *
 * @module websocket-over/playwright
 */
import { expect as playwrightExpect, test as playwrightTest, type Expect } from "@playwright/test";
import type {
  BrowserContext,
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  TestType,
} from "@playwright/test";
import { matchers, type WebSocketMatchers } from "../testing/matchers.ts";
import { attachRecordings, type WebSocketTrace } from "./attachments.ts";
import { Bridge } from "./bridge.ts";
import {
  checkServerOptions,
  createWebSocketServer,
  type WebSocketServer,
  type WebSocketServerOptions,
} from "./webSocketServer.ts";

export type { ServerSocket } from "../testing/serverSocket.ts";
export type { TestRequest } from "../testing/testRequest.ts";
export type { WebSocketTrace } from "./attachments.ts";
export type { WebSocketServer, WebSocketServerOptions } from "./webSocketServer.ts";

/** The fixture that {@link test} adds to those of Playwright. */
export interface WebSocketFixtures {
  /** Makes a server that lasts as long as the test. Call it before you open the page. */
  readonly webSocketServer: (options: WebSocketServerOptions) => Promise<WebSocketServer>;
}

/** The options that {@link test} adds to those of Playwright, for `use` in its configuration. */
export interface WebSocketFixtureOptions {
  /**
   * `false` leaves workers alone. By default requests for their scripts are routed to add this library, which disables
   * the context's HTTP cache.
   */
  readonly webSocketWorkers: boolean;
  /** When to attach the recorded traffic to the report: as HAR, as pcapng, and as JSON vectors to replay. */
  readonly webSocketTrace: WebSocketTrace;
}

type Fixtures = PlaywrightTestArgs & PlaywrightTestOptions & WebSocketFixtures & WebSocketFixtureOptions;

/**
 * Playwright's `test`, with a fixture that makes WebSocket servers for the code in the page. Import it in place of
 * Playwright's own.
 *
 * @example In a Playwright test
 * ```ts
 * import { expect, test } from "websocket-over/playwright";
 *
 * test("the page says hello to the server", async ({ page, webSocketServer }) => {
 *   const server = await webSocketServer({ match: "wss://chat.example/**" }); // before the page opens
 *   const app = `<script>
 *     const socket = new WebSocket("wss://chat.example/live");
 *     socket.onopen = () => socket.send("hello");
 *     socket.onclose = () => (document.body.textContent = "offline");
 *   </script>`;
 *   await page.goto(`data:text/html,${encodeURIComponent(app)}`); // stands for your application
 *   const socket = await (await server.request()).accept();
 *   await expect(socket).toReceiveText("hello");
 *   await socket.fault.cut(); // the network is gone
 *   await expect(page.getByText("offline")).toBeVisible();
 * });
 * ```
 */
export const test: TestType<Fixtures, PlaywrightWorkerArgs & PlaywrightWorkerOptions> = playwrightTest.extend<
  WebSocketFixtures & WebSocketFixtureOptions
>({
  webSocketWorkers: [true, { option: true }],
  webSocketTrace: ["retain-on-failure", { option: true }],
  webSocketServer: async ({ context, webSocketWorkers, webSocketTrace }, use, testInfo) => {
    const servers: WebSocketServer[] = [];
    const bridges = new Map<BrowserContext, Promise<Bridge>>();
    await use(async (given) => {
      checkServerOptions(given);
      const { context: where = context, ...options } = given;
      const installed = bridges.get(where) ?? Bridge.install(where, webSocketWorkers);
      bridges.set(where, installed);
      const server = await createWebSocketServer(where, await installed, options);
      servers.push(server);
      return server;
    });
    await Promise.all(servers.map((server) => server.close()));
    for (const bridge of bridges.values()) await (await bridge).close();
    const hasFailed = testInfo.status !== testInfo.expectedStatus;
    if (webSocketTrace === "on" || (webSocketTrace === "retain-on-failure" && hasFailed)) {
      await attachRecordings(
        testInfo,
        servers.flatMap(({ recordings }) => recordings),
      );
    }
  },
});

/**
 * Playwright's `expect`, with matchers for the sockets of a test's servers.
 *
 * @example In a Playwright test
 * ```ts
 * import { expect, test } from "websocket-over/playwright";
 *
 * test("the page joins a room, then leaves politely", async ({ page, webSocketServer }) => {
 *   const server = await webSocketServer({ match: /\/rooms/ });
 *   const app = `<script>
 *     const socket = new WebSocket("wss://chat.example/rooms");
 *     socket.onopen = () => socket.send(JSON.stringify({ type: "join", room: "lobby", at: Date.now() }));
 *     socket.onmessage = () => socket.close(1000, "bye");
 *   </script>`;
 *   await page.goto(`data:text/html,${encodeURIComponent(app)}`); // stands for your application
 *   const socket = await (await server.request()).accept();
 *   await expect(socket).toReceiveJSON({ type: "join", room: "lobby" }, { partial: true });
 *   await socket.send("the room is closing");
 *   await expect(socket).toReceiveClose(1000, "bye");
 * });
 * ```
 */
export const expect: Expect<WebSocketMatchers> = playwrightExpect.extend({ ...matchers });
