/** `node test/bench/transports.ts`: transports in Chromium beside what they are made of, chunks of 64 KiB, one way. */
import { chromium } from "playwright";
import { createServer } from "vite";
import { requireChromium } from "../support/chromium.ts";

const ROUNDS = 9;
const CHUNK_KIB = 64;
const GROUPS = [
  { prefix: "data channel", count: 256 },
  { prefix: "port to a worker", count: 2048 },
];

const server = await createServer({ configFile: false, logLevel: "error", server: { host: "127.0.0.1", port: 0 } });
await server.listen();
const browser = await chromium.launch({ executablePath: requireChromium() });
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  const origin = server.resolvedUrls!.local[0]!;
  await page.route(`${origin}bench`, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: '<!doctype html><script type="module" src="/test/bench/transportsPage.ts"></script>',
    }),
  );
  await page.goto(`${origin}bench`);
  await page.waitForFunction(() => "measure" in window);
  const names = await page.evaluate(() => Object.keys(window.bench));
  for (const { prefix, count } of GROUPS) {
    const group = names.filter((name) => name.startsWith(prefix));
    const rounds = new Map<string, number[]>(group.map((name) => [name, []]));
    for (let round = -1; round < ROUNDS; round++) {
      for (const name of round % 2 === 0 ? group : group.toReversed()) {
        const ms = await page.evaluate(([name, count]) => window.measure(name, count), [name, count] as const);
        if (round >= 0) rounds.get(name)!.push(ms);
      }
    }
    const rawMs = median(rounds.get(group[0]!)!);
    for (const [name, times] of rounds) {
      const ms = median(times);
      const perSecond = ((count * CHUNK_KIB) / 1024 / ms) * 1000;
      console.log(name.padEnd(40), `${perSecond.toFixed(1).padStart(8)} MiB/s`, `${(rawMs / ms).toFixed(2)} × raw`);
    }
  }
} finally {
  await browser.close();
  await server.close();
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
