/** Tests whose reports are checked. */
import type { Page } from "@playwright/test";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import { expect, test } from "../../../src/playwright/index.ts";

async function open(page: Page): Promise<void> {
  await page.evaluate(() => {
    const socket = new WebSocket("wss://chat.example/live");
    socket.onopen = () => socket.send("helo");
    socket.onmessage = ({ data }) => socket.send(`heard ${(data as string).length}`);
  });
}

test("fails", async ({ context, page, webSocketServer }) => {
  await context.addCookies([{ name: "session", value: "s3cret", domain: "chat.example", path: "/", secure: true }]);
  const server = await webSocketServer({ match: /\/live/, extensions: [permessageDeflate()] });
  await open(page);
  const socket = await (await server.request()).accept({ headers: { "set-cookie": "session=s3cret" } });
  await socket.send("again ".repeat(50));
  await expect(socket).toReceiveText("helo");
  await socket.fault.cut({ midFrame: true });
  await expect(socket).toReceiveText("hello");
});

test("passes", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  await open(page);
  await expect(await (await server.request()).accept()).toReceiveText("helo");
});

test("waits as long as Playwright's configuration says", async ({ page, webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  await open(page);
  const socket = await (await server.request()).accept();
  await expect(socket).toReceiveText("helo");
  await expect(socket).toReceiveText("never");
});

test("waits for a request", async ({ webSocketServer }) => {
  const server = await webSocketServer({ match: /\/live/ });
  await server.request({ timeout: 50 });
});

test.describe("with the trace on", () => {
  test.use({ webSocketTrace: "on" });
  test("passes, and is attached", async ({ page, webSocketServer }) => {
    const server = await webSocketServer({ match: /\/live/ });
    await open(page);
    await expect(await (await server.request()).accept()).toReceiveText("helo");
  });
});

test.describe("with the trace off", () => {
  test.use({ webSocketTrace: "off" });
  test("fails, and nothing is attached", async ({ page, webSocketServer }) => {
    const server = await webSocketServer({ match: /\/live/ });
    await open(page);
    await expect(await (await server.request()).accept()).toReceiveText("hello");
  });
});
