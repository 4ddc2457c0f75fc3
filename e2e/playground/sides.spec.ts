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
