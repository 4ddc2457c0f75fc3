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
      await page.getByRole("tab", { name: "Faults" }).click();
      await page.getByRole("button", { name: /^Text that is not UTF-8/ }).click();
      await expect(page.getByRole("status", { name: "Verdict" })).toContainText("failed the connection");
      await expectAccessible(page, "a verdict");
      await page.getByRole("button", { name: "Handshakes", exact: true }).click();
      await expectAccessible(page, "handshakes");
      await page.goto("/#explain");
      const box = page.getByRole("main", { name: "Explain these bytes" });
      await box.getByRole("textbox", { name: /^Bytes/ }).fill("81 05 48 65 6c 6c 6f");
      await expectAccessible(page, "the box for bytes");
      await box.getByRole("button", { name: "Explain", exact: true }).click();
      await expect(page.getByRole("region", { name: "Verdict" })).toContainText("Nothing is wrong");
      await expectAccessible(page, "an explanation");
      await box.getByLabel("Direction").selectOption("client → server");
      await expect(page.getByRole("region", { name: "Verdict" })).toContainText("did not mask");
      await expectAccessible(page, "a fault that is explained");
    });
  }
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    test(`axe finds no violation in rarer states in the ${colorScheme} theme at ${width} px`, async ({ page }) => {
      test.setTimeout(900_000);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      const isNarrow = width < 900;
      const openSide = async (name: string): Promise<Locator> => {
        if (isNarrow) await page.getByRole("tab", { name, exact: true }).click();
        return page.getByRole("region", { name, exact: true });
      };
      await page.goto("/");
      const client = await openSide("Client");
      await client.getByRole("button", { name: "More" }).click();
      await client.getByLabel("Times", { exact: true }).fill("30");
      await client.getByLabel("Text", { exact: true }).fill('{"a":[1,true,null]}');
      await client.getByRole("button", { name: "Send text" }).click();
      await client.locator("summary").click();
      await expectAccessible(page, "more of a side, and its life cycle");
      if (isNarrow) await page.getByRole("tab", { name: "Ladder" }).click();
      await expect(page.getByRole("option", { name: /folded/ })).toBeVisible();
      await page.getByRole("option", { name: /TEXT/ }).last().click();
      await page.getByRole("button", { name: "JSON", exact: true }).click();
      await expectAccessible(page, "a ladder with a fold, and a payload as a tree");
      if (!isNarrow) {
        await page.getByRole("searchbox", { name: "Filter" }).fill("opcode:nonsense");
        await expectAccessible(page, "a filter that is wrong");
        await page.getByRole("searchbox", { name: "Filter" }).fill("");
      }
      const server = await openSide("Server");
      if (isNarrow) await expect(server.getByLabel("Auto-accept")).toBeVisible();
      await server.getByLabel("Auto-accept").uncheck();
      await (await openSide("Client")).getByRole("button", { name: "Connect again" }).click();
      await expect((await openSide("Server")).getByRole("button", { name: "Reject" })).toBeVisible();
      await expectAccessible(page, "a request that waits for an answer");
      await server.getByRole("button", { name: "Reject" }).click();
      await expect(page.getByRole("status", { name: "Server state" })).toHaveText("closed");
      await expectAccessible(page, "a connection that was refused");
      await page.goto("/#scenario=nonsense");
      await expectAccessible(page, "a link that can't be read");
      await page.goto("/#explain");
      const box = page.getByRole("main", { name: "Explain these bytes" });
      await box.getByRole("textbox", { name: /^Bytes/ }).fill("hello there");
      await box.getByRole("button", { name: "Explain", exact: true }).click();
      await expect(box.getByRole("alert")).toContainText("no bytes that can be read");
      await expectAccessible(page, "text that is not bytes");
      for (const file of ["chromium.45061.pcap", "playwright.har"]) {
        await box
          .getByLabel("A capture, a HAR or a file of bytes")
          .setInputFiles(resolve(import.meta.dirname, "../test/peers/captures", file));
        await expect(page.getByRole("region", { name: "Verdict" })).toContainText("Nothing is wrong: a handshake");
        await expectAccessible(page, file);
      }
    });
  }
}

for (const width of [1440, 1200, 1024]) {
  test(`a first message and what it means are in sight at ${width} × 900, and no word is cut`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.goto("/");
    await expect(page.getByRole("option", { name: /TEXT.*hello/ })).toBeInViewport({ ratio: 1 });
    await expect(page.getByText("Text, a whole message, 5 bytes, masked: “hello”")).toBeInViewport({ ratio: 1 });
    await expect(page.getByRole("list", { name: "Fields" }).getByRole("listitem").first()).toBeInViewport({ ratio: 1 });
    for (const role of ["Client", "Server"]) {
      const panel = page.getByRole("region", { name: role, exact: true });
      await expect(panel.getByRole("button", { name: "Send text" })).toBeInViewport({ ratio: 1 });
    }
    // Words that do not fit would be cut, or make their box scroll sideways.
    const cut = await page.evaluate(() =>
      Array.from(document.querySelectorAll("button, h1, h2, h3, label, .tabs, .side, .masthead, .panel-head"))
        .filter((one) => one.scrollWidth > one.clientWidth + 1 && !one.matches(".spoken, .file") && one.clientWidth > 0)
        .map((one) => `${one.className} ${one.textContent}`.slice(0, 60)),
    );
    expect(cut).toEqual([]);
  });
}

test("the three ways in lead where they say", async ({ page }) => {
  await page.goto("/");
  const front = page.getByRole("banner");
  await front.getByRole("button", { name: "Break it" }).click();
  await expect(page.getByRole("list", { name: "Violations" })).toBeVisible();
  await front.getByRole("link", { name: "Explain my bytes" }).click();
  await expect(page).toHaveURL(/#explain$/);
  await expect(page.getByRole("main", { name: "Explain these bytes" })).toBeVisible();
  await page.goBack();
  await front.getByRole("button", { name: "Take the tour" }).click();
  await expect(page.getByRole("region", { name: "Scenario", exact: true })).toContainText("Opening");
});

test("a story goes back and forth, and on to the next one", async ({ page }) => {
  await page.goto("/#scenario=masking");
  const story = page.getByRole("region", { name: "Scenario", exact: true });
  await expect(story).toContainText("step 1 of 3");
  await expect(story.getByRole("button", { name: "Back" })).toBeDisabled();
  await story.getByRole("button", { name: "Next", exact: true }).click();
  await expect(story).toContainText("step 2 of 3");
  await story.getByRole("button", { name: "Back" }).click();
  await expect(story).toContainText("step 1 of 3");
  await expect(page.getByRole("option", { name: /TEXT/ })).toHaveCount(1);
  for (const step of [2, 3]) {
    await story.getByRole("button", { name: "Next", exact: true }).click();
    await expect(story).toContainText(`step ${step} of 3`);
  }
  await story.getByRole("button", { name: "Next story: A message in fragments" }).click();
  await expect(story).toContainText("A message in fragments");
});

test("the first stop of the Tab key leads to the ladder", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("option", { name: /TEXT/ })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the bytes" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("listbox", { name: "Bytes on the wire" })).toBeFocused();
  await expect(page.getByRole("option").first()).toHaveAttribute("aria-posinset", "1");
});

test("“More” is closed at first, opens on both sides, and stays open after a reload", async ({ page }) => {
  await page.goto("/");
  const ping = page.getByRole("button", { name: "Ping", exact: true });
  await expect(ping).toHaveCount(0);
  await page.getByRole("region", { name: "Client", exact: true }).getByRole("button", { name: "More" }).click();
  await expect(ping).toHaveCount(2);
  await page.reload();
  await expect(ping).toHaveCount(2);
});

test("a narrow screen has the ladder on top, the inspector below it once an arrow is chosen, and a line to send with", async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await expect(page.getByRole("option", { name: /TEXT.*hello/ })).toBeInViewport({ ratio: 1 });
  const send = page.getByRole("form", { name: "Send" });
  await send.getByLabel("Direction").selectOption("server →");
  const text = send.getByLabel("Text");
  await text.fill("from below");
  // With less, a phone zooms into the field.
  expect(await text.evaluate((field) => getComputedStyle(field).fontSize)).toBe("16px");
  await send.getByRole("button", { name: "Send" }).click();
  await page.getByRole("option", { name: /^server to client, TEXT/ }).click();
  const sheet = page.getByRole("region", { name: "Inspector", exact: true });
  await expect(sheet).toContainText("Text, a whole message, 10 bytes, not masked: “from below”");
  await expect(page.getByRole("option", { name: /^server to client, TEXT/ })).toBeInViewport();
  await expect(send).toBeInViewport({ ratio: 1 });
  await sheet.getByRole("button", { name: "Close the inspector" }).click();
  await expect(sheet).toHaveCount(0);
  await expect(page.getByRole("listbox", { name: "Bytes on the wire" })).toBeFocused();
  await page.getByRole("tab", { name: "Ladder" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Client" })).toHaveAttribute("aria-selected", "true");
  const told = (role: string): Locator => page.getByRole("region", { name: `${role} events` }).getByRole("listitem");
  await expect(told("Client")).toContainText(["connectionEstablished", "textReceived"]);
  await page.getByRole("tab", { name: "Server" }).click();
  await expect(told("Server")).toContainText(["connectionRequested", "connectionEstablished", "textReceived"]);
});

test("a narrow screen shows the tab of a panel that something else opened", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await page.getByRole("tab", { name: "Stories" }).click();
  await page.getByRole("link", { name: /^Opening/ }).click();
  const ladder = page.getByRole("tab", { name: "Ladder" });
  await expect(ladder).toHaveAttribute("aria-selected", "true");
  await expect(ladder).toBeInViewport({ ratio: 1 });
  // The story speaks of it.
  await expect(page.getByRole("region", { name: "Inspector", exact: true })).toContainText(
    "A request to speak WebSocket",
  );
});

test("the theme can be chosen, and is remembered", async ({ page }) => {
  await page.goto("/");
  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const theme = page.getByRole("button", { name: /^Theme: / });
  await expect(theme).toHaveAccessibleName("Theme: as the system");
  await theme.click();
  await expect(theme).toHaveAccessibleName("Theme: light");
  const light = await background();
  await theme.click();
  await expect(theme).toHaveAccessibleName("Theme: dark");
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  await expect(theme).toHaveAccessibleName("Theme: dark");
  expect(await background()).toBe(dark);
});

test("the page opens from the development server as well, module by module", async ({ page }) => {
  const modules: string[] = [];
  page.on("request", (request) => modules.push(new URL(request.url()).pathname));
  await page.goto("/index.html");
  await expect(page.getByRole("option", { name: /TEXT.*hello/ })).toBeVisible();
  expect(modules).toContain("/demo/main.tsx");
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

  test("the first load is at most 140 kB gzipped, all from the page's own server", async ({ page }) => {
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
    expect(bytes).toBeLessThanOrEqual(140_000);
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
    await page.getByRole("tab", { name: "Transport" }).click();
    await page.getByLabel("Carried by").selectOption("Worker, over a MessagePort");
    await expect(page.getByRole("status", { name: "Server state" })).toHaveText("open");
    await page.getByRole("tab", { name: "Throughput" }).click();
    await page.getByRole("button", { name: "Measure" }).click();
    await expect(page.locator(".plot canvas")).toBeVisible({ timeout: 30_000 });
    await page.getByRole("button", { name: "Stop" }).click();
  });
});
