/** “Explain these bytes”: whatever is pasted, dropped or linked gets a verdict, and every bit of it is shown. */
import { expect, test, type Locator, type Page } from "@playwright/test";
import { toHAR, toPcapng, decode, type TraceRecord } from "../../src/inspect/index.ts";
import { dump, inFirefox, openPlayground, wire } from "./page.ts";

openPlayground();

const view = (page: Page): Locator => page.getByRole("main", { name: "Explain these bytes" });
const verdict = (page: Page): Locator => page.getByRole("region", { name: "Verdict" }).getByRole("status").first();
const chosen = (page: Page): Locator => wire(page).getByRole("option", { selected: true });

/** As from a person's clipboard, outside any field. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", text);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    // Firefox gives such an event an empty clipboard.
    if (event.clipboardData?.getData("text") !== text)
      Object.defineProperty(event, "clipboardData", { value: clipboardData });
    document.body.dispatchEvent(event);
  }, text);
}

async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(
    ({ name, bytes }) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from(bytes)], name));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    },
    { name, bytes: Array.from(bytes) },
  );
}

const text = (heads: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(heads);

/** A packet as Wireshark and tshark copy it: loopback, IPv4, TCP with options, and a frame. */
const PACKET = `
0000  00 00 00 00 00 00 00 00 00 00 00 00 08 00 45 00   ..............E.
0010  00 3f 00 01 40 00 40 06 3c b6 7f 00 00 01 7f 00   .?..@.@.<.......
0020  00 01 c0 00 1f 90 00 00 00 01 00 00 00 01 80 18   ................
0030  02 00 fe 33 00 00 01 01 08 0a 00 00 00 01 00 00   ...3............
0040  00 01 81 85 37 fa 21 3d 7f 9f 4d 51 58            ....7.!=..MQX
`;

/** A handshake with secrets in it, and a message. */
function session(): TraceRecord[] {
  const client = [
    "GET /chat?token=s3cret HTTP/1.1",
    "Host: server.example",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Cookie: session=t0psecret",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "",
    "",
  ].join("\r\n");
  const server =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  const frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
  return decode({ client: Uint8Array.from([...text(client), ...frame]), server: text(server) });
}

test("a hex dump that is pasted anywhere is explained", inFirefox, async ({ page }) => {
  await paste(page, "0000   81 05 48 65 6c 6c 6f                              ..Hello");
  await expect(page).toHaveURL(/#explain$/);
  await expect(verdict(page)).toHaveText("Nothing is wrong: 1 text message from the server that says “Hello”.");
  await expect(view(page)).toContainText("Taken for a hex dump");
  await expect(dump(page)).toHaveCount(0); // that of the live page
  await expect(view(page).getByRole("region", { name: "Bytes" })).toContainText("81 05 48 65 6c 6c 6f");
  await expect(chosen(page)).toHaveAccessibleName("server to client, TEXT, 5 B, FIN, “Hello”");
});

test("the guilty bits are marked, and what it was taken for can be changed", async ({ page }) => {
  await paste(page, "81 05 48 65 6c 6c 6f");
  await view(page).getByLabel("Direction").selectOption("client → server");
  await expect(verdict(page)).toHaveText(
    "Byte 1: the client did not mask (RFC 6455 §5.1). A correct server closes with 1002.",
  );
  await expect(view(page).locator(".hex .guilty")).toHaveText("0");
  await expect(view(page).getByRole("button", { name: "MASK: 0" })).toHaveClass(/guilty/);
  await view(page).getByLabel("Clients must mask").uncheck();
  await expect(verdict(page)).toContainText("Nothing is wrong");
  await expect(view(page).locator(".guilty")).toHaveCount(0);
});

test("the frame that breaks the rule is the one that is chosen", async ({ page }) => {
  await paste(page, "81 01 61 83 00 81 01 62");
  await expect(verdict(page)).toContainText("Byte 3: the server sent this: reserved opcode 0x3 (RFC 6455 §5.2)");
  await expect(chosen(page)).toHaveAccessibleName(/^server to client, 0x3, 0 B, FIN, reserved opcode/);
});

test("the box explains bytes that are typed, and says why other text is not bytes", async ({ page }) => {
  await page.goto("/#explain");
  const box = view(page).getByRole("textbox", { name: /^Bytes/ });
  await expect(box).toBeFocused();
  await box.fill("hello there");
  await view(page).getByRole("button", { name: "Explain", exact: true }).click();
  await expect(view(page).getByRole("alert")).toHaveText(
    /These are no bytes that can be read here: “h” is not a hex digit/,
  );
  await box.fill("[129, 1, 97]");
  await view(page).getByRole("button", { name: "Explain", exact: true }).click();
  await expect(verdict(page)).toContainText("says “a”");
  await expect(view(page).getByRole("alert").filter({ hasText: /./ })).toHaveCount(0);
});

test("a capture and a HAR that are dropped are explained", async ({ page }) => {
  const capture = { role: "client", records: session() } as const;
  await drop(page, "session.pcapng", toPcapng(capture));
  await expect(view(page)).toContainText("Taken for a capture with one connection");
  await expect(verdict(page)).toContainText("a handshake and 1 text message from the client that says “Hello”");
  await drop(page, "session.har", text(JSON.stringify(toHAR(capture))));
  await expect(view(page)).toContainText("Taken for a HAR. It has messages, not frames");
  await expect(verdict(page)).toContainText("1 text message from the client that says “Hello”");
});

test("a link has the bytes in it, with secrets blanked, and leads to the same", async ({ page }) => {
  await drop(
    page,
    "session.pcapng",
    toPcapng({ role: "client", records: session() }, { redact: { headers: [], tokens: false } }),
  );
  const share = view(page).getByRole("group", { name: "Pass it on" });
  await expect(share).toContainText("Keep 2 secrets");
  await share.getByLabel("Title").fill("A greeting");
  await share.getByLabel("Note").fill("It works here.");
  await share.getByRole("button", { name: "Copy link" }).click();
  await expect(page).toHaveURL(/#explain=[\w-]+$/);
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await expect(view(page).getByRole("heading", { name: "A greeting" })).toBeVisible();
  await expect(view(page)).toContainText("It works here.");
  await expect(verdict(page)).toContainText("a handshake and 1 text message from the client that says “Hello”");
  await wire(page)
    .getByRole("option", { name: /request/ })
    .click();
  const lines = view(page).getByRole("region", { name: "Lines" });
  await expect(lines).toContainText("GET /chat?token=xxxxxx HTTP/1.1");
  await expect(lines).not.toContainText("t0psecret");
});

test("secrets can be kept", async ({ page }) => {
  await drop(
    page,
    "session.pcapng",
    toPcapng({ role: "client", records: session() }, { redact: { headers: [], tokens: false } }),
  );
  const share = view(page).getByRole("group", { name: "Pass it on" });
  await share.getByLabel("Keep 2 secrets").check();
  await share.getByRole("button", { name: "Copy link" }).click();
  await expect(page).toHaveURL(/#explain=/);
  await page.reload();
  await wire(page)
    .getByRole("option", { name: /request/ })
    .click();
  await expect(view(page).getByRole("region", { name: "Lines" })).toContainText("t0psecret");
});

test("an explanation is copied as Markdown", async ({ page, context, browserName }) => {
  test.skip(browserName === "firefox", "it has no such permission");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await paste(page, "83 00");
  await view(page).getByRole("button", { name: "Copy as Markdown" }).click();
  await expect(view(page)).toContainText("The Markdown is in your clipboard");
  const markdown = await page.evaluate(() => navigator.clipboard.readText());
  expect(markdown).toContain("**Byte 0: the server sent this: reserved opcode 0x3 (RFC 6455 §5.2).");
  expect(markdown).toContain("0000  83 00");
  expect(markdown).toMatch(/\(http:\S+#explain=[\w-]+\)/);
});

test("a dump on the clipboard is a link on the clipboard after two actions", async ({ page, context, browserName }) => {
  test.skip(browserName === "firefox", "it has no such permission");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate((text) => navigator.clipboard.writeText(text), PACKET);
  await page.keyboard.press("ControlOrMeta+V");
  await view(page).getByRole("button", { name: "Copy link" }).click();
  await expect(view(page)).toContainText("The link is in your clipboard");
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto("about:blank");
  await page.goto(link);
  await expect(verdict(page)).toHaveText("Nothing is wrong: 1 text message from the client that says “Hello”.");
});

test("reading can be cancelled, and other bytes be given", async ({ page }) => {
  await page.route(/explainWorker/, () => {}); // it never arrives
  await paste(page, "81 01 61");
  await expect(view(page).getByRole("progressbar", { name: "Decoded so far" })).toBeVisible();
  await view(page).getByRole("button", { name: "Cancel" }).click();
  await expect(view(page).getByRole("progressbar")).toHaveCount(0);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await view(page).getByRole("button", { name: "Explain", exact: true }).click();
  await expect(verdict(page)).toContainText("says “a”");
  // The worker that knows the bytes ends, so nothing stays that needs it.
  await page.evaluate(() => (Worker.prototype.postMessage = () => {}));
  await view(page).getByLabel("Direction").selectOption("client → server");
  await view(page).getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("region", { name: "Verdict" })).toHaveCount(0);
  await expect(view(page).getByRole("progressbar")).toHaveCount(0);
});

test("a link that is not whole is said to be one", async ({ page }) => {
  await page.goto("/#explain=AAAA");
  await expect(view(page).getByRole("alert")).toContainText("This link is incomplete");
});

test("the live connection is back as it was afterwards", async ({ page }) => {
  await paste(page, "81 01 61");
  await expect(verdict(page)).toContainText("says “a”");
  await view(page).getByRole("button", { name: "Back to the live connection" }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(wire(page).getByRole("option")).toHaveCount(6);
  await expect(chosen(page)).toHaveAccessibleName(/^client to server, TEXT, 5 B/);
});

test("a live peer is asked what it does, and the guilty frame is opened in the builder", async ({ page }) => {
  await paste(page, "81 01 61 83 00");
  await view(page).getByRole("button", { name: "What would a strict client do?" }).click();
  const said = page.getByRole("status", { name: "Verdict" });
  await expect(said).toContainText("What was explained: the client failed the connection: reserved opcode 0x3");
  await page.goBack();
  await view(page).getByRole("button", { name: "Fix it in the frame builder" }).click();
  const faults = page.getByRole("tabpanel", { name: "Faults" });
  await expect(faults.getByRole("combobox", { name: "Opcode" })).toHaveValue("3");
  await faults.getByRole("combobox", { name: "Opcode" }).selectOption("1");
  await faults.getByRole("button", { name: "Send it as the server" }).click();
  await expect(said).toContainText("the client accepted it, and is open");
});
