/** How a workload is timed: ours and the peer's turns interleaved in one run, medians compared, since the machine is noisy. */

/** One side of a workload. `prepare` is not timed: it renews input that was unmasked in place. */
export interface Side {
  prepare?(): void;
  /** Handles one batch and returns how many messages it was. */
  run(): number;
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

export function measure(workload: Workload, { rounds, roundMs }: Duration): Row {
  const { ours, peer, ...names } = workload;
  for (const side of [ours, peer]) timed(side, roundMs);
  const rates = Array.from({ length: rounds }, (_, round) => {
    // Taking turns at going first, so that neither side always follows the other's garbage.
    const first = round % 2 === 0 ? timed(ours, roundMs) : 0;
    const theirs = timed(peer, roundMs);
    return { ours: first || timed(ours, roundMs), peer: theirs };
  });
  const ratios = rates.map((rate) => rate.ours / rate.peer);
  const medians = { ours: median(rates.map((rate) => rate.ours)), peer: median(rates.map((rate) => rate.peer)) };
  return {
    ...names,
    ...medians,
    ratio: medians.ours / medians.peer,
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}

/** Messages per second over at least `roundMs` of timed work. */
function timed(side: Side, roundMs: number): number {
  let messages = 0;
  let elapsedMs = 0;
  while (elapsedMs < roundMs) {
    side.prepare?.();
    const startMs = performance.now();
    messages += side.run();
    elapsedMs += performance.now() - startMs;
  }
  return (messages / elapsedMs) * 1000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
