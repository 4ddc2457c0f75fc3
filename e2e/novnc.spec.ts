/** A real desktop in a page: noVNC over WebRTC, through the bridge, to an unmodified VNC server. */
import { spawn, spawnSync } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { expect, test, type Locator } from "@playwright/test";
import { Program } from "../test/peers/programs.ts";

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

test("noVNC shows a desktop over WebRTC, and takes the mouse", async ({ page, baseURL }) => {
  test.skip(
    !isInstalled("Xtigervnc") || !isInstalled("xeyes"),
    "there is no tigervnc-standalone-server, or no x11-apps",
  );
  const port = await freePort();
  const vnc = new Program("Xtigervnc", [
    ...["-displayfd", "1", "-rfbport", `${port}`, "-localhost", "-SecurityTypes", "None"],
    ...["-geometry", "640x400", "-depth", "24", "-desktop", "a desktop"],
  ]);
  const display = `:${(await vnc.says(/^(\d+)$/m))[1]!}`;
  // The eyes follow the mouse.
  const eyes = spawn("xeyes", ["-display", display, "-geometry", "300x200+170+100"]);
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
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + 10, box.y + 10);
    await expect.poll(async () => (await picture(canvas)).pixels).toMatch(/^640×400 /);
    // Until the eyes have turned to the corner, and rest.
    let before = "";
    await expect
      .poll(
        async () => {
          const { pixels } = await picture(canvas);
          const rests = pixels === before;
          before = pixels;
          return rests;
        },
        { intervals: [1000] },
      )
      .toBe(true);
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
