/** Client and server side by side: life cycle, composer, events. */
import { expect, test } from "@playwright/test";
import { arrows, event, expectStates, fill, fillNumber, openPlayground, press, side, inFirefox } from "./page.ts";

openPlayground();

test("the life cycle is drawn from the library's table, with the current state highlighted and the last transition named", async ({
  page,
}) => {
  for (const role of ["Client", "Server"] as const) {
    const drawing = side(page, role).getByRole("figure");
    await expect(drawing.getByRole("img", { name: "Life cycle, now open" })).toBeVisible();
    for (const state of ["connecting", "open", "localClosing", "remoteClosing", "rejecting", "closed"]) {
      await expect(drawing.locator("text", { hasText: new RegExp(`^${state}$`) })).toBeVisible();
    }
  }
  await expect(side(page, "Client").getByRole("figure")).toContainText("Last: sendMessage, stayed open");
  await expect(side(page, "Server").getByRole("figure")).toContainText("Last: accept, connecting → open");
  await press(page, "Server", "Close");
  await expectStates(page, "closed");
  await expect(side(page, "Client").getByRole("figure")).toContainText("Last: receiveClose, sendClose, open → closed");
});

test("a message is sent in fragments, with a ping between two of them", inFirefox, async ({ page }) => {
  const client = side(page, "Client");
  await fillNumber(page, "Client", "Fragments", 2);
  await client.getByLabel("Set FIN").uncheck();
  await fill(page, "Client", "Text", "one two ");
  await press(page, "Client", "Send text");
  await press(page, "Client", "Ping");
  await fillNumber(page, "Client", "Fragments", 1);
  await client.getByLabel("Set FIN").check();
  await fill(page, "Client", "Text", "three");
  await press(page, "Client", "Send text");
  const frames = arrows(page).filter({ hasText: "MASK" });
  await expect(frames.nth(1)).toHaveAccessibleName("client to server, TEXT, 4 B, MASK, “one ”");
  await expect(frames.nth(2)).toHaveAccessibleName("client to server, CONTINUATION, 4 B, MASK, “two ”");
  await expect(frames.nth(3)).toHaveAccessibleName("client to server, PING, 14 B, FIN, MASK, “are you there?”");
  await expect(frames.nth(4)).toHaveAccessibleName("client to server, CONTINUATION, 5 B, FIN, MASK, “three”");
  await expect(event(page, "Server", "textReceived").last()).toContainText(/“three”.*messageFinished\s*true/);
});

test("a file is sent unchanged", inFirefox, async ({ page }) => {
  const buffer = Buffer.from([0, 1, 2, 253, 254, 255]);
  const file = { name: "six.bin", mimeType: "application/octet-stream", buffer };
  await side(page, "Client").getByLabel("File to send").setInputFiles(file);
  await expect(side(page, "Client").getByText("six.bin")).toBeVisible();
  await press(page, "Client", "Send bytes");
  await expect(event(page, "Server", "bytesReceived")).toContainText("00 01 02 fd fe ff");
});

test("panels can be resized with the keyboard", async ({ page }) => {
  const width = async (): Promise<number> => (await side(page, "Client").boundingBox())!.width;
  const before = await width();
  await page.getByRole("separator", { name: "Width of the client" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(width).toBe(before + 16);
});

test("the focus stays where it was when what has it can't be used any more, or goes away", async ({ page }) => {
  const focused = (selector: string): Promise<boolean> =>
    page.evaluate((selector) => document.activeElement?.closest(selector) !== null, selector);
  await press(page, "Client", "Close");
  await expectStates(page, "closed");
  await expect(side(page, "Client").getByRole("button", { name: "Close", exact: true })).toBeFocused();
  await side(page, "Server").getByLabel("Auto-accept").uncheck();
  await press(page, "Client", "Connect again");
  await side(page, "Server").getByRole("button", { name: "Accept" }).click();
  await expectStates(page, "open");
  expect(await focused(".side.server")).toBe(true);
  await arrows(page).filter({ hasText: "chunk" }).first().click();
  await page
    .getByRole("tabpanel", { name: "Inspector" })
    .getByRole("button", { name: /^request/ })
    .click();
  await expect(page.getByRole("tabpanel", { name: "Inspector" })).toContainText("GET /chat");
  expect(await focused(".tool")).toBe(true);
});

test("the focus is on the ladder when a story is over", async ({ page }) => {
  await page.goto("/#scenario=masking");
  await page.reload();
  await page.getByRole("button", { name: "End", exact: true }).click();
  await expect(page.getByRole("listbox", { name: "Bytes on the wire" })).toBeFocused();
});

test("a button that can't be used now sends nothing", async ({ page }) => {
  await press(page, "Client", "Close");
  await expectStates(page, "closed");
  const before = await arrows(page).count();
  await side(page, "Client").getByRole("button", { name: "Send text" }).click({ force: true });
  await side(page, "Client").getByLabel("Text", { exact: true }).press("Enter");
  await expect(side(page, "Client").getByRole("alert").filter({ hasText: /./ })).toHaveCount(0);
  expect(await arrows(page).count()).toBe(before);
});

test("a file that is dropped does not make the browser leave the page", async ({ page }) => {
  const wasHeld = await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["x"], "x.txt"));
    return ["dragover", "drop"].map(
      (type) => !document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })),
    );
  });
  expect(wasHeld).toEqual([true, true]);
});
