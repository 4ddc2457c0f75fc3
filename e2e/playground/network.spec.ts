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

const complaints = openPlayground();

const tunnel = "Byte tunnel in a WebSocket, at a URL";

for (const [label, where] of [
  ["Worker, over a MessagePort", "a worker"],
  ["WebRTC data channel", "the end of a data channel"],
] as const) {
  test(`the server lives in ${where}`, inFirefox, async ({ page }) => {
    const network = await openTool(page, "Transport");
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
  const network = await openTool(page, "Transport");
  await network.getByLabel("Carried by").selectOption("Worker, over a MessagePort");
  await expectStates(page, "open");
  await fill(page, "Server", "Close code", "1005");
  await press(page, "Server", "Close");
  await expect(side(page, "Server").getByRole("alert").filter({ hasText: "RangeError" })).toContainText("1005");
});

async function connectTo(page: Page, label: string, url: string, hash?: string): Promise<Locator> {
  await fill(page, "Client", "Resource", "/echo");
  const network = await openTool(page, "Transport");
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
    await connectTo(page, tunnel, `ws://127.0.0.1:${(carriers.address() as AddressInfo).port}`);
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
  const network = await openTool(page, "Transport");
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
  const network = await openTool(page, "Transport");
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
  const network = await openTool(page, "Transport");
  await network.getByRole("button", { name: "Cut in the next chunk" }).click();
  await say(page, "Client", "never whole");
  for (const role of ["Client", "Server"] as const) {
    await expect(event(page, role, "connectionClosed")).toContainText("1006");
  }
  await expect(arrows(page).filter({ hasText: "cut" }).last()).toContainText("B so far");
});

test("a reset fails both sides", async ({ page }) => {
  const network = await openTool(page, "Transport");
  await network.getByRole("button", { name: "Reset now" }).click();
  for (const role of ["Client", "Server"] as const) {
    await expect(event(page, role, "connectionClosed")).toContainText("1006");
  }
});

for (const label of ["Pipe in memory", "Worker, over a MessagePort", "WebRTC data channel"]) {
  test(`a reader that stops pauses its sender: ${label}`, async ({ page }) => {
    const network = await openTool(page, "Transport");
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

for (const bytes of [32 * 1024, 64 * 1024]) {
  test(`${bytes / 1024} KiB in chunks of one byte arrive, and the page can be used meanwhile`, async ({ page }) => {
    test.setTimeout(240_000);
    const network = await openTool(page, "Transport");
    await network.getByLabel("Chunks of at most").selectOption("1 byte");
    await fill(page, "Client", "Text", "x".repeat(bytes));
    // How many turns other tasks of the page have until the message is there. Without pauses it has one or two.
    const turns = await page.evaluate(async () => {
      document.querySelector<HTMLElement>(".side.client button.primary")!.click();
      for (let turns = 0; ; turns++) {
        await new Promise((resolve) => setTimeout(resolve));
        const last = Array.from(document.querySelectorAll(".side.server .event")).at(-1);
        if (/“x+”.*messageFinished\s*true/.test(last?.textContent ?? "")) return turns;
      }
    });
    expect(turns).toBeGreaterThan(50);
  });
}

test("WebRTC that finds no way says so after a few seconds", async ({ page }) => {
  // As without a network: no candidate reaches the other end.
  await page.addInitScript(() => {
    Object.assign(RTCPeerConnection.prototype, { addIceCandidate: () => Promise.resolve() });
  });
  await page.reload();
  const network = await openTool(page, "Transport");
  await network.getByLabel("Carried by").selectOption("WebRTC data channel");
  await expect(network.getByRole("form").getByRole("alert")).toContainText(
    "The data channel did not open in 5 seconds",
  );
  await expect(state(page, "Client")).toHaveText("closed");
  await expect(side(page, "Server")).toContainText("The data channel did not open in 5 seconds");
});

test("an ordinary WebSocket server is not taken for a byte tunnel, and nothing is drawn as delivered", async ({
  page,
}) => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => false });
  await once(server, "listening");
  try {
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const network = await connectTo(page, tunnel, url);
    await expect(network.getByRole("form").getByRole("alert")).toContainText(
      `At ${url} is an ordinary WebSocket server`,
    );
    await expect(arrows(page)).toHaveCount(0);
    await expect(state(page, "Client")).toHaveText("closed");
  } finally {
    server.close();
    for (const socket of server.clients) socket.terminate();
  }
  expect(complaints.splice(0).join()).toContain("WebSocket connection to");
});

test("a URL where nobody answers is said to be one", async ({ page }) => {
  const network = await connectTo(page, tunnel, "ws://127.0.0.1:46499");
  await expect(network.getByRole("form").getByRole("alert")).toContainText(
    "No WebSocket opens at ws://127.0.0.1:46499",
  );
  await expect(arrows(page)).toHaveCount(0);
  complaints.splice(0);
});
