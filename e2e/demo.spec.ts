/** The playground, as a person uses it. */
import { expect, test, type Locator, type Page } from "@playwright/test";
import {
  arrows,
  chunks,
  event,
  events,
  expectStates,
  fill,
  inspector,
  openPlayground,
  press,
  side,
} from "./playground/page.ts";

openPlayground();

async function askWithoutAutoAccept(page: Page): Promise<Locator> {
  await side(page, "Server").getByLabel("Auto-accept").uncheck();
  await press(page, "Client", "Connect again");
  return side(page, "Server").getByRole("group", { name: "Request" });
}

test("the page opens with both sides open and a message sent, and says what to do next", async ({ page }) => {
  await expectStates(page, "open");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("See every bit of a WebSocket.");
  await expect(page.getByRole("banner")).toContainText("Choose an arrow to see what its bytes mean");
  await expect(inspector(page)).toContainText("Text, a whole message, 5 bytes, masked: “hello”");
  await expect(inspector(page)).toContainText("client → server TEXT");
  await expect(event(page, "Server", "connectionRequested")).toContainText("/chat");
  await expect(event(page, "Client", "connectionEstablished")).toHaveCount(1);
});

test("the handshake crosses the wire as text", async ({ page }) => {
  await expect(arrows(page).nth(0)).toHaveAccessibleName(/^client to server, chunk, \d+ B$/);
  await expect(arrows(page).nth(1)).toContainText("GET /chat HTTP/1.1");
  await expect(arrows(page).nth(2)).toHaveAccessibleName(/^server to client, chunk/);
  await expect(arrows(page).nth(3)).toContainText("HTTP/1.1 101 Switching Protocols");
});

for (const [from, to] of [
  ["Client", "Server"],
  ["Server", "Client"],
] as const) {
  test(`text goes from ${from} to ${to}`, async ({ page }) => {
    await fill(page, from, "Text", "grüß dich");
    await press(page, from, "Send text");
    await expect(event(page, to, "textReceived").last()).toContainText("“grüß dich”");
  });

  test(`bytes go from ${from} to ${to}`, async ({ page }) => {
    await fill(page, from, "Binary, in hex", "DE ad,be:ef 00");
    await press(page, from, "Send bytes");
    await expect(event(page, to, "bytesReceived")).toContainText("de ad be ef 00");
    await expect(event(page, to, "bytesReceived")).toContainText("5 bytes");
  });

  test(`a ping from ${from} is answered by ${to}`, async ({ page }) => {
    await fill(page, from, "Ping payload", "tick");
    await press(page, from, "Ping");
    await expect(event(page, to, "pingReceived")).toContainText("74 69 63 6b");
    await expect(event(page, from, "pongReceived")).toContainText("“tick”");
  });

  test(`a Close from ${from} ends both sides`, async ({ page }) => {
    await fill(page, from, "Close code", "4001");
    await fill(page, from, "Reason", "that's all");
    await press(page, from, "Close");
    await expectStates(page, "closed");
    for (const role of ["Client", "Server"] as const) {
      const closed = event(page, role, "connectionClosed");
      await expect(closed).toHaveCount(1);
      await expect(closed).toContainText("4001");
      await expect(closed).toContainText("“that's all”");
      await expect(closed).toContainText(/wasClean\s*true/);
      await expect(closed).toContainText(role === from ? "local" : "remote");
      for (const name of ["Send text", "Send bytes", "Ping", "Close"]) {
        await expect(side(page, role).getByRole("button", { name, exact: true })).toBeDisabled();
      }
    }
    await expect(arrows(page).filter({ hasText: "end of stream" })).toHaveCount(2);
  });
}

test("a frame from the server is shown byte for byte", async ({ page }) => {
  await fill(page, "Server", "Text", "hello");
  await press(page, "Server", "Send text");
  const frame = arrows(page).filter({ hasText: "TEXT" }).last();
  await expect(frame).toHaveAccessibleName(/^server to client, TEXT, 5 B, FIN, “hello”$/);
  await expect(chunks(page).last()).toContainText("7 B");
  await frame.click();
  const dump = inspector(page).getByRole("region", { name: "Bytes" });
  await expect(dump).toContainText("81 05 68 65 6c 6c 6f");
  await expect(dump).toContainText("··hello");
});

test("a frame from the client is masked", async ({ page }) => {
  await fill(page, "Client", "Text", "hello");
  await press(page, "Client", "Send text");
  await expect(chunks(page).last()).toContainText("11 B");
  await expect(chunks(page)).toHaveCount(4);
  await arrows(page).filter({ hasText: "TEXT" }).last().click();
  await expect(inspector(page).getByRole("region", { name: "Bytes" })).toContainText("81 85");
});

test("bad hex is explained and not sent", async ({ page }) => {
  const field = side(page, "Client").getByLabel("Binary, in hex");
  await field.fill("0g");
  await press(page, "Client", "Send bytes");
  await expect(side(page, "Client").getByRole("alert").filter({ hasText: "“g” is not a hex digit" })).toBeVisible();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await field.fill("abc");
  await press(page, "Client", "Send bytes");
  await expect(field).toHaveAccessibleDescription(/3 hex digits: write two for each byte/);
  await expect(chunks(page)).toHaveCount(3);
  await field.fill("0a");
  await expect(field).toHaveAttribute("aria-invalid", "false");
  await press(page, "Client", "Send bytes");
  await expect(event(page, "Server", "bytesReceived")).toHaveCount(1);
});

test("an error of the library is shown, and nothing is sent", async ({ page }) => {
  const refusal = side(page, "Server").getByRole("alert").filter({ hasText: "RangeError" });
  await fill(page, "Server", "Close code", "1005");
  await press(page, "Server", "Close");
  await expect(refusal).toContainText("close code 1005 can't be sent");
  await fill(page, "Server", "Ping payload", "x".repeat(126));
  await press(page, "Server", "Ping");
  await expect(refusal).toContainText("at most 125 bytes");
  await expectStates(page, "open");
  await expect(chunks(page)).toHaveCount(3);
  await press(page, "Server", "Send text");
  await expect(refusal).toHaveCount(0);
});

test("a new pair connects with the client's new options", async ({ page }) => {
  await press(page, "Client", "Close");
  await expectStates(page, "closed");
  await fill(page, "Client", "Resource", "/rooms?id=7");
  await fill(page, "Client", "Subprotocols", "chat, superchat");
  await press(page, "Client", "Connect again");
  await expectStates(page, "open");
  await expect(event(page, "Server", "connectionRequested")).toContainText("/rooms?id=7");
  await expect(event(page, "Server", "connectionRequested")).toContainText("chat, superchat");
  await expect(event(page, "Client", "connectionEstablished")).toContainText(/subprotocol\s*chat/);
  await expect(event(page, "Client", "connectionClosed")).toHaveCount(0);
});

test("invalid options leave the connection unchanged", async ({ page }) => {
  await fill(page, "Client", "Subprotocols", "no spaces");
  await press(page, "Client", "Connect again");
  await expect(side(page, "Client").getByRole("alert").filter({ hasText: "must be a token" })).toBeVisible();
  await expectStates(page, "open");
});

test("the user accepts a request with a subprotocol", async ({ page }) => {
  await fill(page, "Client", "Subprotocols", "chat, superchat");
  const request = await askWithoutAutoAccept(page);
  await expect(request).toContainText("/chat");
  await expect(request).toContainText("server.example");
  await expect(request).toContainText("http://127.0.0.1");
  await expectStates(page, "connecting");
  await request.getByLabel("Subprotocol").selectOption("superchat");
  await request.getByRole("button", { name: "Accept" }).click();
  await expectStates(page, "open");
  await expect(event(page, "Client", "connectionEstablished")).toContainText("superchat");
});

test("the user rejects a request, and the client shows why", async ({ page }) => {
  const request = await askWithoutAutoAccept(page);
  await request.getByLabel("Status").fill("42");
  await request.getByRole("button", { name: "Reject" }).click();
  await expect(request.getByRole("alert").filter({ hasText: "status must be 200 to 599" })).toBeVisible();
  await request.getByLabel("Status").fill("403");
  await request.getByLabel("Body").fill("members only");
  await request.getByRole("button", { name: "Reject" }).click();
  await expect(event(page, "Client", "connectionRejected")).toContainText("403 Forbidden");
  await expect(event(page, "Client", "rejectionData")).toContainText("“members only”");
  await expectStates(page, "closed");
});

test("the user opens a new connection while a request is pending", async ({ page }) => {
  await askWithoutAutoAccept(page);
  await side(page, "Server").getByLabel("Auto-accept").check();
  await press(page, "Client", "Connect again");
  await expectStates(page, "open");
  await expect(event(page, "Server", "connectionRequested")).toHaveCount(1);
});

test("the server echoes when that is switched on", async ({ page }) => {
  await side(page, "Server").getByLabel("Echo messages").check();
  await fill(page, "Client", "Text", "back to me");
  await press(page, "Client", "Send text");
  await expect(event(page, "Client", "textReceived")).toContainText("“back to me”");
});

test("long payloads are cut, and their length is shown", async ({ page }) => {
  await fill(page, "Server", "Text", "x".repeat(5000));
  await press(page, "Server", "Send text");
  await expect(event(page, "Client", "textReceived")).toContainText("(+4,760 characters)");
  await expect(chunks(page).last()).toContainText("5004 B");
  await arrows(page).filter({ hasText: "TEXT" }).last().click();
  await expect(inspector(page).getByRole("region", { name: "Bytes" })).toContainText("+3,980 bytes");
});

test("a thousand messages scroll smoothly, and the log stays short", async ({ page }) => {
  await side(page, "Server").getByLabel("Echo messages").check();
  await fill(page, "Client", "Times", "1000");
  const longestMs = page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let longest = 0;
        let last = performance.now();
        const until = last + 2000;
        const frame = (now: number): void => {
          longest = Math.max(longest, now - last);
          last = now;
          if (now < until) requestAnimationFrame(frame);
          else resolve(longest);
        };
        requestAnimationFrame(frame);
      }),
  );
  await press(page, "Client", "Send text");
  for (const role of ["Client", "Server"] as const) {
    await expect(events(page, role).getByRole("listitem")).toHaveCount(200);
    await expect(events(page, role)).toContainText(/80[1-3] older dropped/);
  }
  expect(await longestMs).toBeLessThan(1000);
});

test("the log follows its end until the user scrolls up", async ({ page }) => {
  await fill(page, "Client", "Times", "100");
  await press(page, "Client", "Send text");
  const box = events(page, "Server");
  await expect(box.getByRole("listitem")).toHaveCount(103);
  await expect.poll(() => box.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight)).toBeLessThan(2);
  await box.evaluate((element) => element.scrollTo({ top: 0 }));
  await fill(page, "Client", "Times", "50");
  await press(page, "Client", "Send text");
  await expect(box.getByRole("listitem")).toHaveCount(153);
  expect(await box.evaluate((e) => e.scrollTop)).toBe(0);
});

test("Enter sends a message from the keyboard", async ({ page }) => {
  await side(page, "Client").getByLabel("Text", { exact: true }).focus();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await expect(event(page, "Server", "textReceived").last()).toContainText("“typed”");
});

test("the current state of the life cycle is highlighted, with its next steps", async ({ page }) => {
  const drawing = side(page, "Client").getByRole("figure");
  await expect(drawing.getByRole("img", { name: "Life cycle, now open" })).toBeVisible();
  await expect(drawing).toContainText("sendClose → localClosing");
  await press(page, "Client", "Close");
  await expect(drawing.getByRole("img", { name: "Life cycle, now closed" })).toBeVisible();
  await expect(drawing).toContainText("Nothing follows.");
  await expect(drawing).toContainText("Last: receiveClose, localClosing → closed");
  await expect(side(page, "Server").getByRole("figure")).toContainText("Last: receiveClose, sendClose, open → closed");
});

test("the program's source is shown", async ({ page }) => {
  const source = page.getByLabel("Source of server.ts");
  await expect(source).toBeHidden();
  await page.getByRole("tab", { name: "Program" }).click();
  await expect(source).toContainText("connection.receiveBytes(received)");
  await expect(source).toContainText('from "websocket-over/pipe"');
});

for (const width of [400, 720, 1280]) {
  test(`nothing is wider than a ${width} px window`, async ({ page }) => {
    await fill(page, "Client", "Text", "w".repeat(600));
    await press(page, "Client", "Send text");
    await press(page, "Server", "Send bytes");
    await expect(event(page, "Client", "bytesReceived")).toHaveCount(1);
    await page.setViewportSize({ width, height: 800 });
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      const overhang = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overhang).toBeLessThanOrEqual(0);
      // Nor is anything cut off that can't be reached.
      expect(await page.evaluate(() => document.body.scrollHeight - window.innerHeight)).toBeLessThanOrEqual(0);
    }
  });
}

test("compression can be switched on, and its saving is shown per message", async ({ page }) => {
  await expect(event(page, "Client", "connectionEstablished")).toContainText("none");
  await side(page, "Client").getByLabel("Compress reconnects").check();
  await expectStates(page, "open");
  await expect(event(page, "Server", "connectionRequested")).toContainText("permessage-deflate");
  await expect(event(page, "Client", "connectionEstablished")).toContainText("permessage-deflate");
  await fill(page, "Client", "Text", "the same again and the same again and the same again");
  await press(page, "Client", "Send text");
  const saving = event(page, "Server", "textReceived");
  await expect(saving.first()).toContainText(/on the wire\s*\d+ bytes for 52, [3-9]\d % saved/);
  // With the window kept, the same message is almost nothing the second time.
  await press(page, "Client", "Send text");
  await expect(saving.nth(1)).toContainText(/\d bytes for 52, [89]\d % saved/);
  await side(page, "Client").getByLabel("Compress it").uncheck();
  await press(page, "Client", "Send text");
  await expect(saving.nth(2)).toContainText("52 bytes for 52");
  await side(page, "Client").getByLabel("Compress reconnects").uncheck();
  await press(page, "Client", "Send text");
  await expect(event(page, "Server", "textReceived")).not.toContainText("on the wire");
});
