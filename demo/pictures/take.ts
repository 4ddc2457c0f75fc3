/** Takes the pictures of the playground for the documentation: `node demo/pictures/take.ts`. */
import { chromium, type Locator, type Page } from "playwright";
import { join } from "node:path";
import { createServer } from "vite";
import { findChromium } from "../../test/support/chromium.ts";

const folder = import.meta.dirname;

async function take(name: string, what: Page | Locator): Promise<void> {
  await what.screenshot({ path: join(folder, `${name}.jpg`), type: "jpeg", quality: 85 });
}

/** What each picture shows, on a page that is open. */
const pictures: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async page(page) {
    await page.getByRole("region", { name: "Server events" }).getByText("textReceived").waitFor();
    await take("page", page);
  },
  /** A compressed frame, its opcode lit. */
  async inspector(page) {
    await page.getByRole("tab", { name: "Stories" }).click();
    await page.getByRole("link", { name: /^Compression and context takeover/ }).click();
    await page.getByRole("button", { name: /^Opcode/ }).hover();
    await take("inspector", page.locator(".middle"));
  },
  /** An unmasked frame, and the Close with code 1002. */
  async breaker(page) {
    await page.getByRole("button", { name: "Break it" }).click();
    await page.getByRole("button", { name: /^Unmasked frame from a client/ }).click();
    await page.getByRole("status", { name: "Client state" }).getByText("closed").waitFor();
    await page.mouse.move(0, 0);
    await take("breaker", page.locator(".middle"));
  },
};

const server = await createServer({
  configFile: join(folder, "../../vite.config.ts"),
  logLevel: "warn",
  server: { host: "127.0.0.1", port: 0, hmr: false },
});
await server.listen();
const browser = await chromium.launch({ executablePath: findChromium()! });
for (const [name, show] of Object.entries(pictures)) {
  // A wide window shows the explanation beside the bits.
  const { width, height } = name === "page" ? { width: 1280, height: 820 } : { width: 1440, height: 900 };
  const page = await browser.newPage({ viewport: { width, height }, reducedMotion: "reduce" });
  page.setDefaultTimeout(120_000);
  await page.goto(server.resolvedUrls!.local[0]!);
  await page.getByRole("option", { name: /TEXT/ }).waitFor();
  await show(page);
  await page.close();
}
await browser.close();
await server.close();
