/**
 * Records what a page and a server of ws send each other, as HTTP Archives: one of Playwright's, and one as the Network
 * panel of Chromium's DevTools exports it. Run `node test/peers/captures/recordHAR.ts`.
 */
import { chromium, type Page } from "playwright";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { findChromium } from "../../support/chromium.ts";
import { MESSAGES, talk } from "./conversation.ts";

const executablePath = findChromium()!;
const folder = mkdtempSync(join(tmpdir(), "recorded-har-"));

/** A page, because DevTools and Playwright record what a page does, and the server that it speaks to. */
const http = createServer((_, response) =>
  response.setHeader("content-type", "text/html").end("<title>A page</title>"),
);
const server = new WebSocketServer({ server: http, perMessageDeflate: { threshold: 200 } });
server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.ping("from ws");
});
http.listen(0, "127.0.0.1");
await once(http, "listening");
const { port } = http.address() as AddressInfo;
const address = `127.0.0.1:${port}`;

async function converse(page: Page): Promise<void> {
  await page.goto(`http://${address}/`);
  await page.evaluate(talk, { url: `ws://${address}/chat?room=1`, messages: MESSAGES });
}

async function playwright(): Promise<object> {
  const path = join(folder, "playwright.har");
  const browser = await chromium.launch({ executablePath });
  const context = await browser.newContext({ recordHar: { path, content: "embed", mode: "full" } });
  await converse(await context.newPage());
  await context.close();
  await browser.close();
  return JSON.parse(readFileSync(path, "utf8")) as object;
}

/** DevTools watch another page of the same browser, over their own protocol. */
async function devTools(): Promise<object> {
  const context = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath,
    args: ["--remote-debugging-port=0", "--remote-allow-origins=*"],
  });
  const watched = await context.newPage();
  const { targetInfo } = (await (await context.newCDPSession(watched)).send("Target.getTargetInfo")) as {
    readonly targetInfo: { readonly targetId: string };
  };
  const [debugging] = readFileSync(join(folder, "profile", "DevToolsActivePort"), "utf8").split("\n");
  const panel = await context.newPage();
  panel.setDefaultTimeout(120_000);
  const socket = `127.0.0.1:${debugging}/devtools/page/${targetInfo.targetId}`;
  await panel.goto(`devtools://devtools/bundled/devtools_app.html?ws=${socket}&panel=network`, { waitUntil: "commit" });
  await panel.waitForFunction(`(async () => {
    const { TargetManager } = await import("devtools://devtools/bundled/core/sdk/sdk.js");
    return TargetManager.TargetManager.instance().primaryPageTarget() !== null;
  })()`);
  await panel.waitForTimeout(10_000); // it starts to listen for requests a little later
  await converse(watched);
  await panel.waitForTimeout(10_000);
  // The code behind “Export HAR”.
  const har = await panel.evaluate<object>(`(async () => {
    const { NetworkLog } = await import("devtools://devtools/bundled/models/logs/logs.js");
    const { Log } = await import("devtools://devtools/bundled/models/har/har.js");
    const requests = NetworkLog.NetworkLog.instance().requests();
    return { log: await Log.Log.build(requests, { sanitize: false }) };
  })()`);
  await context.close();
  return har;
}

try {
  for (const [name, record] of Object.entries({ playwright, devTools })) {
    const file = join(import.meta.dirname, `${name}.har`);
    writeFileSync(file, `${JSON.stringify(await record(), undefined, 2)}\n`);
    console.log(file);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  server.close();
  http.closeAllConnections();
  http.close();
}
