/** “Connect”: the page talks to a real server through the relay, to another tab, and to another browser. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Browser, type Locator, type Page } from "@playwright/test";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "vite";
import { WebSocketServer } from "ws";
import { findFirefox } from "../../test/support/firefox.ts";
import { Program } from "../../test/peers/programs.ts";
import { arrows, event, inspector, openTool, say, side, state } from "./page.ts";

const complaints: string[] = [];

function listenTo(page: Page): Page {
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return page;
}

test.beforeEach(({ page }) => {
  complaints.length = 0;
  listenTo(page);
});

async function expectAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  expect(found, what).toEqual([]);
}

/** A server of ws that greets, echoes, and pings. */
async function realServer(): Promise<{ address: string; close: () => void }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "chat" });
  server.on("connection", (socket, request) => {
    socket.send(`welcome to ${request.url!}`);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.ping("still there?");
  });
  await once(server, "listening");
  const close = (): void => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

test.describe("a real server", () => {
  let server: Awaited<ReturnType<typeof realServer>>;
  test.beforeEach(async () => void (server = await realServer()));
  test.afterEach(() => server.close());

  test.describe("through the relay", () => {
    const folder = join(tmpdir(), `relayed-${process.pid}`);
    let command: Program;
    let url: string;
    test.beforeAll(async () => {
      test.setTimeout(300_000);
      const configFile = resolve(import.meta.dirname, "../../vite.config.ts");
      await build({ configFile, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
    });
    test.afterAll(() => rmSync(folder, { recursive: true, force: true }));
    test.beforeEach(async () => {
      command = Program.node("src/cli/main.ts", "playground", "--page", folder, "--to", server.address);
      url = (await command.says(/http:\/\/\S+#relay=[\w-]+/))[0];
    });
    test.afterEach(() => command.stop());

    test("shows every frame that it really sends, and ends in order with the command", async ({ page }) => {
      await page.goto(url);
      await expect(page).toHaveURL(/:\d+\/$/); // the secret is no longer there to be copied
      const connect = await openTool(page, "Connect");
      const form = connect.getByRole("form", { name: "A real server" });
      await expectAccessible(page, "the relay's form");
      await form.getByLabel("URL").fill("ws://127.0.0.1:1/");
      await form.getByRole("button", { name: "Connect to it" }).click();
      await expect(form.getByRole("alert")).toHaveText(
        `The relay reaches ${server.address} alone. Start the command again with --to 127.0.0.1:1.`,
      );
      await form.getByLabel("URL").fill(`ws://${server.address}/room?n=1`);
      await form.getByLabel("Subprotocols").fill("chat");
      await form.getByRole("button", { name: "Connect to it" }).click();
      await expect(state(page, "Client")).toHaveText("open");
      await expect(side(page, "Server")).toContainText(`The server is elsewhere: ws://${server.address}/room?n=1`);
      await page.getByLabel("Chunks").uncheck();
      await expect(arrows(page).nth(0)).toHaveAccessibleName(/request, .*GET \/room\?n=1 HTTP\/1\.1/);
      await expect(arrows(page).nth(1)).toHaveAccessibleName(/response, .*101 Switching Protocols/);
      await expect(arrows(page).nth(2)).toHaveAccessibleName(
        /^server to client, TEXT, 20 B, FIN, “welcome to \/room\?n=1”/,
      );
      await expect(arrows(page).nth(3)).toHaveAccessibleName(/^server to client, PING, 12 B, FIN, “still there\?”/);
      await expect(arrows(page).nth(4)).toHaveAccessibleName(/^client to server, PONG, 12 B, FIN, MASK/);
      await say(page, "Client", "over TCP");
      await expect(event(page, "Client", "textReceived").last()).toContainText("“over TCP”");
      await arrows(page).nth(2).click();
      await expect(inspector(page)).toContainText("Text, a whole message, 20 bytes, not masked");
      command.signal("SIGINT");
      expect(await command.ended).toBe(0);
      await expect(state(page, "Client")).toHaveText("closed");
      expect(complaints).toEqual([]);
    });

    test("cannot be used by a page of another origin that knows everything", async ({ page }) => {
      const { origin, port } = new URL(url);
      const relay = `ws://127.0.0.1:${port}/relay?token=${url.split("=")[1]!}&to=${server.address}`;
      const opens = (): Promise<boolean> =>
        page.evaluate(
          (relay) =>
            new Promise<boolean>((resolve) => {
              const socket = new WebSocket(relay, "bytes-with-credits");
              socket.onopen = () => resolve(true);
              socket.onerror = () => resolve(false);
            }),
          relay,
        );
      await page.goto("/"); // the tests' own server, at another port
      expect(new URL(page.url()).origin).not.toBe(origin);
      expect(await opens()).toBe(false);
      const answer = page.evaluate(
        (url) =>
          fetch(url).then(
            () => "read",
            () => "blocked",
          ),
        relay.replace("ws", "http"),
      );
      expect(await answer).toBe("blocked");
      await page.goto(origin);
      expect(await opens()).toBe(true);
    });
  });

  test("without the relay has messages only, and the page says so", async ({ page }) => {
    await page.goto("/");
    const connect = await openTool(page, "Connect");
    const group = connect.getByRole("group", { name: "A real server" });
    await expect(group).toContainText("messages only: browsers do not show frames to pages");
    await group.getByLabel("URL").fill("http://nowhere");
    await group.getByRole("button", { name: "Open, messages only" }).click();
    await expect(group.getByRole("alert")).toContainText("Write the URL of a WebSocket server");
    await group.getByLabel("URL").fill(`ws://${server.address}/plain`);
    await group.getByRole("button", { name: "Open, messages only" }).click();
    const messages = group.getByRole("region", { name: "Messages" }).getByRole("listitem");
    await expect(messages).toContainText(["the browser says open", "received “welcome to /plain”"]);
    await group.getByRole("button", { name: "Send message" }).click();
    await expect(messages).toContainText([
      "the browser says open",
      "received “welcome to /plain”",
      "sent “hello”",
      "received “hello”",
    ]);
    await expectAccessible(page, "messages only");
    await group.getByRole("button", { name: "Close it" }).click();
    await expect(messages.last()).toHaveText(/the browser says closed with 1000/);
    await expect(arrows(page).filter({ hasText: "plain" })).toHaveCount(0);
    expect(complaints).toEqual([]);
  });
});

const somebody = (page: Page): Locator => page.getByRole("region", { name: "Connect somebody" });

/** What each page shows of a conversation between two of them. */
async function expectConversation(client: Page, server: Page): Promise<void> {
  await expect(state(client, "Client")).toHaveText("open");
  await expect(state(server, "Server")).toHaveText("open");
  await expect(side(client, "Server")).toContainText("The server is in the other page");
  await expect(side(server, "Client")).toContainText("The client is in the other page.");
  await say(client, "Client", "from the client");
  await expect(event(server, "Server", "textReceived").last()).toContainText("“from the client”");
  await say(server, "Server", "from the server");
  await expect(event(client, "Client", "textReceived").last()).toContainText("“from the server”");
  for (const page of [client, server]) {
    await expect(arrows(page).filter({ hasText: "TEXT" })).toHaveCount(2);
    await expect(arrows(page).filter({ hasText: "GET /chat HTTP/1.1" })).toHaveCount(1);
  }
  const number = await somebody(client).locator(".fingerprint").innerText();
  await expect(somebody(server).locator(".fingerprint")).toHaveText(number);
}

for (const first of ["client", "server"] as const) {
  test(`two tabs of a browser meet at once, the first one as the ${first}`, async ({ page, context }) => {
    await page.goto("/");
    await openTool(page, "Connect");
    await somebody(page).getByLabel("This page is").selectOption(`the ${first}`);
    await somebody(page).getByRole("button", { name: "Another tab of this browser" }).click();
    await expect(somebody(page).getByRole("status")).toContainText("It waits for another tab");
    const opening = context.waitForEvent("page");
    await somebody(page).getByRole("link", { name: "Open that tab" }).click();
    const other = listenTo(await opening);
    await expect(somebody(other)).toContainText(
      `Connected: this page is the ${first === "client" ? "server" : "client"}`,
    );
    await expect(other).toHaveURL(/\/$/);
    await expectConversation(...(first === "client" ? ([page, other] as const) : ([other, page] as const)));
    await expectAccessible(page, "connected");
    await somebody(other).getByRole("button", { name: "Disconnect" }).click();
    await expect(somebody(page).getByRole("alert")).toContainText("The connection with the other page has ended");
    expect(complaints).toEqual([]);
  });
}

/** One page invites, the other answers. */
async function meetByCode(inviting: Page, answering: Page, role: "client" | "server"): Promise<void> {
  await inviting.goto("/");
  await openTool(inviting, "Connect");
  await somebody(inviting).getByLabel("This page is").selectOption(`the ${role}`);
  await somebody(inviting).getByRole("button", { name: "Another browser, or a phone" }).click();
  await expect(somebody(inviting).getByRole("img", { name: "QR code of the link" })).toBeVisible();
  const link = await somebody(inviting).getByLabel("Invitation").inputValue();
  await answering.goto(link);
  await expect(somebody(answering).getByRole("status")).toContainText("Somebody invites this page");
  await somebody(answering).getByRole("button", { name: "Answer" }).click();
  const answer = await somebody(answering).getByLabel("Answer").inputValue();
  await somebody(inviting).getByLabel("Answer").fill("not an answer");
  await somebody(inviting).getByRole("button", { name: "Connect", exact: true }).click();
  await expect(somebody(inviting).getByRole("alert")).not.toBeEmpty();
  await somebody(inviting).getByLabel("Answer").fill(answer);
  await somebody(inviting).getByRole("button", { name: "Connect", exact: true }).click();
  await expectConversation(
    ...(role === "client" ? ([inviting, answering] as const) : ([answering, inviting] as const)),
  );
}

test("two windows meet by an invitation and its answer", async ({ page, browser }) => {
  const context = await browser.newContext();
  await meetByCode(page, listenTo(await context.newPage()), "client");
  expect(complaints).toEqual([]);
  await context.close();
});

test.describe("Chromium and Firefox", () => {
  const executablePath = findFirefox();
  test.skip(({ browserName }) => executablePath === undefined || browserName !== "chromium", "it takes both");
  let firefox: Browser;
  test.beforeAll(async ({ playwright }) => {
    firefox = await playwright.firefox.launch({ channel: "moz-firefox", executablePath: executablePath! });
  });
  test.afterAll(() => (firefox as Browser | undefined)?.close()); // skipped tests start none

  for (const role of ["client", "server"] as const) {
    test(`meet by an invitation of Chromium, the ${role}`, async ({ page, baseURL }) => {
      await meetByCode(page, await firefox.newPage({ baseURL: baseURL! }), role);
      expect(complaints).toEqual([]);
    });
  }
});
