/**
 * A long run in virtual time: `npm run soak:virtual -- --minutes 60`. A thousand connections run at a time over the
 * simulator's faulty network. Each is closed, or dropped, at a random moment, and replaced when it has ended. Every ten
 * minutes all of them end and what is left is counted: memory, timers and listeners have to be as they were.
 */
import { getEventListeners } from "node:events";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connect, serve, type WebSocketSession } from "../../src/stream/index.ts";
import type { ByteTransport } from "../../src/transports/byteTransport.ts";
import { Choices, type Draws } from "../simulation/choices.ts";
import { listen, turn } from "../simulation/host.ts";
import { Link, type LinkFault, type Surroundings } from "../simulation/network.ts";
import { VirtualClock } from "../simulation/virtualClock.ts";

const FAULTS: readonly LinkFault[] = ["clog", "clogBoth", "reset", "end", "halfEnd", "vanish", "vanishOneWay"];

/** How long all connections run before they end and what is left is counted. */
const LAP_MS = 10 * 60_000;

/** Each connection has ended by then: a keepalive and a close time-out, and the drain of a closing server. */
const REST_MS = 60_000;

/** What memory may differ by from one count to the next. */
const MOST_BYTES = 4 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    connections: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
  },
});
const untilMs = Number(values.minutes) * 60_000;

const clock = new VirtualClock();
const wrong: string[] = [];
const world: Surroundings = {
  get nowMs() {
    return clock.now();
  },
  after: (ms, run) => void clock.after(ms, run),
  log: () => undefined,
  mark: () => undefined,
  fail: (law, what) => void wrong.push(`${law}: ${what}`),
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
const options = {
  clock,
  closeTimeoutMs: 1000,
  handshakeTimeoutMs: 5000,
  keepalive: { intervalMs: 5000, timeoutMs: 5000 },
};

/** The transports for the server, as they come. */
const arrivals: ByteTransport[] = [];
let arrived = (): void => {};
async function* incoming(): AsyncGenerator<ByteTransport, undefined> {
  for (;;) {
    for (let next = arrivals.shift(); next !== undefined; next = arrivals.shift()) yield next;
    await new Promise<void>((resolve) => (arrived = resolve));
  }
}

const stop = new AbortController();
let [started, ended, running, echoes] = [0, 0, 0, 0];

async function use(session: WebSocketSession, draws: Draws): Promise<void> {
  for (let left = draws.below(20); left > 0; left--) {
    await session.send("x".repeat(draws.pick([1, 100, 5000, 100_000])));
    if (draws.oneIn(4)) await sleep(draws.below(2000));
    else if ((await session.receive()) !== undefined) echoes++;
    await sleep(draws.below(3000));
  }
}

async function live(seed: number): Promise<void> {
  const draws = new Choices(seed).stream("link");
  const link = new Link(world, `n${seed}`, draws, draws.oneIn(2), { hasHandshake: true, masking: true });
  if (draws.oneIn(2)) clock.after(draws.below(20_000), () => link.befall(draws.pick(FAULTS), draws));
  // Later than any fault's own end: half of the connections live on.
  clock.after(30_000, () => link.heal());
  link.client.given = link.server.given = true;
  arrivals.push(link.server);
  arrived();
  try {
    const session = await connect(link.client, options);
    const using = use(session, draws).catch(() => undefined);
    if (draws.oneIn(2)) await Promise.race([using, sleep(draws.below(20_000))]);
    else await using;
    await session.close(draws.oneIn(4) ? { signal: AbortSignal.abort(new Error("dropped")) } : {});
  } catch {
    // The network failed.
  }
  for (const waitedMs of [0, 100, 900, 10_000, 20_000]) {
    await sleep(waitedMs);
    if (link.client.hasEnded && link.server.hasEnded) return;
  }
  wrong.push("a transport is kept although its connection has ended");
}

async function keepLiving(first: number, pauseMs: number, endMs: number): Promise<void> {
  await sleep(pauseMs);
  for (let seed = first; clock.now() < endMs; seed += Number(values.connections)) {
    started++;
    running++;
    await live(seed);
    running--;
    ended++;
  }
}

async function passTime(endMs: number): Promise<void> {
  for (let nextMs = clock.nextMs; nextMs !== undefined && nextMs <= endMs; nextMs = clock.nextMs) {
    clock.step();
    // Whatever is due at the same time runs together.
    while (clock.nextMs !== undefined && clock.nextMs <= clock.now()) clock.step();
    await turn();
  }
}

const stopListening = listen(({ kind, error }) => void wrong.push(`uncaught ${kind}: ${String(error)}`));
const serving = serve(
  incoming(),
  async (request) => {
    const session = await request.accept();
    for await (const message of session) await session.send(message);
  },
  { ...options, signal: stop.signal, onError: () => undefined },
);
const counts: { bytes: number; timers: number; listeners: number }[] = [];
for (let lapMs = 0; lapMs < untilMs; lapMs += LAP_MS) {
  const endMs = Math.min(lapMs + LAP_MS, untilMs) - REST_MS;
  for (let at = 0; at < Number(values.connections); at++) {
    void keepLiving(Number(values.seed) * 1e6 + started + at, (at * 10_000) / Number(values.connections), endMs);
  }
  await passTime(endMs + REST_MS);
  collect();
  await turn();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const count = {
    bytes: heapUsed + external,
    timers: clock.liveTimers,
    listeners: getEventListeners(stop.signal, "abort").length,
  };
  counts.push(count);
  if (running > 0) wrong.push(`${running} connections have not ended`);
  if (count.timers > 0) wrong.push(`${count.timers} timers are left`);
  console.log(
    `${(clock.now() / 60_000).toFixed(1)} min: ${ended} connections ended, ${echoes} echoes, ${(count.bytes / 2 ** 20).toFixed(1)} MiB, ` +
      `${count.timers} timers, ${count.listeners} listeners`,
  );
}
stop.abort();
await passTime(clock.now() + REST_MS);
await serving;
stopListening();
const [first, last] = [counts[0]!, counts.at(-1)!];
if (last.bytes - first.bytes > MOST_BYTES) wrong.push(`memory grew by ${last.bytes - first.bytes} bytes`);
if (last.listeners > first.listeners) wrong.push(`${last.listeners} listeners instead of ${first.listeners}`);
for (const each of new Set(wrong)) console.error(`not flat: ${each}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
if (wrong.length === 0) console.log("flat: memory, timers and listeners");
