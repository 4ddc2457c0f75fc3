/**
 * `npm run bench`: measures every workload beside its peers, in Node and in Chromium, and prints a table.
 * `--filter TEXT`, as often as you like, for the rows that have every text in them; `--goals` for those that have a goal,
 * and what bounds them; `--quick`; `--runs N` for medians over N runs of everything; `--json FILE`;
 * `--against COMMIT` for another version of this library in the place of the peers, in Node.
 */
import "./plainWs.ts";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkOut } from "./against.ts";
import { entries, entriesAgainst, type Entry } from "./entries.ts";
import { goalOf } from "./goals.ts";
import { median, type Duration, type Names, type Row } from "./measure.ts";
import { HEADING, judged, line, summary, type JudgedRow } from "./table.ts";
import { BOUNDS } from "./workloads.ts";

const { values, positionals } = parseArgs({
  options: {
    against: { type: "string" },
    filter: { type: "string", multiple: true, default: [] },
    goals: { type: "boolean", default: false },
    json: { type: "string" },
    quick: { type: "boolean", default: false },
    runs: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs takes a number of runs, not ${values.runs}`);
const terms = [...values.filter, ...positionals].map((term) => term.toLowerCase());
const duration: Duration = values.quick
  ? { rounds: 2, roundMs: 8, warmUp: false }
  : { rounds: 9, roundMs: 150, warmUp: true };

const other = values.against === undefined ? undefined : checkOut(values.against);
const all = other === undefined ? entries(!values.quick) : await entriesAgainst(other.against);
const wanted = all.entries.flatMap((entry) => {
  const peerNames = wantedPeers(entry.names);
  return peerNames.length > 0 ? [{ entry, peerNames }] : [];
});
console.log(
  `Node ${process.version}, medians of ${duration.rounds} interleaved rounds` +
    (runs > 1 ? `, and of ${runs} runs of everything; the spread is that of the runs` : ""),
);
console.log(`\n${HEADING}`);
const startMs = performance.now();
const rows: JudgedRow[] = [];
try {
  const measured: Row[][][] = wanted.map(() => []);
  for (let run = 1; run <= runs; run++) {
    for (const [i, { entry, peerNames }] of wanted.entries()) {
      progress(`${runs > 1 ? `run ${run} of ${runs}, ` : ""}${i + 1} of ${wanted.length}: ${described(entry)}`);
      measured[i]!.push(await entry.measure(peerNames, duration));
      if (run < runs) continue;
      progress("");
      for (const row of judged(overRuns(measured[i]!))) {
        rows.push(row);
        console.log(line(row));
      }
    }
  }
} finally {
  await all.close();
  other?.remove();
}
console.log(`\n${summary(rows)}${((performance.now() - startMs) / 1000).toFixed(0)} s`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);

/** Rows that contain every term. A quick run leaves out the minor ones unless they are requested. */
function wantedPeers(names: Names): string[] {
  const { environment, workload, role, kind, peerNames, minorPeers = [] } = names;
  const aims = peerNames.filter((peerName) => goalOf({ ...names, peerName }) !== undefined);
  return peerNames.filter((peer) => {
    if (values.goals && !aims.includes(peer) && !(BOUNDS.includes(peer) && aims.length > 0)) return false;
    if (values.quick && minorPeers.includes(peer) && !terms.some((term) => peer.includes(term))) return false;
    const row = `${environment} ${workload} ${role} ${kind} ${peer}`.toLowerCase();
    return terms.every((term) => row.includes(term));
  });
}

/** The rows of one workload, as medians over its runs. */
function overRuns(measured: readonly Row[][]): Row[] {
  const [first, ...more] = measured as [Row[], ...Row[][]];
  if (more.length === 0) return first;
  return first.map((row, i): Row => {
    const same = measured.map((run) => run[i]!);
    const ratios = same.map(({ ratio }) => ratio);
    return {
      ...row,
      ours: median(same.map(({ ours }) => ours)),
      peer: median(same.map(({ peer }) => peer)),
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)],
    };
  });
}

function described({ names: { environment, workload, role, kind } }: Entry): string {
  return `${environment}, ${workload}, ${role}, ${kind}`;
}

/** A line that the next one takes the place of, where somebody looks on. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
