/**
 * What reaches existing servers, beside Node's own streams: `bridgeBytes` between TCP sockets, and sessions over HTTP/2.
 * 64 KiB at a time, one way.
 */
import { once } from "node:events";
import { connect as connectHTTP2, createServer as createHTTP2Server } from "node:http2";
import { connect as connectTCP, createServer, type AddressInfo, type Server } from "node:net";
import type { Duplex, Readable, Writable } from "node:stream";
import { bridgeBytes } from "../../src/bridge/index.ts";
import { extendedConnects, http2Dial } from "../../src/http2/index.ts";
import { connect, serve, type WebSocketSession } from "../../src/stream/index.ts";
import { socketTransport } from "../../src/transports/node.ts";
import type { Side, Workload } from "./measure.ts";
import { oneWay } from "./oneWay.ts";

const MESSAGE_BYTES = 64 * 1024;
const MESSAGES = 64;

/** As much as a raw stream may have in flight, so that its window never stops it. */
const RAW_WINDOW_BYTES = 4 * 1024 * 1024;

const PIPE = "pipe() between TCP sockets";
const RAW_STREAM = "raw HTTP/2 stream";

const message = new Uint8Array(MESSAGE_BYTES);

/** The workloads, and what ends what they have started. */
export function reachWorkloads(): { workloads: Workload[]; close: () => void } {
  const started: (() => unknown)[] = [];
  const common = { environment: "node", role: "client", bytes: MESSAGE_BYTES } as const;
  const workloads: Workload[] = [
    {
      ...common,
      workload: "bridgeBytes between TCP sockets, 64 KiB",
      kind: "send",
      peerNames: [PIPE],
      sides: async () => ({
        ours: await relayed(started, (a, b) => void bridgeBytes(socketTransport(a), socketTransport(b)).catch(ignore)),
        peers: { [PIPE]: await relayed(started, (a, b) => void a.pipe(b).pipe(a)) },
      }),
    },
    ...(["send", "receive"] as const).map((kind): Workload => ({
      ...common,
      workload: "session over HTTP/2, 64 KiB binary",
      kind,
      peerNames: [RAW_STREAM],
      sides: async () => ({
        ours: await sessions(started, kind),
        peers: { [RAW_STREAM]: await rawStreams(started, kind) },
      }),
    })),
  ];
  return { workloads, close: () => started.forEach((end) => end()) };
}

function ignore(): void {}

async function listen(
  started: (() => unknown)[],
  server: Pick<Server, "listen" | "address" | "close">,
): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  started.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Writes to one end and reads all of it at the other. */
function between(writable: Writable, readable: Readable): Side {
  let left = 0;
  let arrived = ignore;
  readable.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left === 0) arrived();
  });
  return {
    async run() {
      left = MESSAGES * MESSAGE_BYTES;
      const all = new Promise<void>((resolve) => (arrived = resolve));
      for (let i = 0; i < MESSAGES; i++) if (!writable.write(message)) await once(writable, "drain");
      await all;
      return MESSAGES;
    },
  };
}

/** Two TCP sockets with a relay between them. */
async function relayed(started: (() => unknown)[], join: (a: Duplex, b: Duplex) => void): Promise<Side> {
  const options = { allowHalfOpen: true };
  const server = createServer(options);
  const relay = createServer(options, (near) => join(near, connectTCP({ port: serverPort, ...options })));
  const serverPort = await listen(started, server);
  const client = connectTCP({ port: await listen(started, relay) });
  const [far] = (await once(server, "connection")) as [Duplex];
  started.push(() => {
    client.destroy();
    far.destroy();
  });
  return between(client, far);
}

async function sessions(started: (() => unknown)[], kind: "send" | "receive"): Promise<Side> {
  const server = createHTTP2Server();
  const accepted = Promise.withResolvers<WebSocketSession>();
  void serve(extendedConnects(server), async (request) => {
    const session = await request.accept();
    accepted.resolve(session);
    await session.closed;
  });
  const port = await listen(started, server);
  const http2 = connectHTTP2(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: RAW_WINDOW_BYTES } });
  http2.once("connect", () => http2.setLocalWindowSize(RAW_WINDOW_BYTES));
  started.push(() => http2.destroy());
  const url = new URL(`ws://127.0.0.1:${port}/`);
  const client = await connect(await http2Dial(http2)(url), { url });
  const far = await accepted.promise;
  return kind === "send" ? oneWay(client, far, message, MESSAGES) : oneWay(far, client, message, MESSAGES);
}

async function rawStreams(started: (() => unknown)[], kind: "send" | "receive"): Promise<Side> {
  const settings = { initialWindowSize: RAW_WINDOW_BYTES };
  const server = createHTTP2Server({ settings });
  server.on("session", (session) => session.setLocalWindowSize(RAW_WINDOW_BYTES));
  const port = await listen(started, server);
  const http2 = connectHTTP2(`http://127.0.0.1:${port}`, { settings });
  http2.once("connect", () => http2.setLocalWindowSize(RAW_WINDOW_BYTES));
  started.push(() => http2.destroy());
  const near = http2.request({ ":method": "POST" }, { endStream: false });
  const [far] = (await once(server, "stream")) as [Duplex & { respond(headers: object): void }];
  far.respond({ ":status": 200 });
  return kind === "send" ? between(near, far) : between(far, near);
}
