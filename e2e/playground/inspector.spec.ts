/** The inspector: a frame as bits, bytes and words, all linked; handshakes line by line. */
import { expect, test } from "@playwright/test";
import { createHash } from "node:crypto";
import { arrows, dump, expectStates, fields, inspector, openPlayground, say, side, inFirefox } from "./page.ts";

openPlayground();

test("a frame has a bit grid, a dump, and every field in words with its RFC section", inFirefox, async ({ page }) => {
  await (await say(page, "Server", "hi")).click();
  const grid = inspector(page).getByRole("group", { name: "Header, bit by bit" });
  for (const name of ["FIN: 1", "RSV1: 0", "RSV2: 0", "RSV3: 0", "Opcode: 0x1 text", "MASK: 0", "Payload length: 2"]) {
    await expect(grid.getByRole("button", { name, exact: true })).toBeVisible();
  }
  await expect(dump(page)).toContainText("81 02 68 69");
  const opcode = fields(page).filter({ hasText: "Opcode" });
  await expect(opcode).toContainText("byte 0, bits 4–7");
  await expect(opcode.getByRole("link", { name: "RFC 6455 §5.6" })).toHaveAttribute(
    "href",
    "https://www.rfc-editor.org/rfc/rfc6455#section-5.6",
  );
});

for (const way of ["hover", "focus"] as const) {
  test(`${way} on a field highlights it in all three views, in the same colour`, async ({ page }) => {
    await (await say(page, "Client", "hi")).click();
    const cell = inspector(page).getByRole("button", { name: /^Opcode: / });
    await cell[way]();
    const lit = inspector(page).locator(".lit");
    await expect(lit).toHaveCount(4); // cell, half a byte in hex, the byte as text, the words
    await expect(dump(page).locator(".hex .lit")).toHaveText("1");
    await expect(fields(page).filter({ hasText: "Opcode" })).toHaveClass(/\blit\b/);
    const hues = await inspector(page)
      .locator(".bit-grid .lit, .hex .lit, .field-list .lit")
      .evaluateAll((all) => all.map((one) => (one as HTMLElement).style.getPropertyValue("--hue")));
    expect(new Set(hues).size).toBe(1);
    // Not by colour alone.
    expect(await cell.evaluate((one) => getComputedStyle(one).outlineStyle)).not.toBe("none");
  });
}

test("a masked payload is shown masked, as on the wire, and unmasked", inFirefox, async ({ page }) => {
  await (await say(page, "Client", "unmask me")).click();
  const plain = "75 6e 6d 61 73 6b";
  await expect(dump(page)).not.toContainText(plain);
  await inspector(page).getByRole("button", { name: "Unmasked" }).click();
  await expect(dump(page)).toContainText(plain);
  await expect(dump(page)).toContainText("unmask me");
});

test("a compressed payload is shown inflated", async ({ page }) => {
  await side(page, "Client").getByLabel("Compress reconnects").check();
  await expectStates(page, "open");
  const text = "again and again and again and again";
  await (await say(page, "Client", text)).click();
  await expect(dump(page)).not.toContainText("again and again");
  await inspector(page).getByRole("button", { name: "Inflated" }).click();
  await expect(dump(page)).toContainText("again and again");
  await expect(fields(page).filter({ hasText: "RSV1" })).toContainText("this message is compressed");
});

test("a handshake is shown line by line with explanations, and the accept key step by step", async ({ page }) => {
  await arrows(page).filter({ hasText: "request" }).click();
  for (const name of ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Origin"]) {
    await expect(fields(page).filter({ hasText: new RegExp(`^${name}`, "i") })).toContainText("§");
  }
  const lines = await inspector(page).getByRole("region", { name: "Lines" }).innerText();
  const key = /Sec-WebSocket-Key: (\S+==)/i.exec(lines)![1]!;
  const steps = inspector(page).getByRole("region", { name: "How the accept key is computed" });
  const hash = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest();
  const accept = hash.toString("base64");
  await expect(steps.getByRole("listitem").nth(1)).toContainText(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  await expect(steps.getByRole("listitem").nth(2)).toContainText(hash.toString("hex").replaceAll(/..(?=.)/g, "$& "));
  await expect(steps.getByRole("listitem").nth(3)).toContainText(accept);
  await arrows(page).filter({ hasText: "response" }).click();
  await expect(fields(page).filter({ hasText: "Sec-WebSocket-Accept" })).toContainText(accept);
});

test("a chunk lists the frames in it", async ({ page }) => {
  await arrows(page).filter({ hasText: "chunk" }).last().click();
  await expect(inspector(page)).toContainText("the boundaries of chunks mean nothing to the protocol");
  await inspector(page).getByRole("button", { name: "TEXT 5 B" }).click();
  await expect(inspector(page)).toContainText("client → server TEXT");
});

test("a frame that is still arriving is shown as far as it has come", async ({ page }) => {
  await page.goto("/#scenario=byte-by-byte");
  await page.reload();
  const next = page.getByRole("button", { name: "Next", exact: true });
  for (let step = 2; step <= 4; step++) {
    await next.click();
    await expect(page.getByRole("region", { name: "Scenario", exact: true })).toContainText(`step ${step} of 5`);
  }
  await expect(inspector(page)).toContainText("· incomplete");
  await expect(dump(page)).toContainText("81 03 48");
  await expect(fields(page).filter({ hasText: "Payload length" })).toContainText("3");
  await next.click();
  await expect(dump(page)).toContainText("81 03 48 69 21");
  await expect(inspector(page)).not.toContainText("· incomplete");
});

test("half a byte that is lit can be read", async ({ page }) => {
  await (await say(page, "Client", "hi")).click();
  await inspector(page)
    .getByRole("button", { name: /^Opcode: / })
    .hover();
  const { outline, ink, paper } = await dump(page)
    .locator(".hex .lit")
    .evaluate((digit) => {
      const { outlineStyle, color, backgroundColor } = getComputedStyle(digit);
      const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
      const luminance = (css: string): number => {
        canvas.fillStyle = css;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = Array.from(canvas.getImageData(0, 0, 1, 1).data, (value) => {
          const part = value / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        }) as [number, number, number];
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      return { outline: outlineStyle, ink: luminance(color), paper: luminance(backgroundColor) };
    });
  // An outline would cover a digit.
  expect(outline).toBe("none");
  expect((Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)).toBeGreaterThanOrEqual(4.5);
});
