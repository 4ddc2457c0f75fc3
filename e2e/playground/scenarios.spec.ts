/** Guided scenarios, each with a URL; sessions as links and as files. */
import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { replay, type HAR, type Vector } from "../../src/inspect/index.ts";
import { findTshark, tshark } from "../../test/peers/tshark.ts";
import {
  arrows,
  event,
  expectStates,
  fill,
  fillNumber,
  openPlayground,
  openTool,
  press,
  say,
  state,
  wire,
  inFirefox,
} from "./page.ts";

openPlayground();

const story = (page: Page): ReturnType<Page["getByRole"]> =>
  page.getByRole("region", { name: "Scenario", exact: true });

/** Where each leads: the states of client and server at its end, and something that is on the ladder then. */
const ends: Readonly<Record<string, readonly [client: string, server: string, arrow: string]>> = {
  opening: ["open", "open", "we speak superchat now"],
  refusal: ["closed", "closed", "HTTP/1.1 403 Forbidden"],
  masking: ["open", "open", "hello"],
  fragmentation: ["open", "open", "there was a byte."],
  "ping-amid-message": ["open", "open", "PONG"],
  compression: ["open", "open", "RSV1"],
  "client-closes": ["closed", "closed", "all is said"],
  "server-closes": ["closed", "closed", "going away"],
  "byte-by-byte": ["open", "open", "Hi!"],
  backpressure: ["open", "open", "512 KiB"],
  corruption: ["closed", "closed", "one byte corrupted"],
  utf8: ["closed", "closed", "1007"],
  cut: ["closed", "closed", "so far"],
  elsewhere: ["open", "open", "hello, page"],
};

for (const [id, [client, server, arrow]] of Object.entries(ends)) {
  test(`the scenario ${id} runs to its end`, id === "fragmentation" ? inFirefox : {}, async ({ page }) => {
    await page.goto(`/#scenario=${id}`);
    await page.reload();
    const next = story(page).getByRole("button", { name: "Next", exact: true });
    await expect(story(page)).toContainText("step 1 of");
    const [, count] = /step 1 of (\d+)/.exec(await story(page).innerText())!;
    for (let step = 2; step <= Number(count); step++) {
      await page.waitForTimeout(300);
      await next.click();
      await expect(story(page)).toContainText(`step ${step} of`);
    }
    await expect(next).toBeDisabled();
    await expect(state(page, "Client")).toHaveText(client);
    await expect(state(page, "Server")).toHaveText(server);
    await expect(arrows(page).filter({ hasText: arrow }).first()).toBeVisible();
    await expect(wire(page).getByRole("option", { selected: true })).toHaveCount(1);
  });
}

test("pressing Next at once skips nothing: each step runs after the one before", async ({ page }) => {
  await page.goto("/#scenario=server-closes");
  await page.reload();
  const next = story(page).getByRole("button", { name: "Next", exact: true });
  await next.click();
  await next.click();
  await expect(story(page)).toContainText("step 3 of 3");
  await expectStates(page, "closed");
  await expect(arrows(page).filter({ hasText: "are you listening?" }).first()).toBeVisible();
});

test("the list has every scenario, each as a link", async ({ page }) => {
  const panel = await openTool(page, "Stories");
  const links = panel.getByRole("region", { name: "Stories" }).getByRole("link");
  const hashes = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  expect(hashes).toEqual(Object.keys(ends).map((id) => `#scenario=${id}`));
  await links.nth(3).click();
  await expect(story(page)).toContainText("A message in fragments");
  await expect(page).toHaveURL(/#scenario=fragmentation$/);
});

test("a link repeats what the user did", async ({ page }) => {
  await say(page, "Client", "remember this");
  await press(page, "Server", "Ping");
  const panel = await openTool(page, "Stories");
  await panel.getByLabel("Title").fill("How it goes");
  await panel.getByLabel("Note").fill("Look at the ping.");
  await panel.getByRole("button", { name: "Link to my session (2)" }).click();
  await expect(page).toHaveURL(/#play=/);
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await expect(story(page)).toContainText("How it goes");
  await expect(story(page)).toContainText("Look at the ping.");
  await expect(story(page)).toContainText("step 1 of 3");
  await story(page).getByRole("button", { name: "Next", exact: true }).click();
  await expect(event(page, "Server", "textReceived").last()).toContainText("“remember this”");
  await story(page).getByRole("button", { name: "Next", exact: true }).click();
  await expect(event(page, "Client", "pingReceived")).toHaveCount(1);
});

test("a link contains no secrets from the URL or the subprotocols", async ({ page }) => {
  await fill(page, "Client", "Resource", "/chat?room=12&token=s3cret");
  await fill(page, "Client", "Subprotocols", "chat, bearer, s3cret");
  await press(page, "Client", "Connect again");
  await expectStates(page, "open");
  const panel = await openTool(page, "Stories");
  await panel.getByRole("button", { name: "Link to my session" }).click();
  await expect(page).toHaveURL(/#play=/);
  const story = atob(new URL(page.url()).hash.slice("#play=".length).replaceAll("-", "+").replaceAll("_", "/"));
  expect(story).not.toContain("s3cret");
  expect(story).toContain("/chat?room=12&token=xxxxxx");
  expect(story).toContain('["chat","bearer","xxxxxx"]');
});

test("an invalid link is reported", async ({ page }) => {
  await page.goto("/#play=nonsense");
  await expect(page.getByRole("alert").filter({ hasText: "This link is incomplete" })).toBeVisible();
  const link = (action: object): string => {
    const story = { title: "t", summary: "s", steps: [{ say: "It goes on.", do: [action] }] };
    return `/#play=${Buffer.from(JSON.stringify(story)).toString("base64url")}`;
  };
  for (const [action, why] of [
    [{ type: "perform", who: "client", commands: null }, "commands must be a list, not null"],
    [{ type: "perform", who: "evil", commands: [] }, 'who must be "client" or "server", not "evil"'],
    [{ type: "inject", from: "client", bytes: "abc" }, 'bytes must be bytes, not "abc"'],
  ] as const) {
    await page.goto(link(action));
    await expect(page.getByRole("alert").filter({ hasText: `This link is not right: ` })).toContainText(why);
  }
  await page.goto("/#scenario=none");
  await expect(page.getByRole("alert").filter({ hasText: "There is no scenario “none”" })).toBeVisible();
});

async function exported(page: Page, name: string): Promise<Buffer> {
  const download = page.waitForEvent("download");
  await page.getByRole("group", { name: "Export" }).getByRole("button", { name }).click();
  return readFileSync(await (await download).path());
}

test("a session is exported as test vectors that replay bit for bit", async ({ page, browserName }) => {
  test.skip(browserName === "firefox", "Playwright drives no downloads over BiDi");
  await say(page, "Client", "for the record");
  await press(page, "Server", "Close");
  await expectStates(page, "closed");
  await openTool(page, "Stories");
  for (const role of ["client", "server"]) {
    const vector = JSON.parse(String(await exported(page, `Test vector of the ${role}`))) as Vector;
    expect(vector.role).toBe(role);
    const extensions = (vector.options.extensions ?? []).length === 0 ? [] : [permessageDeflate()];
    expect(replay(vector, { extensions }).differences).toEqual([]);
  }
});

test("a session is exported as HAR and as pcapng, which tshark reads as WebSocket", async ({ page, browserName }) => {
  test.skip(browserName === "firefox", "Playwright drives no downloads over BiDi");
  await say(page, "Client", "for the record");
  await press(page, "Server", "Ping");
  await expect(event(page, "Client", "pingReceived")).toHaveCount(1);
  await openTool(page, "Stories");
  const har = JSON.parse(String(await exported(page, "HAR"))) as HAR;
  expect(har.log.entries[0]!.request.url).toContain("server.example/chat");
  expect(JSON.stringify(har)).toContain("for the record");
  const file = await exported(page, "pcapng");
  test.skip(findTshark() === undefined, "there is no tshark");
  const lines = tshark(file, "-Y", "websocket", "-T", "fields", "-e", "websocket.opcode").trim().split("\n");
  expect(lines).toEqual(["1", "1", "9", "10"]);
});

test("a server that closes while the client speaks is seen at localClosing, as the story says", async ({ page }) => {
  await page.goto("/#scenario=server-closes");
  await page.reload();
  await story(page).getByRole("button", { name: "Next", exact: true }).click();
  await expect(story(page)).toContainText("The server is localClosing");
  await expect(state(page, "Server")).toHaveText("localClosing");
  await expect(event(page, "Server", "textReceived")).toContainText("“are you listening?”");
});

test("the story of backpressure ends with the frame that has become whole", async ({ page }) => {
  await page.goto("/#scenario=backpressure");
  await page.reload();
  const next = story(page).getByRole("button", { name: "Next", exact: true });
  await next.click();
  await expect(page.getByRole("region", { name: "Client", exact: true })).toContainText("wait to be sent");
  await next.click();
  await expect(wire(page).getByRole("option", { selected: true })).toHaveAccessibleName(
    /^client to server, TEXT, 512 KiB, FIN, MASK/,
  );
});

test("a slider that is dragged is one step, and a message sent often is stored once", async ({ page }) => {
  await openTool(page, "Transport");
  for (const ms of ["500", "300", "100"]) await page.getByLabel(/^Latency/).fill(ms);
  await fillNumber(page, "Client", "Times", 1000);
  await press(page, "Client", "Send text");
  const panel = await openTool(page, "Stories");
  await panel.getByRole("button", { name: "Link to my session (2)" }).click();
  await expect(page).toHaveURL(/#play=/);
  expect(page.url().length).toBeLessThan(2000);
});

test("a session that is too long for a link says so", async ({ page }) => {
  const buffer = Buffer.alloc(300_000, 1);
  const client = page.getByRole("region", { name: "Client", exact: true });
  await client
    .getByLabel("File to send")
    .setInputFiles({ name: "long.bin", mimeType: "application/octet-stream", buffer });
  await press(page, "Client", "Send bytes");
  await expect(event(page, "Server", "bytesReceived").last()).toContainText(/messageFinished\s*true/);
  const panel = await openTool(page, "Stories");
  await panel.getByRole("button", { name: "Link to my session (1)" }).click();
  await expect(panel).toContainText("The session is too long for a link: export it as a file.");
});
