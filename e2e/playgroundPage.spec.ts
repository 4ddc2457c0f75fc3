/**
 * The whole page: with a screen reader, in both themes, on a narrow screen; built, under any path, without a network.
 */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Locator, type Page } from "@playwright/test";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const complaints: string[] = [];

function listenTo(page: Page): void {
  complaints.length = 0;
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
}

test.beforeEach(({ page }) => listenTo(page));
test.afterEach(() => {
  expect(complaints).toEqual([]);
});

async function expectAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  expect(found, what).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    test(`axe finds no violation in the ${colorScheme} theme at ${width} px`, async ({ page }) => {
      test.setTimeout(240_000);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      await page.goto("/#scenario=compression");
      await expect(page.getByRole("region", { name: "Scenario", exact: true })).toContainText("step 1 of 3");
      await expect(page.getByRole("listbox").getByRole("option", { selected: true })).toHaveCount(1);
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        await expectAccessible(page, await tab.innerText());
      }
      await page.getByRole("tab", { name: "Breaker" }).click();
      await page.getByRole("button", { name: /^Text that is not UTF-8/ }).click();
      await expect(page.getByRole("status", { name: "Verdict" })).toContainText("failed the connection");
      await expectAccessible(page, "a verdict");
      await page.getByRole("button", { name: "Handshakes", exact: true }).click();
      await expectAccessible(page, "handshakes");
    });
  }
}

test("a narrow screen has a tab for each panel, and each works", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await page.getByRole("tab", { name: "Client" }).click();
  const told = (role: string): Locator => page.getByRole("region", { name: `${role} events` }).getByRole("listitem");
  await expect(told("Client")).toContainText(["connectionEstablished"]);
  await page.getByRole("tab", { name: "Server" }).click();
  await expect(told("Server")).toContainText(["connectionRequested", "connectionEstablished", "textReceived"]);
  await page.getByRole("button", { name: "Send text" }).click();
  await page.getByRole("tab", { name: "Ladder" }).click();
  await page.getByRole("option", { name: /^server to client, TEXT/ }).click();
  // There is no room for what is in an arrow beside it.
  await expect(page.getByRole("tabpanel", { name: "Inspector" })).toContainText("client ← server TEXT");
  await page.getByRole("tab", { name: "Inspector" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Network" })).toHaveAttribute("aria-selected", "true");
});

test("a narrow screen shows the tab of a panel that something else opened", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await page.getByRole("tab", { name: "Scenarios" }).click();
  await page.getByRole("link", { name: /^Opening/ }).click();
  const ladder = page.getByRole("tab", { name: "Ladder" });
  await expect(ladder).toHaveAttribute("aria-selected", "true");
  await expect(ladder).toBeInViewport({ ratio: 1 });
});

test("the theme can be chosen", async ({ page }) => {
  await page.goto("/");
  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.getByLabel("Theme").selectOption("dark");
  const dark = await background();
  await page.getByLabel("Theme").selectOption("light");
  expect(await background()).not.toBe(dark);
});

test.describe("built", () => {
  const folder = join(tmpdir(), `playground-${process.pid}`);
  let server: Server;
  let url: string;

  test.beforeAll(async () => {
    test.setTimeout(120_000);
    const configFile = resolve(import.meta.dirname, "../vite.config.ts");
    await build({ configFile, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
    const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
    server = createServer((request, response) => {
      const path = request.url!.split("?")[0]!.replace(/^\/some\/where\//, "");
      try {
        const file = readFileSync(join(folder, path === "" ? "index.html" : path));
        response.writeHead(200, { "content-type": types[extname(path)] ?? "text/html" }).end(file);
      } catch {
        response.writeHead(404).end();
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/where/`;
  });
  test.afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the first load is less than 150 kB gzipped, all from the page's own server", async ({ page }) => {
    const requested = new Set<string>();
    page.on("request", (request) => requested.add(request.url()));
    await page.goto(url);
    await expect(page.getByRole("option", { name: /TEXT/ })).toBeVisible();
    const first = [...requested].filter((one) => !one.endsWith("offline.js"));
    for (const one of first) expect(one.startsWith(url) || one.startsWith("data:"), one).toBe(true);
    const html = readFileSync(join(folder, "index.html"), "utf8");
    const names = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThanOrEqual(2);
    const bytes = ["index.html", ...names].reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length,
      0,
    );
    console.log(`${(bytes / 1000).toFixed(1)} kB at the first load`);
    expect(bytes).toBeLessThan(150_000);
    expect(names.some((name) => /uplot/i.test(name))).toBe(false);
  });

  test("the page has no inline script or style, and its policy allows none", async ({ page }) => {
    const html = readFileSync(join(folder, "index.html"), "utf8");
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/);
    expect(html).toContain("default-src 'self'");
    expect(html).not.toMatch(/unsafe-/);
    for (const name of readdirSync(join(folder, "assets")).filter((name) => name.endsWith(".js"))) {
      expect(readFileSync(join(folder, "assets", name), "utf8"), name).not.toMatch(/\bnew Function\(|[^.\w]eval\(/);
    }
    await page.goto(url);
    const blocked = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.wasRun = true";
      document.body.append(script);
      return !("wasRun" in globalThis);
    });
    expect(blocked).toBe(true);
    expect(complaints.splice(0)).toHaveLength(1); // that one
  });

  test("once opened, the page and its workers open without a network", async ({ page, context }) => {
    await page.goto(url);
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await expect.poll(() => page.evaluate(async () => (await caches.keys()).length)).toBe(1);
    await context.setOffline(true);
    await page.reload();
    await expect(page.getByRole("option", { name: /TEXT/ })).toBeVisible();
    await page.getByRole("tab", { name: "Network" }).click();
    await page.getByLabel("Carried by").selectOption("Worker, over a MessagePort");
    await expect(page.getByRole("status", { name: "Server state" })).toHaveText("open");
    await page.getByRole("tab", { name: "Throughput" }).click();
    await page.getByRole("button", { name: "Measure" }).click();
    await expect(page.locator(".plot canvas")).toBeVisible({ timeout: 30_000 });
    await page.getByRole("button", { name: "Stop" }).click();
  });
});
