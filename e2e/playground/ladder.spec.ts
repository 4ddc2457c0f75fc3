/** The ladder: arrows for chunks and frames, zoom, follow, pause, and ten thousand of them. */
import { expect, test, type Page } from "@playwright/test";
import { cpus, loadavg } from "node:os";
import {
  arrows,
  event,
  fillNumber,
  inspector,
  openPlayground,
  openTool,
  press,
  say,
  side,
  wire,
  inFirefox,
} from "./page.ts";

openPlayground();

test("each frame is an arrow with its opcode, length and flags, beside the chunk that it arrived in", async ({
  page,
}) => {
  await expect(arrows(page)).toHaveCount(6);
  await expect(arrows(page).nth(4)).toHaveAccessibleName("client to server, chunk, 11 B");
  await expect(arrows(page).nth(5)).toHaveAccessibleName("client to server, TEXT, 5 B, FIN, MASK, “hello”");
  await page.getByLabel("Chunks").uncheck();
  await expect(arrows(page)).toHaveCount(3);
});

test("the slope of an arrow shows its travel time, and a pause has a row", inFirefox, async ({ page }) => {
  const network = await openTool(page, "Transport");
  await network.getByLabel(/^Latency/).fill("500");
  await say(page, "Client", "slow");
  await expect(event(page, "Server", "textReceived").last()).toContainText("“slow”");
  const line = page.locator(".arrows .record.from-client line").last();
  const height = Number(await line.getAttribute("y2")) - Number(await line.getAttribute("y1"));
  expect(height).toBeGreaterThan(20);
  await expect(page.locator(".arrows .gap").last()).toContainText(/^\d+ ms|\d\.\d\d s$/);
});

test("zooming out shows more time and finally hides the labels", async ({ page }) => {
  const height = async (): Promise<number> => (await arrows(page).first().boundingBox())!.height;
  const before = await height();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await expect.poll(height).toBeGreaterThan(before);
  for (let i = 0; i < 6; i++) await page.getByRole("button", { name: "Zoom out" }).click();
  await expect.poll(height).toBeLessThan(before);
  await expect(arrows(page).first()).toHaveText("");
});

test("pause stops the ladder while the connection continues", async ({ page }) => {
  await page.getByRole("button", { name: "Pause" }).click();
  await say(page, "Client", "meanwhile");
  await expect(event(page, "Server", "textReceived")).toHaveCount(2);
  await expect(page.getByRole("region", { name: "Ladder" })).toContainText("2 since the pause");
  await expect(arrows(page)).toHaveCount(6);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(arrows(page)).toHaveCount(8);
});

test("arrows can be selected with the keyboard", inFirefox, async ({ page }) => {
  await wire(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await expect(arrows(page).nth(1)).toHaveAttribute("aria-selected", "true");
  await expect(inspector(page)).toContainText("GET /chat HTTP/1.1");
  await page.keyboard.press("End");
  await expect(inspector(page)).toContainText("client → server TEXT");
});

/** Scrolls through everything in the given number of steps, one per frame, and returns the frames per second. */
function scrollThrough(page: Page, steps: number): Promise<number> {
  return wire(page).evaluate(async (box, steps) => {
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    const height = box.scrollHeight;
    box.scrollTop = 0;
    await frame();
    const began = await frame();
    let now = began;
    for (let step = 1; step <= steps; step++) {
      box.scrollTop = (height * step) / steps;
      now = await frame();
    }
    return (1000 * steps) / (now - began);
  }, steps);
}

const STEPS = 300;

test("ten thousand frames scroll at fifty frames a second or more", async ({ page, browserName }) => {
  test.setTimeout(300_000);
  await page.getByLabel("Fold").uncheck();
  await fillNumber(page, "Client", "Times", 10_000);
  await say(page, "Client", "x");
  await expect(page.getByRole("region", { name: "Ladder" })).toContainText(/1\d,\d{3} arrows/, { timeout: 60_000 });
  await expect(event(page, "Server", "textReceived")).not.toHaveCount(1);
  // Only what is in sight is there.
  expect(await arrows(page).count()).toBeLessThan(200);
  await arrows(page).last().click();
  await expect(inspector(page)).toContainText("TEXT");
  if (browserName === "chromium") {
    // What the page needs of a processor for each frame, whatever else the machine does.
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const busySeconds = async (): Promise<number> => {
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration")!.value;
    };
    const before = await busySeconds();
    await scrollThrough(page, STEPS);
    const msPerFrame = (1000 * ((await busySeconds()) - before)) / STEPS;
    console.log(`${msPerFrame.toFixed(1)} ms of the main thread for each frame`);
    expect(msPerFrame).toBeLessThan(1000 / 50);
  }
  // The best of a few runs; where others have the processors, that says nothing of the page.
  let best = 0;
  for (let run = 0; run < 4 && best < 50; run++) best = Math.max(best, await scrollThrough(page, STEPS));
  console.log(
    `${browserName}: ${best.toFixed(1)} frames a second, ${loadavg()[0]!.toFixed(1)} wait for ${cpus().length}`,
  );
  if (browserName === "chromium" && loadavg()[0]! <= cpus().length) expect(best).toBeGreaterThanOrEqual(50);
});

test("the ladder follows its end until the user scrolls up", async ({ page }) => {
  await page.getByLabel("Fold").uncheck();
  await fillNumber(page, "Client", "Times", 100);
  await press(page, "Client", "Send text");
  await expect.poll(() => wire(page).evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight)).toBeLessThan(2);
  await wire(page).evaluate((element) => element.scrollTo({ top: 0 }));
  await expect(page.getByLabel("Follow")).not.toBeChecked();
  await press(page, "Client", "Send text");
  await expect(page.getByRole("region", { name: "Ladder" })).toContainText(/20\d arrows/);
  expect(await wire(page).evaluate((e) => e.scrollTop)).toBe(0);
  await page.getByLabel("Follow").check();
  await expect.poll(() => wire(page).evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight)).toBeLessThan(2);
});

/** The animation of the first chunk that sets out, as soon as it does. */
async function animationOfChunk(page: Page): Promise<string> {
  const network = await openTool(page, "Transport");
  await network.getByLabel(/^Latency/).fill("1000");
  const animation = page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const look = (): void => {
          const flying = document.querySelector(".arrows circle");
          if (flying !== null) resolve(getComputedStyle(flying).animationName);
          else requestAnimationFrame(look);
        };
        look();
      }),
  );
  await press(page, "Client", "Send text");
  return await animation;
}

test("a chunk in transit moves", async ({ page }) => {
  expect(await animationOfChunk(page)).toBe("fly");
  await expect(event(page, "Server", "textReceived")).toHaveCount(2);
});

test("nothing moves if the user prefers reduced motion", async ({ page, browserName, playwright, baseURL }) => {
  if (browserName !== "firefox") {
    await page.emulateMedia({ reducedMotion: "reduce" });
    expect(await animationOfChunk(page)).toBe("none");
    return;
  }
  // Over BiDi Playwright emulates no media: it is a Firefox that is set so.
  const quiet = await playwright.firefox.launch({ firefoxUserPrefs: { "ui.prefersReducedMotion": 1 } });
  try {
    const other = await quiet.newPage();
    await other.goto(baseURL!);
    await expect(event(other, "Server", "textReceived")).toHaveCount(1);
    expect(await animationOfChunk(other)).toBe("none");
  } finally {
    await quiet.close();
  }
});

test("a filter keeps the arrows that it names, and says what is wrong with it", async ({ page }) => {
  await press(page, "Server", "Ping");
  await expect(event(page, "Client", "pingReceived")).toHaveCount(1);
  const filter = page.getByRole("searchbox", { name: "Filter" });
  await filter.fill("opcode:ping from:server");
  await expect(arrows(page)).toHaveCount(1);
  await expect(arrows(page)).toHaveAccessibleName(/^server to client, PING/);
  await filter.fill("opcode:pingg");
  await expect(filter).toHaveAccessibleDescription(/There is no opcode “pingg”/);
  await filter.fill("");
  await expect(arrows(page)).toHaveCount(10);
});

test("a run of equal frames is folded, opens, and all of it is in sight in small", async ({ page }) => {
  await fillNumber(page, "Client", "Times", 200);
  await say(page, "Client", "again");
  const fold = arrows(page).filter({ hasText: "198 more like it" });
  await expect(fold).toHaveCount(1);
  // The messages travel in one chunk or in several.
  await expect(page.getByRole("region", { name: "Ladder" })).toContainText(/(20[7-9]|[234]\d\d) arrows/);
  await expect(arrows(page).filter({ hasText: "again" })).toHaveCount(2);
  await fold.click();
  await expect(fold).toHaveCount(0);
  const map = page.locator(".minimap");
  await expect(map).toBeVisible();
  await map.click({ position: { x: 8, y: 2 } });
  await expect(arrows(page).filter({ hasText: "GET /chat" })).toBeInViewport();
});

test("a message in fragments is shown joined, as what it says", async ({ page }) => {
  await fillNumber(page, "Client", "Fragments", 3);
  await say(page, "Client", '{"op":"move","by":[1,-2]}');
  await arrows(page).filter({ hasText: "CONTINUATION" }).first().click();
  const pieces = inspector(page).getByRole("button", { name: /^(TEXT|CONTINUATION)/ });
  await expect(pieces).toHaveCount(3);
  await inspector(page).getByRole("button", { name: "JSON", exact: true }).click();
  const content = inspector(page).getByRole("region", { name: "Content" });
  await expect(content).toContainText("All 3 frames joined: 25 bytes");
  await expect(content.locator(".leaf")).toHaveText(['op: "move"', "0: 1", "1: -2"]);
});

for (const [name, bytes, leaf] of [
  ["CBOR", "a1 62 6f 70 64 6d 6f 76 65", 'op: "move"'],
  ["MessagePack", "81 a2 6f 70 a4 6d 6f 76 65", 'op: "move"'],
] as const) {
  test(`binary data that is ${name} is shown as a tree`, async ({ page }) => {
    await side(page, "Client").getByLabel("Binary, in hex").fill(bytes);
    await press(page, "Client", "Send bytes");
    await arrows(page).filter({ hasText: "BINARY" }).last().click();
    await inspector(page).getByRole("button", { name, exact: true }).click();
    await expect(inspector(page).getByRole("region", { name: "Content" }).locator(".leaf")).toHaveText([leaf]);
  });
}

test("the keys n and p lead from one broken rule to the next", async ({ page }) => {
  const broken = page.getByRole("option", { name: /^client to server, 0x3/ });
  const faults = await openTool(page, "Faults");
  await faults.getByRole("button", { name: /^Reserved opcode, data/ }).click();
  await expect(broken).toHaveAttribute("aria-selected", "true");
  await wire(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("n");
  await expect(broken).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("p");
  await expect(broken).toHaveAttribute("aria-selected", "true");
});
