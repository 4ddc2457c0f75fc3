/**
 * The command's bridge as a separate process: `npm run soak:bridge -- [--mib 1024] [--connections 2000] [--only TEXT]`.
 * For each kind of bridge and both directions, a sender meets a reader that has stopped: the bridge's memory may grow by
 * less than 64 MiB. Then the reader goes on, and all arrives. After many connections, no more files may be open than
 * before. Needs Linux, whose `/proc` tells both.
 */
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { connect as connectHTTP2 } from "node:http2";
import { createServer, type AddressInfo } from "node:net";
import { Readable, Writable } from "node:stream";
import { parseArgs } from "node:util";
import { RTCPeerConnection as Polyfill } from "node-datachannel/polyfill";
import { WebSocket } from "ws";
import { http2Dial } from "../../src/http2/index.ts";
import { accept, connect, type WebSocketSession } from "../../src/stream/index.ts";
import { socketTransport, type ByteTransport } from "../../src/transports/node.ts";
import { webRTCDial } from "../../src/transports/webrtc.ts";
import { webSocketProtocol, webSocketTransport } from "../../src/transports/webSocketTransport.ts";
import { Program } from "../peers/programs.ts";

const { values } = parseArgs({
  options: {
    mib: { type: "string", default: "1024" },
    connections: { type: "string", default: "2000" },
    only: { type: "string", default: "" },
  },
});
const MIB = 1024 * 1024;
const total = Number(values.mib) * MIB;
const connections = Number(values.connections);

/** As in the promise that this checks. */
const MOST_GROWTH_BYTES = 64 * MIB;

/** A sender that gets nothing off for so long has been stopped, in milliseconds. */
const STILL_MS = 3000;

/** How many connections are open at a time. */
const AT_ONCE = 10;

/** A busy machine takes its time. */
const patient = { handshakeTimeoutMs: 120_000, closeTimeoutMs: 120_000 };

const chunk = new Uint8Array(64 * 1024).fill(0x5a);

/** One end of a connection through the bridge. */
interface End {
  send(): Promise<void>;
  /** Resolves with the size of the next message or chunk; 0 at the end. */
  receive(): Promise<number>;
  close(): Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly from: string;
  /** Whether the upstream gets messages, or bytes. */
  readonly messages: boolean;
  /** Returns what opens a connection, and what ends it all. */
  readonly client: (bridge: Program) => Promise<{ open: () => Promise<End>; stop: () => void }>;
}

function endOfTransport(transport: ByteTransport): End {
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  return {
    send: () => writer.write(chunk),
    receive: async () => (await reader.read()).value?.length ?? 0,
    async close() {
      await writer.close();
      while (!(await reader.read()).done);
      transport.close?.();
    },
  };
}

function endOfSession(session: WebSocketSession): End {
  return {
    send: () => session.send(chunk),
    receive: async () => (await session.receive())?.length ?? 0,
    close: async () => void (await session.close()),
  };
}

async function sessionsOverHTTP2(bridge: Program): Promise<ReturnType<typeof connectHTTP2>> {
  const session = connectHTTP2(`http://127.0.0.1:${await bridge.port()}`);
  await once(session, "connect");
  return session;
}

const kinds: readonly Kind[] = [
  {
    name: "tunnel",
    from: "ws://127.0.0.1:0/tunnel",
    messages: false,
    async client(bridge) {
      const url = `ws://127.0.0.1:${await bridge.port()}/tunnel`;
      const open = (): End =>
        endOfTransport(webSocketTransport(new WebSocket(url, [webSocketProtocol], { perMessageDeflate: false })));
      return { open: () => Promise.resolve(open()), stop: () => undefined };
    },
  },
  {
    name: "HTTP/2",
    from: "http2://127.0.0.1:0",
    messages: true,
    async client(bridge) {
      const session = await sessionsOverHTTP2(bridge);
      const url = new URL(`ws://127.0.0.1:${await bridge.port()}/`);
      const open = async (): Promise<End> =>
        endOfSession(await connect(await http2Dial(session)(url), { url, ...patient }));
      return { open, stop: () => session.destroy() };
    },
  },
  {
    name: "WebRTC",
    from: "webrtc:http://127.0.0.1:0/rtc",
    messages: false,
    async client(bridge) {
      const endpoint = (await bridge.says(/webrtc:(http:\/\/127\.0\.0\.1:\d+\/rtc)/))[1]!;
      const dial = webRTCDial(endpoint, { makePeerConnection: () => new Polyfill() as unknown as RTCPeerConnection });
      const open = async (): Promise<End> => endOfTransport(await dial(new URL("ws://upstream/"), []));
      return { open, stop: () => dial.close() };
    },
  },
  {
    name: "stdio",
    from: "stdio:",
    messages: false,
    client({ standardStreams: { stdin, stdout } }) {
      const transport = {
        readable: Readable.toWeb(stdout) as ReadableStream<Uint8Array>,
        writable: Writable.toWeb(stdin) as WritableStream<Uint8Array<ArrayBuffer>>,
      };
      return Promise.resolve({ open: () => Promise.resolve(endOfTransport(transport)), stop: () => undefined });
    },
  },
];

/** A server behind the bridge, which hands out the connections that arrive. */
class Upstream {
  readonly #server = createServer({ allowHalfOpen: true });
  readonly #waiting: ((end: End) => void)[] = [];
  readonly #arrived: End[] = [];

  constructor(messages: boolean) {
    this.#server.on("connection", (socket) => {
      const transport = socketTransport(socket);
      const end = messages
        ? accept(transport, patient).then(async (request) => endOfSession(await request.accept()))
        : Promise.resolve(endOfTransport(transport));
      void end.then((made) => {
        const next = this.#waiting.shift();
        if (next === undefined) this.#arrived.push(made);
        else next(made);
      });
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async next(): Promise<End> {
    return this.#arrived.shift() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
  }

  close(): void {
    this.#server.close();
  }
}

/** Resident memory now and at most so far, in bytes. */
async function memoryOf({ pid }: Program): Promise<{ now: number; most: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) * 1024;
  return { now: field("VmRSS"), most: field("VmHWM") };
}

async function openFilesOf({ pid }: Program): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const inMiB = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
let failures = 0;

function tell(title: string, text: string, isRight: boolean): void {
  if (!isRight) failures++;
  console.log(`${title.padEnd(34)} ${text}${isRight ? "" : "  ← wrong"}`);
}

/** Sends everything to a reader that has stopped, then lets it read. */
async function againstStoppedReader(title: string, bridge: Program, sender: End, reader: End): Promise<void> {
  const before = await memoryOf(bridge);
  let sent = 0;
  let received = 0;
  const sending = (async () => {
    for (; sent < total; sent += chunk.length) await sender.send();
  })();
  for (let seen = -1; sent !== seen || sent === 0;) {
    seen = sent;
    await pause(STILL_MS);
  }
  const held = sent;
  const stopped = await memoryOf(bridge);
  const startMs = performance.now();
  while (received < total) {
    const size = await reader.receive();
    if (size === 0) break;
    received += size;
  }
  await sending;
  const rate = total / MIB / ((performance.now() - startMs) / 1000);
  const after = await memoryOf(bridge);
  const growth = Math.max(after.most, stopped.most) - before.now;
  tell(
    title,
    `stopped after ${inMiB(held)}; memory ${inMiB(before.now)}, stopped ${inMiB(stopped.now)}, at most ${inMiB(after.most)}; ` +
      `then ${inMiB(received)} at ${rate.toFixed(0)} MiB/s`,
    received === total && growth < MOST_GROWTH_BYTES && held < total / 2,
  );
}

async function manyConnections(
  title: string,
  bridge: Program,
  upstream: Upstream,
  open: () => Promise<End>,
): Promise<void> {
  const once = async (): Promise<void> => {
    const [near, far] = await Promise.all([open(), upstream.next()]);
    await near.send();
    for (let received = 0; received < chunk.length;) received += await far.receive();
    await Promise.all([near.close(), far.receive().then(() => far.close())]);
  };
  await once();
  await pause(500);
  const before = { ...(await memoryOf(bridge)), files: await openFilesOf(bridge) };
  for (let made = 0; made < connections; made += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, connections - made) }, once));
  }
  await pause(2000);
  const after = { ...(await memoryOf(bridge)), files: await openFilesOf(bridge) };
  bridge.signal("SIGUSR1");
  const [counters, open_, all, failed] = await bridge.says(/(\d+) open, (\d+) in all, (\d+) failed[^\n]*/);
  tell(
    title,
    `files ${before.files} → ${after.files}; memory ${inMiB(before.now)} → ${inMiB(after.now)}; ${counters}`,
    after.files <= before.files && open_ === "0" && failed === "0" && Number(all) > connections,
  );
}

for (const { name, from, messages, client } of kinds) {
  for (const what of ["to the server", "to the client", "many connections"] as const) {
    const title = `${name}, ${what}`;
    if (!title.includes(values.only) || (from === "stdio:" && what === "many connections")) continue;
    const upstream = new Upstream(messages);
    const to = `${messages ? "ws://" : "tcp:"}${await upstream.listen()}`;
    const bridge = Program.node("src/cli/main.ts", "bridge", from, to, "--origin", "any", "--quiet");
    try {
      const { open, stop } = await client(bridge);
      if (what === "many connections") await manyConnections(title, bridge, upstream, open);
      else {
        const [near, far] = await Promise.all([open(), upstream.next()]);
        const [sender, reader] = what === "to the server" ? [near, far] : [far, near];
        await againstStoppedReader(title, bridge, sender, reader);
      }
      stop();
    } catch (error) {
      tell(title, `${String(error)}\n${bridge.said.stderr}`, false);
    }
    await bridge.stop();
    upstream.close();
  }
}
console.log(failures === 0 ? "all within bounds" : `${failures} out of bounds`);
process.exit(failures === 0 ? 0 : 1);
