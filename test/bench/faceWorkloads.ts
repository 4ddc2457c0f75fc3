/** The `WebSocket` class and sessions over pipes and TCP, beside `ws` to `ws` through loopback in Node, and beside Chromium's own in a page. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { Page } from "playwright";
import * as ws from "ws";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { socketTransport } from "../../src/transports/node.ts";
import type { Workload } from "./measure.ts";
import { play, playOn, serverSide, useTCP, type Face, type Kind, type Shape } from "./faceSides.ts";
import { lengthName } from "./workloads.ts";

const SHAPES: readonly Shape[] = [
  { type: "binary", bytes: 125, count: 2000 },
  { type: "text", bytes: 125, count: 2000 },
  { type: "binary", bytes: 64 * 1024, count: 64 },
  { type: "text", bytes: 64 * 1024, count: 64 },
];
const BELOW = ["a pipe", "a pipe, handed over", "TCP"] as const;

/** One way is enough for a session, whose two ends are alike. */
const KINDS: readonly (readonly [Face, Kind])[] = [
  ["session", "send"],
  ["websocket", "send"],
  ["websocket", "receive"],
];

/** The workloads, and what ends what they have started. */
export function faceWorkloads(openPage: () => Promise<Page>): { workloads: Workload[]; close: () => Promise<void> } {
  const started: (() => Promise<unknown>)[] = [];
  const server = lazily(() => startServer(started));
  useTCP(() => pairOverTCP(started));
  const native = lazily(async () => {
    const socket = new ws.WebSocket(await server()) as unknown as WebSocket;
    socket.binaryType = "arraybuffer";
    await once(socket as unknown as ws.WebSocket, "open");
    return socket;
  });
  const inPage = async (...given: Parameters<typeof play>): Promise<number> =>
    (await openPage()).evaluate((given) => globalThis.inPage.play(...given), given);

  const workloads = SHAPES.flatMap((shape) =>
    KINDS.flatMap(([face, kind]) => {
      const name = `${lengthName(shape.bytes)} ${shape.type}`;
      const inNode = BELOW.map((below): Workload => ({
        environment: "node",
        workload: `${face} over ${below}, ${name}`,
        role: "client",
        kind,
        bytes: shape.bytes,
        peerNames: ["ws through loopback"],
        minorPeers: below === "a pipe, handed over" ? ["ws through loopback"] : [],
        elsewhere: true,
        sides: () => ({
          ours: { run: () => play(face, below, kind, shape) },
          peers: { "ws through loopback": { run: async () => playOn(await native(), kind, shape) } },
        }),
      }));
      const inChromium: Workload = {
        environment: "chromium",
        workload: `${face} over a pipe, ${name}`,
        role: "client",
        kind,
        bytes: shape.bytes,
        peerNames: ["Chromium's through loopback"],
        elsewhere: true,
        sides: () => ({
          ours: { run: () => inPage(face, "a pipe", kind, shape) },
          peers: {
            "Chromium's through loopback": { run: async () => inPage("websocket", await server(), kind, shape) },
          },
        }),
      };
      return [...inNode, inChromium];
    }),
  );
  return { workloads, close: async () => void (await Promise.all(started.map((end) => end()))) };
}

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

async function pairOverTCP(started: (() => Promise<unknown>)[]): Promise<[ByteTransport, ByteTransport]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [far] = (await once(server, "connection")) as [Socket];
  server.close();
  started.push(() => Promise.resolve(socket.destroy()));
  return [socketTransport(socket), socketTransport(far)];
}

export function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
