/** The breaker: whatever breaks a rule is answered according to that rule. */
import { expect, test, type Page } from "@playwright/test";
import { arrows, expectStates, openPlayground, openTool, state, tool, wire, inFirefox } from "./page.ts";

openPlayground();

const verdict = (page: Page): ReturnType<Page["getByRole"]> => page.getByRole("status", { name: "Verdict" });

test("every preset breaks the rule that it names, and shows the answer of the other side", async ({ page }) => {
  test.setTimeout(300_000);
  const breaker = await openTool(page, "Faults");
  const presets = breaker.getByRole("list", { name: "Violations" }).getByRole("button");
  const count = await presets.count();
  expect(count).toBeGreaterThanOrEqual(20);
  for (let index = 0; index < count; index++) {
    const label = await presets.nth(index).innerText();
    const [, name, clause] = /^(.*?)\s*(\d+ §[\d.]+)$/s.exec(label)!;
    await presets.nth(index).click();
    await expect(verdict(page)).toContainText(`${name!.trim()}: the`);
    await expect(verdict(page)).toContainText(`(RFC ${clause!})`);
    await expect(verdict(page)).toContainText(/and sent Close 10(02|07|09)\. The (client|server) saw 10(02|07|09)\.$/);
  }
});

test("every invalid handshake is refused under the rule that it names", async ({ page }) => {
  test.setTimeout(300_000);
  const breaker = await openTool(page, "Faults");
  await breaker.getByRole("button", { name: "Handshakes", exact: true }).click();
  const presets = breaker.getByRole("list", { name: "Handshakes" }).getByRole("button");
  const count = await presets.count();
  expect(count).toBeGreaterThanOrEqual(15);
  for (let index = 0; index < count; index++) {
    const label = await presets.nth(index).innerText();
    const [, name, clause] = /^(.*?)\s*(\d+ §[\d.]+)$/s.exec(label)!;
    await presets.nth(index).click();
    await expect(verdict(page)).toContainText(`${name!.trim()}:`);
    if (name!.startsWith("A valid")) await expect(verdict(page)).toContainText("accepted it, and is open");
    else if (name!.trim() === "200 OK") await expect(verdict(page)).toContainText("is closed (1006)");
    else await expect(verdict(page)).toContainText(`(RFC ${clause!})`);
  }
});

test("a refused request gets the status of the rule that it breaks", inFirefox, async ({ page }) => {
  const breaker = await openTool(page, "Faults");
  await breaker.getByRole("button", { name: "Handshakes", exact: true }).click();
  await breaker.getByRole("button", { name: /^Version 8/ }).click();
  await expect(verdict(page)).toContainText("and answered 426");
  await expect(arrows(page).filter({ hasText: "response" })).toContainText("HTTP/1.1 426 Upgrade Required");
});

test("a frame is built bit by bit, and its errors are shown before it is sent", inFirefox, async ({ page }) => {
  const breaker = await openTool(page, "Faults");
  const bits = breaker.getByRole("group", { name: "Bits of the header" });
  await expect(bits.getByRole("button")).toHaveCount(9);
  await bits.getByRole("button", { name: "RSV3" }).click();
  await bits.getByRole("button", { name: "Opcode bit 2" }).click();
  await expect(breaker.getByRole("combobox", { name: "Opcode" })).toHaveValue("3");
  await breaker.getByLabel("Masking key").fill("00 00 00 00");
  await breaker.getByLabel("Payload", { exact: true }).fill("abc");
  await breaker.getByLabel("Length in").selectOption("16 bits");
  const preview = breaker.getByRole("region", { name: "Bytes" });
  await expect(preview).toContainText("93 fe 00 03 00 00 00 00");
  for (const code of ["reservedBits", "reservedOpcode", "lengthNotMinimal"]) await expect(breaker).toContainText(code);
  await breaker.getByRole("button", { name: "Send it as the client" }).click();
  await expect(verdict(page)).toContainText("the server failed the connection");
  await expectStates(page, "closed");
});

test("invalid hex in a field is explained, and nothing is sent", async ({ page }) => {
  const breaker = await openTool(page, "Faults");
  await breaker.getByLabel("Masking key").fill("00 00");
  await breaker.getByRole("button", { name: "Send it as the client" }).click();
  await expect(breaker.getByRole("alert").filter({ hasText: "four bytes" }).first()).toBeVisible();
  await breaker.getByLabel("Masking key").fill("00 00 00 00");
  await breaker.getByLabel("Length in").selectOption("7 bits");
  await breaker.getByLabel("Declared length").fill("300");
  await expect(tool(page, "Faults")).toContainText("300 does not fit into 7 bits");
  await expect(state(page, "Server")).toHaveText("open");
  await expect(arrows(page)).toHaveCount(6);
});

test("the frame that breaks the rule is the one that is chosen on the ladder", async ({ page }) => {
  const breaker = await openTool(page, "Faults");
  await breaker.getByRole("button", { name: /^Message inside another one/ }).click();
  await expect(verdict(page)).toContainText("failed the connection");
  const chosen = wire(page).getByRole("option", { selected: true });
  await expect(chosen).toHaveAccessibleName(/^client to server, TEXT, 8 B.*“intruder”/);
  await breaker.getByRole("button", { name: "Handshakes", exact: true }).click();
  await breaker.getByRole("button", { name: /^Version 8/ }).click();
  await expect(verdict(page)).toContainText("answered 426");
  await expect(chosen).toHaveAccessibleName(/^client to server, request/);
});

test("a hex dump that is pasted into a field for hex loses its offsets", async ({ page }) => {
  const breaker = await openTool(page, "Faults");
  await breaker.getByLabel("Payload is").selectOption("hex");
  const payload = breaker.getByLabel("Payload", { exact: true });
  await payload.evaluate((field) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", "0000   03 e8 6f 6b   ..ok\n0004   21   !");
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(payload).toHaveValue("03 e8 6f 6b 21");
});
