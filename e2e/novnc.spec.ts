/** A real desktop in a page: noVNC over WebRTC, through the bridge, to an unmodified VNC server. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { expect, test, type Locator, type Page } from "@playwright/test";
import { Program } from "../test/peers/programs.ts";
import type { ResumePage } from "./page/resume.ts";
import { openPage } from "./story/tell.ts";

const isInstalled = (command: string): boolean => spawnSync("which", [command]).status === 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Every pixel as one text, and how many colours there are. */
function picture(canvas: Locator): Promise<{ pixels: string; colours: number }> {
  return canvas.evaluate((element: HTMLCanvasElement) => {
    const { data } = element.getContext("2d")!.getImageData(0, 0, element.width, element.height);
    const pixels = new Uint32Array(data.buffer);
    let hash = 0;
    for (const pixel of pixels) hash = (hash * 31 + pixel) | 0;
    return { pixels: `${element.width}×${element.height} ${hash}`, colours: new Set(pixels).size };
  });
}

test.beforeEach(() => {
  test.skip(
    !isInstalled("Xtigervnc") || !isInstalled("xeyes"),
    "there is no tigervnc-standalone-server, or no x11-apps",
  );
});

/** A VNC server whose desktop has two eyes that follow the mouse. */
async function startDesktop(): Promise<{ port: number; vnc: Program; eyes: ChildProcess }> {
  const port = await freePort();
  const vnc = new Program("Xtigervnc", [
    ...["-displayfd", "1", "-rfbport", `${port}`, "-localhost", "-SecurityTypes", "None"],
    ...["-geometry", "640x400", "-depth", "24", "-desktop", "a desktop"],
  ]);
  const display = `:${(await vnc.says(/^(\d+)$/m))[1]!}`;
  return { port, vnc, eyes: spawn("xeyes", ["-display", display, "-geometry", "300x200+170+100"]) };
}

/** Moves the mouse, and waits until the eyes have turned and rest. Returns the picture. */
async function look(page: Page, canvas: Locator, to: (box: { width: number; height: number }) => [number, number]) {
  const box = (await canvas.boundingBox())!;
  const [x, y] = to(box);
  await page.mouse.move(box.x + x, box.y + y);
  let before = "";
  await expect
    .poll(
      async () => {
        const { pixels } = await picture(canvas);
        const rests = pixels === before;
        before = pixels;
        return rests;
      },
      { intervals: [1000], timeout: 60_000 },
    )
    .toBe(true);
  return before;
}

test("noVNC shows a desktop over WebRTC, and takes the mouse", async ({ page, baseURL }) => {
  const { port, vnc, eyes } = await startDesktop();
  const bridge = Program.node(
    "src/cli/main.ts",
    "bridge",
    "webrtc:http://127.0.0.1:0/rtc",
    `tcp:127.0.0.1:${port}`,
    "--origin",
    baseURL!,
  );
  try {
    const endpoint = (await bridge.says(/webrtc:(http:\/\/127\.0\.0\.1:\d+\/rtc)/))[1]!;
    await page.setViewportSize({ width: 720, height: 480 });
    await page.goto(`/examples/novnc/index.html?endpoint=${encodeURIComponent(endpoint)}`);
    await expect(page.locator("output")).toHaveText(/^connected to .*a desktop/);
    const canvas = page.locator("main canvas");
    await expect.poll(async () => (await picture(canvas)).colours).toBeGreaterThan(2);
    const before = await look(page, canvas, () => [10, 10]);
    expect(before).toMatch(/^640×400 /);
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + box.width - 10, box.y + box.height - 10);
    await expect.poll(async () => (await picture(canvas)).pixels).not.toBe(before);
    if (process.env.NOVNC_PICTURE !== undefined) await page.screenshot({ path: process.env.NOVNC_PICTURE });
    await vnc.stop();
    await expect(page.locator("output")).toHaveText(/^(closed|the connection was lost)$/);
    await bridge.says(/#1 (ended|failed)/);
  } finally {
    eyes.kill();
    await Promise.all([vnc.stop(), bridge.stop()]);
  }
});

test("a desktop from page to page survives a killed carrier and a restart of ICE, pixel for pixel", async ({
  context,
  baseURL,
}) => {
  test.setTimeout(300_000);
  const { port, vnc, eyes } = await startDesktop();
  const bridge = Program.node(
    "src/cli/main.ts",
    ...["bridge", "ws://127.0.0.1:0/vnc", `tcp:127.0.0.1:${port}`, "--origin", baseURL!],
  );
  try {
    const url = (await bridge.says(/ws:\/\/127\.0\.0\.1:\d+\/vnc/))[0];
    const page = await context.newPage();
    await page.setViewportSize({ width: 720, height: 480 });
    const open = (page: Page) => openPage<ResumePage>(page, "resume.html", "resumePage");
    const [far, near] = [await open(await context.newPage()), await open(page)] as const;
    await Promise.all([near.meet("desktop"), far.meet("desktop")]);
    await far.serveDesktop(url);
    await near.openDesktop(); // and a carrier is killed while the first picture is on its way
    const canvas = page.locator("main canvas");
    await expect.poll(async () => (await picture(canvas)).colours, { timeout: 60_000 }).toBeGreaterThan(2);
    const corners = [
      () => [10, 10],
      ({ width, height }: { width: number; height: number }) => [width - 10, height - 10],
    ] as const satisfies Parameters<typeof look>[2][];
    await page.bringToFront();
    const first = [await look(page, canvas, corners[0]), await look(page, canvas, corners[1])];
    expect(first[0]).toMatch(/^640×400 /);
    expect(first[0]).not.toBe(first[1]);
    const { ufrag } = await near.course();
    for (const step of ["killCarrier", "restartIce"] as const) {
      const looking = look(page, canvas, corners[0]);
      await near[step]();
      expect([await looking, await look(page, canvas, corners[1])]).toEqual(first);
    }
    await expect.poll(async () => (await near.course()).ufrag, { timeout: 60_000 }).not.toBe(ufrag);
    expect(await near.course()).toMatchObject({ connections: 1, closes: 0 });
    expect((await near.course()).carriers).toBeGreaterThanOrEqual(3);
  } finally {
    eyes.kill();
    await Promise.all([vnc.stop(), bridge.stop()]);
  }
});
