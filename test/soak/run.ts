/**
 * A long run: `npm run soak -- --minutes 30`. A thousand connections over TCP and a hundred over message ports to a worker
 * thread talk as chance has it, with pings, slow readers and abrupt ends, and are replaced as they end. When they have
 * been going for a while and again at the end, all of them are closed, and what is left is counted: heap, handles, timers
 * and listeners have to be as they were.
 */
import { once } from "node:events";
import { connect as dialSocket, createServer, type AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { MessageChannel, Worker, isMainThread, parentPort, type MessagePort } from "node:worker_threads";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { connect, serve, WebSocketError, type ServeOptions, type WebSocketSession } from "../../src/stream/index.ts";
import { messagePortTransport } from "../../src/transports/messagePort.ts";
import { listen, socketTransport } from "../../src/transports/node.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";
import { Random } from "../support/random.ts";

const keepalive = { intervalMs: 5000, timeoutMs: 20_000 };
const options = { keepalive, extensions: [permessageDeflate({ threshold: 512 })] };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends back what it receives. */
const echo: ServeOptions & { handler: Parameters<typeof serve>[1] } = {
  ...options,
  async handler(request) {
    const session = await request.accept();
    for await (const message of session) await session.send(message);
  },
};

function ignore(): void {}

/** One connection's life: some messages, pings and waits, then an end of one kind or another, soon after the time is over. */
async function live(
  random: Random,
  transport: ByteTransport,
  stats: Map<string, number>,
  endMs: number,
): Promise<void> {
  const count = (what: string): void => void stats.set(what, (stats.get(what) ?? 0) + 1);
  let session: WebSocketSession | undefined;
  try {
    session = await connect(transport, options);
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
      count("closes");
      await session.close({ closeCode: 1000 });
    }
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
    count("failed");
    await pause(1000);
    count(`failed: ${error.message}`);
  }
}

function make(random: Random): string | Uint8Array<ArrayBuffer> {
  const length = random.oneIn(50) ? 100_000 : random.size(4000);
  return random.oneIn(2) ? "soak ".repeat(length / 5) : new Uint8Array(length).fill(random.uint32());
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
      seed: { type: "string", default: "1" },
    },
  });
  const minutes = Number(values.minutes);
  const random = new Random(Number(values.seed));
  const stats = new Map<string, number>();

  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1", 2048);
  await once(server, "listening");
  const stop = new AbortController();
  const served = serve(listen(server, { maxWaiting: 2048 }), echo.handler, { ...echo, signal: stop.signal });
  const worker = new Worker(new URL(import.meta.url));
  const { port } = server.address() as AddressInfo;

  const overTcp = (): ByteTransport => socketTransport(dialSocket({ port, host: "127.0.0.1", allowHalfOpen: true }));
  const overPort = (): ByteTransport => {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage(port2, [port2]);
    return messagePortTransport(port1);
  };

  /** Keeps so many connections going until the time is over, and waits for the last of them. */
  async function keepGoing(ms: number): Promise<void> {
    const endMs = performance.now() + ms;
    const lives = (count: number, make: () => ByteTransport): Promise<void>[] =>
      Array.from({ length: count }, async (_, i) => {
        const own = new Random(random.uint32());
        await pause((i / count) * Math.min(5000, ms / 4));
        while (performance.now() < endMs) await live(own, make(), stats, endMs);
      });
    await Promise.all([...lives(Number(values.sockets), overTcp), ...lives(Number(values.ports), overPort)]);
  }

  async function countLeft(): Promise<Count> {
    for (let i = 0; i < 5; i++) {
      await pause(500);
      collect();
    }
    const { heapUsed, external } = process.memoryUsage();
    const resources: Record<string, number> = {};
    for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
    const emitters = [server, worker, process];
    const listeners = emitters
      .flatMap((emitter) => emitter.eventNames().map((name) => emitter.listenerCount(name)))
      .reduce((sum, each) => sum + each, 0);
    return { heapBytes: heapUsed + external, resources, listeners };
  }

  // What is loaded and compiled on first use is there when it is counted first.
  await keepGoing(Math.min(60_000, (minutes * 60_000) / 3));
  const before = await countLeft();
  report("after the first while", before);
  const most = setInterval(() => {
    const { heapUsed, external, rss } = process.memoryUsage();
    console.log(`… heap ${mib(heapUsed + external)}, resident ${mib(rss)}, ${summary(stats)}`);
  }, 60_000);
  await keepGoing(Math.max(0, minutes * 60_000 - Math.min(60_000, (minutes * 60_000) / 3)));
  clearInterval(most);
  const after = await countLeft();
  report("at the end", after);
  console.log(summary(stats));

  const wrong: string[] = [];
  const growth = after.heapBytes - before.heapBytes;
  // A hundredth of what the connections themselves take while they live.
  if (growth > 4 * 1024 * 1024) wrong.push(`the heap has grown by ${mib(growth)}`);
  for (const name of new Set([...Object.keys(after.resources), ...Object.keys(before.resources)])) {
    const [now, then] = [after.resources[name] ?? 0, before.resources[name] ?? 0];
    if (now > then) wrong.push(`${now} ${name} instead of ${then}`);
  }
  if (after.listeners > before.listeners) wrong.push(`${after.listeners} listeners instead of ${before.listeners}`);
  if ((stats.get("failed") ?? 0) > 0) wrong.push(`${stats.get("failed") ?? 0} connections failed`);

  stop.abort();
  server.close();
  await served;
  await worker.terminate();
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
  // The worker serves each port that it is sent.
  parentPort!.on("message", (port: MessagePort) => {
    serve([messagePortTransport(port)], echo.handler, echo).catch(ignore);
  });
}
