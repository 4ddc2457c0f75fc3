/** Examples between real pages: graphql-ws over WebRTC, and Yjs over WebTransport. */
import { expect, test, type Browser } from "@playwright/test";
import { startWebTransportServer } from "../test/support/webTransportServer.ts";
import type { RecipesPage } from "./page/recipes.ts";
import { openPage, type Remote } from "./story/tell.ts";

/** Two pages that have no more in common than two people's. */
async function open(browser: Browser): Promise<[Remote<RecipesPage>, Remote<RecipesPage>]> {
  const pages = [await browser.newPage(), await browser.newPage()] as const;
  return [
    await openPage(pages[0], "recipes.html", "recipesPage"),
    await openPage(pages[1], "recipes.html", "recipesPage"),
  ];
}

test.afterEach(async ({ browser }) => {
  for (const context of browser.contexts()) await context.close();
});

test("graphql-ws over WebRTC: one page asks, another answers", async ({ browser }) => {
  const [client, server] = await open(browser);
  await client.takeAnswer(await server.answer(await client.offer()));
  expect(await client.ask('{ greeting(name: "wörld 👋") }')).toEqual([{ greeting: "Hello, wörld 👋" }]);
  const countdown = [3, 2, 1].map((countdown) => ({ countdown }));
  expect(
    await Promise.all([client.ask("subscription { countdown(from: 3) }"), client.ask('{ greeting(name: "again") }')]),
  ).toEqual([countdown, [{ greeting: "Hello, again" }]]);
});

test("graphql-ws over WebRTC: both ends in one page", async ({ page }) => {
  const answer = page.waitForEvent("console", (message) => message.text().includes("WebRTC"));
  await page.goto("/e2e/page/graphql.html");
  expect((await answer).text()).toBe("hello over WebRTC");
});

test("Yjs over WebTransport: an edit in one page reaches the other", async ({ browser }) => {
  const server = await startWebTransportServer();
  test.skip(server === undefined, "there is no Deno");
  const { addresses, stop } = server!;
  const [ada, bob] = await open(browser);
  for (const one of [ada, bob]) await one.openDocuments(["letter", "list"], addresses.documentsPort, addresses.hash);
  await ada.type("letter", "Hello, wörld 👋");
  await expect.poll(() => bob.read("letter")).toBe("Hello, wörld 👋");
  await bob.type("letter", "Ada! ");
  await bob.type("list", "milk");
  await expect.poll(() => ada.read("letter")).toBe("Ada! Hello, wörld 👋");
  await expect.poll(() => ada.read("list")).toBe("milk");
  await ada.pointAt("letter", 7);
  await expect.poll(() => bob.cursors("letter")).toContain(7);
  expect(await ada.sessionCount()).toBe(1);
  await ada.loseSession();
  await ada.type("letter", "P.S. ");
  await expect.poll(() => bob.read("letter")).toBe("P.S. Ada! Hello, wörld 👋");
  expect(await ada.sessionCount()).toBe(2);
  await stop();
});
