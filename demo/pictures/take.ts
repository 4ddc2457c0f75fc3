/** Takes the pictures of the playground for the documentation: `node demo/pictures/take.ts`. */
import { chromium, type Locator, type Page } from "playwright";
import { join } from "node:path";
import { createServer } from "vite";
import { findChromium } from "../../test/support/chromium.ts";

const server = await createServer({ configFile: join(import.meta.dirname, "../../vite.config.ts"), logLevel: "warn" });
await server.listen();
const [url] = server.resolvedUrls!.local;
const browser = await chromium.launch({ executablePath: findChromium()! });

async function open(hash: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 820 }, reducedMotion: "reduce" });
  page.setDefaultTimeout(120_000);
  await page.goto(`${url!}${hash}`);
  await page.getByRole("option").first().waitFor();
  return page;
}

async function take(name: string, what: Page | Locator): Promise<void> {
  await what.screenshot({ path: join(import.meta.dirname, `${name}.jpg`), type: "jpeg", quality: 85 });
  console.log(name);
}

const first = await open("");
const server = first.getByRole("region", { name: "Server events" });
await server.getByText("textReceived").waitFor();
await take("page", first);

const compressed = await open("#scenario=compression");
