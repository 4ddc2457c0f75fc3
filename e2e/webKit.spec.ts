/** WebKit, which lacks async iteration of streams and `Symbol.dispose`: the library works without them. */
import { test as base } from "@playwright/test";
import { findWebKit, openWebKit } from "../test/support/webKit.ts";
import type { StoryPage } from "./page/story.ts";
import { remote, tell, tellOfLoss, type Remote } from "./story/tell.ts";

const browser = findWebKit();

const test = base.extend<{ client: Remote<StoryPage> }>({
  async client({ baseURL }, use) {
    const page = await openWebKit(browser!, `${baseURL!}/e2e/page/story.html`);
    await use(remote((method, parameters) => page.call(`storyPage.${method}`, parameters)));
    await page.close();
  },
});

test.skip(browser === undefined, "there is no WebKitGTK");

test("a page is its own server over pipes", async ({ client }) => {
  await client.usePipes();
  await tell(client);
});

test("a worker is the server of its page over message ports", async ({ client }) => {
  await client.startWorker();
  await tell(client);
  await tellOfLoss(client, "the worker is terminated", () => client.terminateWorker());
});
