/** The programs of the guides that need a page, as they are. */
import { expect, test, type Page } from "@playwright/test";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tunnelServer } from "../examples/webtransport/server.ts";
import { upgrades } from "../src/transports/node.ts";
import { startWebTransportServer } from "../test/support/webTransportServer.ts";
import type { WebTransportGuidePage } from "./page/webTransportGuide.ts";
import { openPage } from "./story/tell.ts";

const inFirefox = { tag: "@firefox" };

test("two tabs meet over WebRTC, greet each other, and see that the other has left", inFirefox, async ({ context }) => {
  const tabs = [await context.newPage(), await context.newPage()] as const;
  for (const tab of tabs) await tab.goto("/examples/rendezvous/index.html");
  const fingerprints = await Promise.all(
    tabs.map(async (tab) => {
      await expect(tab.locator("body")).toContainText("The other tab says: hello");
      return /Both tabs show (\d{3} \d{3})\./.exec((await tab.locator("body").textContent())!)![1];
    }),
  );
  expect(fingerprints[0]).toBe(fingerprints[1]);
  await tabs[0].close({ runBeforeUnload: true });
  await expect(tabs[1].locator("body")).toContainText("Over: left");
});

test("a worker is the server of its page", async ({ page }) => {
  await page.goto("/examples/worker/index.html");
  await expect(page.locator("body")).toContainText("/chat says hello");
});

test("a service worker is the server of its pages", inFirefox, async ({ page }) => {
  await page.goto("/examples/worker/serviceWorker.html");
  await expect(page.locator("body")).toContainText("the service worker says hello");
});

test.describe("a page that prefers WebTransport", () => {
  /** The WebSocket server that is its other way, with the count of connections that came. */
  async function tunnel(): Promise<{ url: string; count: () => number; close: () => void }> {
    const http = createServer();
    const server = tunnelServer({ origins: "any" });
    let count = 0;
    server.on("connection", () => count++);
    void server.serve(upgrades(http));
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/tunnel`;
    return { url, count: () => count, close: () => http.close() };
  }
  const open = (page: Page) => openPage<WebTransportGuidePage>(page, "webTransportGuide.html", "webTransportGuidePage");

  test("uses it where there is a server", async ({ page }) => {
    const server = await startWebTransportServer("test/runtimes/guideServer.ts");
    test.skip(server === undefined, "there is no Deno");
    const { addresses, stop } = server!;
    const { url, count, close } = await tunnel();
    const client = await open(page);
    await client.use({ webTransport: `https://127.0.0.1:${addresses.port}/`, webSocket: url, hash: addresses.hash });
    // The first race is open: a busy machine may take longer than the head start.
    expect(await client.ask("/chat", "hello")).toBe("/chat says hello");
    await expect(async () => {
      const before = count();
      expect(await client.ask("/chat", "again")).toBe("/chat says again");
      expect(count()).toBe(before);
    }).toPass();
    close();
    await stop();
  });

  test("takes a WebSocket where there is none", async ({ page }) => {
    const { url, count, close } = await tunnel();
    const client = await open(page);
    const hash = Array.from({ length: 32 }, () => 0);
    await client.use({ webTransport: "https://127.0.0.1:9/", webSocket: url, hash });
    expect(await client.ask("/chat", "hello")).toBe("/chat says hello");
    expect(count()).toBe(1);
    close();
  });
});
