/** A measured speed, in the form that the page and the benchmark's JSON share for the plot. */

export interface Series {
  readonly name: string;
  /** By message size in bytes, or by place for the benchmark's rows. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A row of `npm run bench -- --json FILE`. */
export interface BenchRow {
  readonly workload: string;
  readonly role: string;
  readonly kind: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly ratio: number;
}

/** Throws if it is not such a file. */
export function readBench(text: string): BenchRow[] {
  const rows = JSON.parse(text) as unknown;
  const isRow = (row: unknown): row is BenchRow => {
    const { workload, role, ours, peer, peerName } = (row ?? {}) as Partial<BenchRow>;
    const isNamed = typeof workload === "string" && typeof role === "string" && typeof peerName === "string";
    return isNamed && typeof ours === "number" && typeof peer === "number";
  };
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every(isRow)) {
    throw new TypeError("This is not a file of npm run bench -- --json FILE.");
  }
  return rows;
}
