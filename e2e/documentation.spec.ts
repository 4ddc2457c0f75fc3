/** The documentation beside the playground, on the server of `npm start`. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

// It is written when it is first asked for.
test.setTimeout(900_000);

test("is reached from the playground, leads back to it, and has a search", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Documentation" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "websocket-over" }).first()).toBeVisible({
    timeout: 800_000,
  });
  await page.keyboard.press("/");
  await page.getByRole("combobox").fill("nginx 60 seconds timeout");
  await page.getByRole("option").first().getByRole("link").click();
  await expect(page).toHaveTitle(/^Behind nginx and other proxies/);
  await page.getByRole("link", { name: "Playground" }).first().click();
  await expect(page).toHaveTitle("websocket-over playground");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`has no violation that axe finds, in ${colorScheme}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    const kinds = [
      "index.html",
      "documents/Something_does_not_work.html",
      "modules/websocket-over_stream.html",
      "functions/websocket-over_stream.connect.html",
      "classes/websocket-over_stream.WebSocketSession.html",
    ];
    for (const path of kinds) {
      await page.goto(`/docs/${path}`);
      await expect(page).not.toHaveTitle("The documentation is being written", { timeout: 800_000 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${path}: ${id}: ${nodes[0]!.html}`)).toEqual([]);
    }
    await context.close();
  });
}

test("fits a phone", async ({ browser }) => {
  const page = await browser.newPage({ viewport: { width: 360, height: 700 } });
  for (const path of ["index.html", "documents/Something_does_not_work.html"]) {
    await page.goto(`/docs/${path}`);
    await expect(page).not.toHaveTitle("The documentation is being written", { timeout: 800_000 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  }
  await page.close();
});
