/** The network: what carries the bytes, and what can happen to them. */
import { expect, test, type Locator, type Page } from "@playwright/test";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { serve } from "../../src/stream/index.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { startWebTransportServer } from "../../test/support/webTransportServer.ts";
import {
  arrows,
  chunks,
  event,
  expectStates,
  fill,
  fillNumber,
  inspector,
  openPlayground,
  openTool,
  press,
  say,
  side,
  state,
  inFirefox,
} from "./page.ts";

openPlayground();

for (const [label, where] of [
  ["Worker, over a MessagePort", "a worker"],
  ["WebRTC data channel", "the end of a data channel"],
] as const) {
  test(`the server lives in ${where}`, inFirefox, async ({ page }) => {
    const network = await openTool(page, "Network");
    await network.getByLabel("Carried by").selectOption(label);
    await expectStates(page, "open");
    await say(page, "Client", "over there");
    await expect(event(page, "Server", "textReceived")).toContainText("“over there”");
    await say(page, "Server", "and back");
    await expect(event(page, "Client", "textReceived")).toContainText("“and back”");
    await press(page, "Server", "Close");
    await expectStates(page, "closed");
    await fill(page, "Server", "Close code", "1005");
  });
}

test("an error of the server in a worker is shown", async ({ page }) => {
  const network = await openTool(page, "Network");
  await network.getByLabel("Carried by").selectOption("Worker, over a MessagePort");
  await expectStates(page, "open");
  await fill(page, "Server", "Close code", "1005");
  await press(page, "Server", "Close");
  await expect(side(page, "Server").getByRole("alert").filter({ hasText: "RangeError" })).toContainText("1005");
});

async function connectTo(page: Page, label: string, url: string, hash?: string): Promise<Locator> {
  await fill(page, "Client", "Resource", "/echo");
  const network = await openTool(page, "Network");
  await network.getByLabel("Carried by").selectOption(label);
  await network.getByRole("textbox", { name: "URL" }).fill(url);
  if (hash !== undefined) await network.getByLabel(/^SHA-256/).fill(hash);
  await network.getByRole("button", { name: "Connect over it" }).click();
  return network;
}

test("the server is behind a WebSocket URL", async ({ page }) => {
  const carriers = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: (offered) => offered.has(webSocketProtocol) && webSocketProtocol,
  });
  await once(carriers, "listening");
  carriers.on("connection", (socket) => {
    const transport = webSocketTransport(socket);
    void serve(
      [transport],
      async (request) => {
        const session = await request.accept();
        for await (const message of session) await session.send(message);
      },
      { origins: "any" },
    );
  });
  try {
    await connectTo(page, "WebSocket, at a URL", `ws://127.0.0.1:${(carriers.address() as AddressInfo).port}`);
    await expect(state(page, "Client")).toHaveText("open");
    await expect(side(page, "Server")).toContainText("The server is elsewhere");
    await say(page, "Client", "far away");
    await expect(event(page, "Client", "textReceived")).toContainText("“far away”");
  } finally {
    carriers.close();
    for (const socket of carriers.clients) socket.terminate();
  }
});

test("the server is behind a WebTransport URL", async ({ page }) => {
  const server = await startWebTransportServer();
  test.skip(server === undefined, "there is no Deno");
  const { addresses, stop } = server!;
  try {
    const hash = Buffer.from(addresses.hash).toString("base64");
    await connectTo(page, "WebTransport, at a URL", `https://127.0.0.1:${addresses.port}/`, hash);
    await expect(state(page, "Client")).toHaveText("open");
    await say(page, "Client", "over QUIC");
    await expect(event(page, "Client", "textReceived")).toContainText("“over QUIC”");
    await press(page, "Client", "Close");
    await expect(state(page, "Client")).toHaveText("closed");
  } finally {
    await stop();
  }
});

test("bytes arrive one by one, each when the user releases it", inFirefox, async ({ page }) => {
  const network = await openTool(page, "Network");
  await network.getByLabel("Chunks of at most").selectOption("1 byte");
  await network.getByLabel("Step by step").check();
  await say(page, "Server", "ab");
  await expect(chunks(page).last()).toContainText("1 B");
  await expect(event(page, "Client", "textReceived")).toHaveCount(0);
  const next = network.getByRole("button", { name: "Deliver next" });
  await next.click();
  await next.click();
  await expect(arrows(page).last()).toHaveAccessibleName("server to client, TEXT, 2 B so far, FIN");
  await next.click();
  await expect(event(page, "Client", "textReceived")).toHaveCount(1);
  await expect(event(page, "Client", "textReceived")).toContainText("“a”");
  await next.click();
  await expect(event(page, "Client", "textReceived").last()).toContainText(/“b”.*messageFinished\s*true/);
  await expect(arrows(page).last()).toHaveAccessibleName("server to client, TEXT, 2 B, FIN, “ab”");
});

test("one byte of the next chunk is corrupted, and the other side shows the result", async ({ page }) => {
  const network = await openTool(page, "Network");
  await network.getByLabel("XOR with").fill("40");
  await network.getByRole("button", { name: "Corrupt next chunk" }).click();
  await press(page, "Client", "Send text");
  await expect(event(page, "Server", "connectionClosed")).toContainText("reserved bit set: RSV1 (reservedBits)");
  await expectStates(page, "closed");
  await arrows(page).filter({ hasText: "one byte corrupted" }).last().click();
  await openTool(page, "Inspector");
  await expect(inspector(page).getByRole("list", { name: "Broken rules" })).toContainText("reservedBits");
});

test("a frame is cut in the middle, and both sides end with 1006", async ({ page }) => {
  const network = await openTool(page, "Network");
  await network.getByRole("button", { name: "Cut in the next chunk" }).click();
  await say(page, "Client", "never whole");
  for (const role of ["Client", "Server"] as const) {
    await expect(event(page, role, "connectionClosed")).toContainText("1006");
  }
  await expect(arrows(page).filter({ hasText: "cut" }).last()).toContainText("B so far");
});

test("a reset fails both sides", async ({ page }) => {
  const network = await openTool(page, "Network");
  await network.getByRole("button", { name: "Reset now" }).click();
  for (const role of ["Client", "Server"] as const) {
    await expect(event(page, role, "connectionClosed")).toContainText("1006");
  }
});

for (const label of ["Pipe in memory", "Worker, over a MessagePort", "WebRTC data channel"]) {
  test(`a reader that stops pauses its sender: ${label}`, async ({ page }) => {
    const network = await openTool(page, "Network");
    if (label !== "Pipe in memory") await network.getByLabel("Carried by").selectOption(label);
    await expectStates(page, "open");
    await side(page, "Server").getByLabel("Read incoming bytes").uncheck();
    await fill(page, "Client", "Text", "x".repeat(100_000));
    await fillNumber(page, "Client", "Times", 20);
    await press(page, "Client", "Send text");
    await expect(side(page, "Client")).toContainText(/1,\d{3},\d{3} bytes wait to be sent/);
    const waiting = network
      .getByRole("row", { name: /^client/ })
      .getByRole("cell")
      .first();
    // What is on the way has room for some of it, and then no more goes.
    let held = "";
    const isHeld = async (): Promise<boolean> => {
      held = await waiting.innerText();
      await page.waitForTimeout(500);
      return held === (await waiting.innerText());
    };
    await expect.poll(isHeld).toBe(true);
    expect(Number(held.replaceAll(",", ""))).toBeGreaterThan(1_000_000);
    await side(page, "Server").getByLabel("Read incoming bytes").check();
    await expect(waiting).toHaveText("0");
    await expect(event(page, "Server", "textReceived").last()).toContainText(/messageFinished\s*true/);
  });
}
