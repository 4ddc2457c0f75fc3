/** A page in Chromium connects over WebRTC to its server, a page in Firefox. */
import { test, type Browser } from "@playwright/test";
import { findFirefox } from "../test/support/firefox.ts";
import { openStory, tell, tellOfLoss } from "./story/tell.ts";

const executablePath = findFirefox();
test.skip(executablePath === undefined, "there is no Firefox");

let firefox: Browser;
test.beforeAll(async ({ playwright }) => {
  firefox = await playwright.firefox.launch({ channel: "moz-firefox", executablePath: executablePath! });
});
test.afterAll(() => firefox.close());

test("Firefox is the server of Chromium over WebRTC", async ({ page, baseURL }) => {
  const there = await firefox.newPage({ baseURL: baseURL! });
  const [client, server] = [await openStory(page), await openStory(there)];
  await client.takeAnswer(await server.answer("server", await client.offer("client")));
  await tell(client);
  await tellOfLoss(client, "the server's page goes elsewhere", () => there.goto("about:blank"));
});
