/** Two pages that talk over WebRTC, one of them the server. The test carries the signalling. */
import { expect, test, type Browser, type Page } from "@playwright/test";
import type { StoryPage } from "./page/story.ts";
import { openStory, tell, tellOfLoss, type Remote } from "./story/tell.ts";

/** Pages that have no more in common than two people's. */
async function openPair(browser: Browser): Promise<[client: Remote<StoryPage>, serverPage: Page]> {
  const [near, far] = [await browser.newPage(), await browser.newPage()];
  const [client, server] = [await openStory(near), await openStory(far)];
  await client.takeAnswer(await server.answer("server", await client.offer("client")));
  return [client, far];
}

test.afterEach(async ({ browser }) => {
  for (const context of browser.contexts()) await context.close();
});

test("a page is the server of another over WebRTC", async ({ browser }) => {
  const [client, serverPage] = await openPair(browser);
  await tell(client);
  await tellOfLoss(client, "the server's page goes elsewhere", () => serverPage.goto("about:blank"));
});

test("keepalive notices a page that disappears without a message", async ({ browser, browserName }) => {
  const [client, serverPage] = await openPair(browser);
  await client.hold({ keepalive: { intervalMs: 500, timeoutMs: 3000 } });
  await serverPage.close();
  // Chromium never closes the channel (156). Firefox does, even then.
  const cause = browserName === "chromium" ? "keepaliveTimeout" : "lost";
  expect(await client.endOfHeld()).toBe(`WebSocketError 1006 ${cause}`);
});
