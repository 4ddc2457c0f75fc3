/**
 * The benchmark in the page: every transport with and without this library, and the results of the benchmark on Node.
 */
import { expect, test, type Page } from "@playwright/test";
import { startWebTransportServer, type WebTransportServer } from "../test/support/webTransportServer.ts";
import { openPlayground, openTool } from "./playground/page.ts";

openPlayground();

test("each transport is measured with and without this library, with progress and a plot", async ({ page }) => {
  test.setTimeout(300_000);
  const server = await startWebTransportServer();
  try {
    await measureAll(page, server?.addresses);
  } finally {
    await server?.stop();
  }
});

/** Where there is a WebTransport server, that is measured, too. */
async function measureAll(page: Page, server: WebTransportServer | undefined): Promise<void> {
  const panel = await openTool(page, "Throughput");
  const lines = server === undefined ? 6 : 8;
  if (server !== undefined) {
    await panel.getByRole("textbox", { name: /^WebTransport/ }).fill(`https://127.0.0.1:${server.port}/`);
    await panel.getByRole("textbox", { name: /^SHA-256/ }).fill(Buffer.from(server.hash).toString("base64"));
  }
  // A browser keeps only so many entries, and the page of a development server has many modules.
  await page.evaluate(() => performance.setResourceTimingBufferSize(5000));
  // The plot is loaded when there is something to draw.
  const loaded = (): Promise<boolean> =>
    page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => /uplot[^/]*\.js/i.test(name)));
  expect(await loaded()).toBe(false);
  await panel.getByRole("button", { name: "Measure" }).click();
  await expect(panel.getByRole("progressbar", { name: "Measured so far" })).toBeVisible();
  await expect(panel.getByRole("status")).toContainText(new RegExp(`\\w, \\d+ of ${4 * lines}$`));
  await expect(panel.getByRole("button", { name: "Measure" })).toBeEnabled({ timeout: 240_000 });
  const rows = panel.getByRole("table", { name: /^Megabytes/ }).getByRole("row");
  await expect(rows).toHaveCount(1 + lines);
  for (const row of (await rows.all()).slice(1)) {
    const speeds = (await row.getByRole("cell").allInnerTexts()).map(Number);
    expect(speeds).toHaveLength(4);
    for (const speed of speeds) expect(speed).toBeGreaterThan(0);
  }
  expect(await loaded()).toBe(true);
  await expect(panel.getByRole("img", { name: /^Megabytes per second/ }).locator("canvas")).toBeVisible();
}

test("the results of npm run bench are plotted, and other files are refused", async ({ page }) => {
  const panel = await openTool(page, "Throughput");
  const file = (text: string): { name: string; mimeType: string; buffer: Buffer } => ({
    name: "bench.json",
    mimeType: "application/json",
    buffer: Buffer.from(text),
  });
  const input = panel.getByLabel("Results of npm run bench");
  await input.setInputFiles(file("[]"));
  await expect(panel.getByRole("alert").filter({ hasText: "This is not a file of" })).toBeVisible();
  const row = { workload: "echo", role: "server", kind: "text", ours: 2000, peer: 1000, peerName: "ws", ratio: 2 };
  await input.setInputFiles(file(JSON.stringify([row, { ...row, workload: "flood" }])));
  await expect(panel.getByRole("row", { name: /1\. echo text/ })).toContainText("2.00");
  await expect(panel.getByRole("img", { name: /^Messages per second/ }).locator("canvas")).toBeVisible();
});

test("a measurement can be stopped", async ({ page }) => {
  const panel = await openTool(page, "Throughput");
  await panel.getByRole("button", { name: "Measure" }).click();
  await panel.getByRole("button", { name: "Stop" }).click();
  await expect(panel.getByRole("button", { name: "Measure" })).toBeEnabled({ timeout: 30_000 });
});
