/** The `WebSocket` class and sessions over a pipe, beside `ws` to `ws` through loopback in Node, and beside Chromium's own in a page. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import { createServer } from "vite";
import * as ws from "ws";
import { requireChromium } from "../support/chromium.ts";
import type { Workload } from "./measure.ts";
import { play, playOn, serverSide, type Face, type Kind, type Shape } from "./faceSides.ts";
import { lengthName } from "./workloads.ts";

const SHAPES: readonly Shape[] = [
  { type: "binary", bytes: 125, count: 5000 },
  { type: "text", bytes: 125, count: 5000 },
  { type: "binary", bytes: 64 * 1024, count: 200 },
  { type: "text", bytes: 64 * 1024, count: 200 },
];
const PIPES = ["a pipe", "a pipe, handed over"] as const;

/** One way is enough for a session, whose two ends are alike. */
const KINDS: readonly (readonly [Face, Kind])[] = [
  ["session", "send"],
  ["websocket", "send"],
  ["websocket", "receive"],
];

/** The workloads, and what ends what they have started. */
export function faceWorkloads(): { workloads: Workload[]; close: () => Promise<void> } {
  const started: (() => Promise<unknown>)[] = [];
  const server = lazily(() => startServer(started));
  const page = lazily(() => startPage(started));
  const native = lazily(async () => {
    const socket = new ws.WebSocket(await server()) as unknown as WebSocket;
    socket.binaryType = "arraybuffer";
    await once(socket as unknown as ws.WebSocket, "open");
    return socket;
  });
  const inPage = async (...given: Parameters<typeof play>): Promise<number> =>
    (await page()).evaluate((given) => playInPage(...given), given);

  const workloads = SHAPES.flatMap((shape) =>
    KINDS.flatMap(([face, kind]) => {
      const name = `${lengthName(shape.bytes)} ${shape.type}`;
      const inNode = PIPES.map((below): Workload => ({
        workload: `${face} over ${below}, ${name}`,
        role: "client",
        kind,
        peerName: "ws through loopback",
        ours: { run: () => play(face, below, kind, shape) },
        peer: { run: async () => playOn(await native(), kind, shape) },
      }));
      const inChromium: Workload = {
        workload: `${face} in Chromium, ${name}`,
        role: "client",
        kind,
        peerName: "Chromium's through loopback",
        ours: { run: () => inPage(face, "a pipe", kind, shape) },
        peer: { run: async () => inPage("websocket", await server(), kind, shape) },
      };
      return [...inNode, inChromium];
    }),
  );
  return { workloads, close: async () => void (await Promise.all(started.map((end) => end()))) };
}

/** `play` in the page. */
declare function playInPage(...given: Parameters<typeof play>): Promise<number>;

async function startServer(started: (() => Promise<unknown>)[]): Promise<`ws://${string}`> {
  const server = new ws.WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: Infinity });
  server.on("connection", (socket) => {
    const side = serverSide((message) => socket.send(message));
    // As `ws` users do: a text message becomes a string.
    socket.on("message", (data: Buffer, isBinary) => side.receive(isBinary ? data : data.toString()));
  });
  await once(server, "listening");
  started.push(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function startPage(started: (() => Promise<unknown>)[]): Promise<Page> {
  const vite = await createServer({
    configFile: false,
    root: fileURLToPath(new URL("../..", import.meta.url)),
    logLevel: "error",
    optimizeDeps: { noDiscovery: true },
    server: { host: "127.0.0.1", port: 0, hmr: false, ws: false },
    appType: "custom",
  });
  vite.middlewares.use("/bench", (_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><script type="module">
      import { play } from "/test/bench/faceSides.ts";
      window.playInPage = play;
    </script>`);
  });
  await vite.listen();
  const browser = await chromium.launch({ executablePath: requireChromium() });
  started.push(async () => {
    await browser.close();
    await vite.close();
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(vite.httpServer?.address() as AddressInfo).port}/bench`);
  return page;
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
