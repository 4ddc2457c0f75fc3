/**
 * A long run: `npm run soak -- --minutes 30`. A thousand connections over TCP, a hundred over message ports to a worker
 * thread and fifty over data channels talk at random, with pings, slow readers and abrupt ends, and are replaced when
 * they end. Beside each kind some connections have a carrier that is cut at a random moment, at either end. Twice,
 * after a while and at the end, all are closed, and heap, handles, timers and listeners must be back at their first
 * values.
 */
import { getEventListeners, once } from "node:events";
import { connect as dialSocket, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { MessageChannel, Worker, isMainThread, parentPort, type MessagePort } from "node:worker_threads";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { LocalProtocolError } from "../../src/index.ts";
import { connect, serve, WebSocketError, type RequestHandler, type WebSocketSession } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { listen, socketTransport } from "../../src/transports/node.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";
import { dataChannelProtocol, dataChannelTransport, incomingChannels } from "../../src/transports/webrtc.ts";
import { connectedPair } from "../support/nodePeerConnections.ts";
import { Random } from "../support/random.ts";

const keepalive = { intervalMs: 5000, timeoutMs: 20_000 };
// A busy machine may take long to answer a thousand handshakes.
const options = { keepalive, handshakeTimeoutMs: 60_000, extensions: [permessageDeflate({ threshold: 512 })] };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends back what it receives. */
const echo: RequestHandler = async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(message);
};

function ignore(): void {}

/** A carrier that is broken off at a random moment, unless it has ended by then. */
function breakOffSome(random: Random, breakOff: () => void, { closed }: ByteTransport): void {
  const timer = setTimeout(breakOff, random.below(20_000));
  const stop = (): void => clearTimeout(timer);
  closed!.then(stop, stop);
}

/** A kind of connection, and how many run at a time. */
interface Row {
  readonly name: string;
  readonly count: number;
  /** Whether its carriers are broken off. */
  readonly isBroken: boolean;
  readonly stats: Map<string, number>;
  dial(random: Random): ByteTransport;
}

/** One connection's life: some messages, pings and waits, then an end of one kind or another, soon after the time is over. */
async function live(random: Random, row: Row, endMs: number): Promise<void> {
  const { isBroken, stats } = row;
  const count = (what: string): void => void stats.set(what, (stats.get(what) ?? 0) + 1);
  let session: WebSocketSession | undefined;
  count("connections");
  try {
    session = await connect(row.dial(random), options);
    for (let turns = random.size(40); turns > 0 && performance.now() < endMs; turns--) {
      await pause(random.below(8000)); // a thousand of them keep one core busy, and no more
      const burst = 1 + random.size(8);
      for (let i = 0; i < burst; i++) await session.send(make(random));
      if (random.oneIn(4)) await pause(random.below(1000)); // a slow reader
      for (let i = 0; i < burst; i++) if ((await session.receive()) !== undefined) count("messages");
      if (random.oneIn(3)) {
        await session.ping();
        count("pings");
      }
    }
    if (random.oneIn(4)) {
      count("abrupt ends");
      await session.close({ signal: AbortSignal.abort(new Error("soak")) }).catch(ignore);
    } else {
      await session.close({ closeCode: 1000 });
      count("closes");
    }
  } catch (error) {
    // A ping is refused, rather than fails, where the connection has just been lost.
    if (!(error instanceof WebSocketError || error instanceof LocalProtocolError)) throw error;
    count(isBroken ? "broken off" : "failed");
    if (isBroken) return;
    await pause(1000);
    count(`failed: ${error.message}`);
  }
}

function make(random: Random): string | Uint8Array<ArrayBuffer> {
  const length = random.oneIn(50) ? 100_000 : random.size(4000);
  return random.oneIn(2) ? "soak ".repeat(length / 5) : new Uint8Array(length).fill(random.uint32());
}

/** The transports of a server that breaks them off. */
async function* brokenOff(
  transports: AsyncIterable<ByteTransport>,
  random: Random,
): AsyncGenerator<ByteTransport, undefined> {
  for await (const transport of transports) {
    breakOffSome(random, () => transport.close!(), transport);
    yield transport;
  }
}

interface Count {
  readonly heapBytes: number;
  readonly resources: Record<string, number>;
  readonly listeners: number;
}

async function main(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      sockets: { type: "string", default: "1000" },
      ports: { type: "string", default: "100" },
      channels: { type: "string", default: "50" },
      seed: { type: "string", default: "1" },
    },
  });
  const minutes = Number(values.minutes);
  const random = new Random(Number(values.seed));
  const stop = new AbortController();

  const startServer = async (): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, "127.0.0.1", 2048);
    await once(server, "listening");
    return server;
  };
  const [server, breakingServer] = [await startServer(), await startServer()];
  const worker = new Worker(new URL(import.meta.url));
  const peers = await connectedPair();
  const serving = [
    listen(server, { maxWaiting: 2048 }),
    brokenOff(listen(breakingServer, { maxWaiting: 2048 }), random),
    incomingChannels(peers.far, { maxWaiting: 2048, filter: ({ label }) => label === "soak" }),
    brokenOff(incomingChannels(peers.far, { maxWaiting: 2048, filter: ({ label }) => label === "broken" }), random),
  ].map((transports) => serve(transports, echo, { ...options, signal: stop.signal }));

  const dialTcp = (to: Server): Socket =>
    dialSocket({ port: (to.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  const dialPort = (breakAfterMs?: number): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port2, breakAfterMs }, [port2]);
    return port1;
  };
  const dialChannel = (label: string): RTCDataChannel =>
    peers.near.createDataChannel(label, { protocol: dataChannelProtocol });
  const [sockets, ports, channels] = [values.sockets, values.ports, values.channels].map(Number) as [
    number,
    number,
    number,
  ];
  const some = (count: number): number => Math.min(count, 10 + Math.floor(count / 10));
  const rows: Row[] = [
    { name: "TCP", count: sockets, isBroken: false, stats: new Map(), dial: () => socketTransport(dialTcp(server)) },
    {
      name: "TCP, broken off",
      count: some(sockets),
      isBroken: true,
      stats: new Map(),
      dial(random) {
        if (random.oneIn(3)) return socketTransport(dialTcp(breakingServer));
        const socket = dialTcp(server);
        const transport = socketTransport(socket);
        const reset = (): void => void (socket.connecting ? socket.destroy() : socket.resetAndDestroy());
        breakOffSome(random, random.oneIn(2) ? reset : () => socket.destroy(), transport);
        return transport;
      },
    },
    {
      name: "message ports",
      count: ports,
      isBroken: false,
      stats: new Map(),
      dial: () => messagePortTransport(dialPort(), { signal: stop.signal }),
    },
    {
      name: "message ports, broken off",
      count: some(ports),
      isBroken: true,
      stats: new Map(),
      dial(random) {
        if (random.oneIn(3)) return messagePortTransport(dialPort(random.below(20_000)), { signal: stop.signal });
        const port = dialPort();
        const transport = messagePortTransport(port, { signal: stop.signal });
        breakOffSome(random, () => port.close(), transport);
        return transport;
      },
    },
    {
      name: "data channels",
      count: channels,
      isBroken: false,
      stats: new Map(),
      dial: () => dataChannelTransport(dialChannel("soak")),
    },
    {
      name: "data channels, broken off",
      count: some(channels),
      isBroken: true,
      stats: new Map(),
      dial(random) {
        if (random.oneIn(3)) return dataChannelTransport(dialChannel("broken"));
        const channel = dialChannel("soak");
        const transport = dataChannelTransport(channel);
        breakOffSome(random, () => channel.close(), transport);
        return transport;
      },
    },
  ];

  /** Keeps the connections of all rows going until the time is over, and waits for the last of them. */
  async function keepGoing(ms: number): Promise<void> {
    const endMs = performance.now() + ms;
    const lives = (row: Row): Promise<void>[] =>
      Array.from({ length: row.count }, async (_, i) => {
        const own = new Random(random.uint32());
        await pause((i / row.count) * Math.min(5000, ms / 4));
        while (performance.now() < endMs) await live(own, row, endMs);
      });
    await Promise.all(rows.flatMap(lives));
  }

  async function countLeft(): Promise<Count> {
    for (let i = 0; i < 5; i++) {
      await pause(500);
      collect();
    }
    const { heapUsed, external } = process.memoryUsage();
    const resources: Record<string, number> = {};
    for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
    const emitters = [server, breakingServer, worker, process];
    const ofEmitters = emitters.flatMap((emitter) => emitter.eventNames().map((name) => emitter.listenerCount(name)));
    const targets: [EventTarget, string][] = [
      [stop.signal, "abort"],
      [peers.near, "datachannel"],
      [peers.far, "datachannel"],
      [peers.far.sctp!, "statechange"],
    ];
    const ofTargets = targets.map(([target, type]) => getEventListeners(target, type).length);
    const listeners = [...ofEmitters, ...ofTargets].reduce((sum, each) => sum + each, 0);
    return { heapBytes: heapUsed + external, resources, listeners };
  }

  // What is loaded and compiled on first use is there when it is counted first.
  await keepGoing(Math.min(60_000, (minutes * 60_000) / 3));
  const before = await countLeft();
  report("after the first while", before);
  const most = setInterval(() => {
    const { heapUsed, external, rss } = process.memoryUsage();
    console.log(`… heap ${mib(heapUsed + external)}, resident ${mib(rss)}`);
    for (const { name, stats } of rows) console.log(`  ${name}: ${summary(stats)}`);
  }, 60_000);
  await keepGoing(Math.max(0, minutes * 60_000 - Math.min(60_000, (minutes * 60_000) / 3)));
  clearInterval(most);
  const after = await countLeft();
  report("at the end", after);
  for (const { name, stats } of rows) console.log(`${name}: ${summary(stats)}`);

  const wrong: string[] = [];
  const growth = after.heapBytes - before.heapBytes;
  // A hundredth of what the connections themselves take while they live.
  if (growth > 4 * 1024 * 1024) wrong.push(`the heap has grown by ${mib(growth)}`);
  for (const name of new Set([...Object.keys(after.resources), ...Object.keys(before.resources)])) {
    const [now, then] = [after.resources[name] ?? 0, before.resources[name] ?? 0];
    if (now > then) wrong.push(`${now} ${name} instead of ${then}`);
  }
  if (after.listeners > before.listeners) wrong.push(`${after.listeners} listeners instead of ${before.listeners}`);
  for (const { name, stats } of rows) {
    const failed = stats.get("failed") ?? 0;
    if (failed > 0) wrong.push(`${name}: ${failed} connections failed`);
  }

  stop.abort();
  server.close();
  breakingServer.close();
  await Promise.all(serving);
  await worker.terminate();
  peers.close();
  for (const each of wrong) console.error(`not flat: ${each}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
  if (wrong.length === 0) console.log("flat: heap, handles, timers and listeners");
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
const summary = (stats: ReadonlyMap<string, number>): string =>
  [...stats].map(([what, n]) => `${n} ${what}`).join(", ");

function report(when: string, { heapBytes, resources, listeners }: Count): void {
  console.log(`${when}: ${mib(heapBytes)}, ${JSON.stringify(resources)}, ${listeners} listeners`);
}

if (isMainThread) await main();
else {
  // The worker serves each port that it is sent, and breaks some off.
  parentPort!.on("message", ({ port, breakAfterMs }: { port: MessagePort; breakAfterMs?: number }) => {
    const transport = messagePortTransport(port);
    if (breakAfterMs !== undefined) {
      const timer = setTimeout(() => port.close(), breakAfterMs);
      void transport.closed!.then(() => clearTimeout(timer));
    }
    serve([transport], echo, options).catch(ignore);
  });
}
