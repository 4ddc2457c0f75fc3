/** How a workload is timed: ours and the peer's turns interleaved in one run, medians compared, since the machine is noisy. */

/** One side of a workload. `prepare` is not timed: it renews input that was unmasked in place. */
export interface Side {
  prepare?(): void;
  /** Handles one batch and returns how many messages it was. */
  run(): number | Promise<number>;
}

export interface Workload {
  readonly workload: string;
  readonly role: "client" | "server";
  readonly kind: "receive" | "send";
  readonly peerName: string;
  readonly ours: Side;
  readonly peer: Side;
}

/** Messages per second as medians over the rounds; `ratio` is ours ÷ the peer's, `spread` that of the single rounds. */
export interface Row {
  readonly workload: string;
  readonly role: string;
  readonly kind: string;
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
}

export async function measure(workload: Workload, { rounds, roundMs }: Duration): Promise<Row> {
  const { ours, peer, ...names } = workload;
  await timed(ours, roundMs);
  await timed(peer, roundMs);
  const rates: { ours: number; peer: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    // Taking turns at going first, so that neither side always follows the other's garbage.
    if (round % 2 === 0) rates.push({ ours: await timed(ours, roundMs), peer: await timed(peer, roundMs) });
    else rates.push({ peer: await timed(peer, roundMs), ours: await timed(ours, roundMs) });
  }
  const ratios = rates.map((rate) => rate.ours / rate.peer);
  const medians = { ours: median(rates.map((rate) => rate.ours)), peer: median(rates.map((rate) => rate.peer)) };
  return {
    ...names,
    ...medians,
    ratio: medians.ours / medians.peer,
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}

/**
 * Messages per second over `roundMs` of timed work, or what can be had of it in a few times as long where most of the
 * time goes into preparing. What a batch puts off is done between batches, untimed.
 */
async function timed(side: Side, roundMs: number): Promise<number> {
  const giveUpMs = performance.now() + 4 * roundMs;
  let messages = 0;
  let elapsedMs = 0;
  while (elapsedMs < roundMs && (messages === 0 || performance.now() < giveUpMs)) {
    side.prepare?.();
    const startMs = performance.now();
    const handled = side.run();
    messages += typeof handled === "number" ? handled : await handled;
    elapsedMs += performance.now() - startMs;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return (messages / elapsedMs) * 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
