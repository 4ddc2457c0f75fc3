/** The `WebSocket` class and sessions over a pipe, beside `ws` to `ws` through loopback in Node, and beside Chromium's own in a page. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import { createServer } from "vite";
import * as ws from "ws";
import { requireChromium } from "../support/chromium.ts";
import type { Side, Workload } from "./measure.ts";
import { open, play, playSession, serverSide, type Kind, type Shape } from "./faceSides.ts";

const SHAPES: readonly Shape[] = [
  { type: "binary", bytes: 125, count: 5000 },
  { type: "text", bytes: 125, count: 5000 },
  { type: "binary", bytes: 64 * 1024, count: 200 },
  { type: "text", bytes: 64 * 1024, count: 200 },
];
const KINDS: readonly Kind[] = ["send", "receive"];

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
  const ours = lazily(() => open());

  const inNode = (socket: () => Promise<WebSocket>, kind: Kind, shape: Shape): Side => ({
    run: async () => play(await socket(), kind, shape),
  });
  const inPage = (url: () => Promise<string> | undefined, kind: Kind, shape: Shape): Side => ({
    async run() {
      const argument = { url: await url(), kind, shape };
      return (await page()).evaluate(({ url, kind, shape }) => playInPage(url, kind, shape), argument);
    },
  });

  const workloads = SHAPES.flatMap((shape) => {
    const name = `${shape.bytes < 1024 ? `${shape.bytes} B` : `${shape.bytes / 1024} KiB`} ${shape.type}`;
    const sessions: Workload[] = [
      {
        workload: `session over a pipe, ${name}`,
        role: "client",
        kind: "send",
        peerName: "ws through loopback",
        ours: { run: () => playSession(shape) },
        peer: inNode(native, "send", shape),
      },
      {
        workload: `session in Chromium, ${name}`,
        role: "client",
        kind: "send",
        peerName: "Chromium's through loopback",
        ours: { run: async () => (await page()).evaluate((shape) => playSessionInPage(shape), shape) },
        peer: inPage(server, "send", shape),
      },
    ];
    const sockets = KINDS.flatMap((kind): Workload[] => [
      {
        workload: `websocket over a pipe, ${name}`,
        role: "client",
        kind,
        peerName: "ws through loopback",
        ours: inNode(ours, kind, shape),
        peer: inNode(native, kind, shape),
      },
      {
        workload: `websocket in Chromium, ${name}`,
        role: "client",
        kind,
        peerName: "Chromium's through loopback",
        ours: inPage(() => undefined, kind, shape),
        peer: inPage(server, kind, shape),
      },
    ]);
    return [...sessions, ...sockets];
  });
  return { workloads, close: async () => void (await Promise.all(started.map((end) => end()))) };
}

/** In the page: plays on a socket that it keeps, to the URL, or over a pipe if there is none. */
declare function playInPage(url: string | undefined, kind: Kind, shape: Shape): Promise<number>;
declare function playSessionInPage(shape: Shape): Promise<number>;

async function startServer(started: (() => Promise<unknown>)[]): Promise<string> {
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
      import { open, play, playSession } from "/test/bench/faceSides.ts";
      const sockets = new Map();
      window.playSessionInPage = playSession;
      window.playInPage = async (url, kind, shape) => {
        if (!sockets.has(url)) sockets.set(url, open(url));
        return play(await sockets.get(url), kind, shape);
      };
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
