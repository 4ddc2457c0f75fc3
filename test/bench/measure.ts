/**
 * How a workload is timed: ours and the peers take turns in one run, and medians are compared, because machines are
 * noisy.
 */

/** One side of a workload. `prepare` does not count: it renews input that was unmasked in place. */
export interface Side {
  readonly prepare?: () => void;
  /** Handles one batch and returns how many messages it was. */
  run(): number | Promise<number>;
}

export type Role = "client" | "server";
export type Environment = "node" | "chromium";

/** What a workload is called. */
export interface Names {
  readonly environment: Environment;
  readonly workload: string;
  readonly role: Role;
  readonly kind: "receive" | "send" | "open" | "limit" | "growth" | "memory";
  /** Payload of one message, in bytes. */
  readonly bytes: number;
  /** In how many chunks one message comes, where that is more than one. */
  readonly chunks?: number;
  readonly peerNames: readonly string[];
  /** Those of the peers that a quick run leaves out. */
  readonly minorPeers?: readonly string[];
}

export interface Workload extends Names {
  /** Whether work is done, or waited for, outside of this thread. */
  readonly elsewhere?: boolean;
  /** Creates the sides, after each has been checked for correct work. */
  sides(peerNames: readonly string[]): Sides | Promise<Sides>;
}

export interface Sides {
  readonly ours: Side;
  readonly peers: Readonly<Record<string, Side>>;
}

/** Messages per second as medians over the rounds; `ratio` is ours ÷ the peer's, `spread` that of the single rounds. */
export interface Row {
  readonly environment: Environment;
  readonly workload: string;
  readonly role: Role;
  readonly kind: Names["kind"];
  readonly bytes: number;
  readonly chunks: number;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly ratio: number;
  readonly spread: readonly [lowest: number, highest: number];
}

export interface Duration {
  readonly rounds: number;
  /** How long each side runs in each round, in milliseconds. */
  readonly roundMs: number;
  /** Whether each side runs for a round before it counts, so that what can be compiled is. */
  readonly warmUp: boolean;
}

/** One row for each of the peers. */
export async function measure(
  { environment, workload, role, kind, bytes, chunks = 1, elsewhere = false, ...made }: Workload,
  peerNames: readonly string[],
  { rounds, roundMs, warmUp }: Duration,
): Promise<Row[]> {
  const { ours, peers } = await made.sides(peerNames);
  const sides = [ours, ...peerNames.map((name) => peers[name]!)];
  const nowMs = elsewhere ? wallMs : threadMs;
  const rates = sides.map((): number[] => []);
  if (warmUp) for (const side of sides) await timed(side, roundMs, nowMs);
  for (let round = 0; round < rounds; round++) {
    // Each goes first in its turn, so that none always follows another's garbage.
    for (let turn = 0; turn < sides.length; turn++) {
      const at = (round + turn) % sides.length;
      rates[at]!.push(await timed(sides[at]!, roundMs, nowMs));
    }
  }
  const [ourRates, ...peerRates] = rates as [number[], ...number[][]];
  return peerRates.map((theirs, i): Row => {
    const ratios = theirs.map((rate, round) => ourRates[round]! / rate);
    const [ourMedian, theirMedian] = [median(ourRates), median(theirs)];
    return {
      ...{ environment, workload, role, kind, bytes, chunks, ours: ourMedian, peer: theirMedian },
      peerName: peerNames[i]!,
      ratio: ourMedian / theirMedian,
      spread: [Math.min(...ratios), Math.max(...ratios)],
    };
  });
}

/** Messages per second over `roundMs` of work. Preparation is measured separately and subtracted. */
async function timed(side: Side, roundMs: number, nowMs: () => number): Promise<number> {
  const { prepare } = side;
  if (prepare === undefined) return perSecond(await paced(() => side.run(), roundMs, nowMs));
  const all = await paced(
    () => {
      prepare();
      return side.run();
    },
    roundMs,
    nowMs,
  );
  const preparing = await paced(
    () => {
      prepare();
      return 1;
    },
    roundMs / 4,
    nowMs,
  );
  const preparingMs = (all.batches * preparing.elapsedMs) / preparing.batches;
  // Where it is most of the work, chance could make it more than all.
  return perSecond({ ...all, elapsedMs: Math.max(all.elapsedMs - preparingMs, all.elapsedMs / 20) });
}

interface Paced {
  readonly messages: number;
  readonly batches: number;
  readonly elapsedMs: number;
}

const perSecond = ({ messages, elapsedMs }: Paced): number => (messages / elapsedMs) * 1000;

/** How long batches run before the event loop gets a turn, in milliseconds. A turn costs as much as a small batch. */
const TURN_MS = 2;

/**
 * Runs batches, and the work that they postpone, for `roundMs`. Measures the time of all together, because some systems
 * update the processor time of a thread only once in a millisecond, or when it waits.
 */
async function paced(run: () => number | Promise<number>, roundMs: number, nowMs: () => number): Promise<Paced> {
  await nextTask();
  let messages = 0;
  let batches = 0;
  let turnMs = wallMs();
  const startMs = nowMs();
  do {
    const handled = run();
    messages += typeof handled === "number" ? handled : await handled;
    batches++;
    if (wallMs() - turnMs < TURN_MS) continue;
    await nextTask();
    turnMs = wallMs();
  } while (nowMs() - startMs < roundMs);
  await nextTask();
  return { messages, batches, elapsedMs: nowMs() - startMs };
}

const wallMs = (): number => performance.now();

/** The time that this thread was at work, where the platform tells: others on the machine are not measured with it. */
const threadMs: () => number =
  typeof process === "object" && typeof process.threadCpuUsage === "function"
    ? () => {
        const { user, system } = process.threadCpuUsage();
        return (user + system) / 1000;
      }
    : wallMs;

/** A separate task, without the milliseconds that a page adds to consecutive timers. */
function nextTask(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    waiting.push(resolve);
    (channel ??= openChannel()).port2.postMessage(0);
  });
}

const waiting: (() => void)[] = [];
let channel: MessageChannel | undefined;

function openChannel(): MessageChannel {
  const made = new MessageChannel();
  made.port1.onmessage = () => waiting.shift()!();
  return made;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
