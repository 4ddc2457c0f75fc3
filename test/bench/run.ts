/** `npm run bench`: measures every workload and prints a table; `--json FILE`, `--filter TEXT`, `--quick`. */
import "./plainWs.ts";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measure, type Row } from "./measure.ts";
import { deflateWorkloads } from "./deflateWorkloads.ts";
import { faceWorkloads } from "./faceWorkloads.ts";
import { workloads } from "./workloads.ts";

const { values } = parseArgs({
  options: { json: { type: "string" }, filter: { type: "string" }, quick: { type: "boolean", default: false } },
});
const duration = values.quick ? { rounds: 3, roundMs: 40 } : { rounds: 9, roundMs: 150 };

console.log(`Node ${process.version}, messages per second, medians of ${duration.rounds} interleaved rounds\n`);
const rows: Row[] = [];
const faces = faceWorkloads();
for (const workload of [...workloads(), ...deflateWorkloads(), ...faces.workloads]) {
  const { filter = "" } = values;
  if (!`${workload.workload} ${workload.role} ${workload.kind}`.includes(filter)) continue;
  const row = await measure(workload, duration);
  rows.push(row);
  const [lowest, highest] = row.spread;
  console.log(
    row.workload.padEnd(42),
    row.role.padEnd(7),
    row.kind.padEnd(8),
    rate(row.ours),
    rate(row.peer),
    row.peerName,
    `${row.ratio.toFixed(2)} ×`.padStart(9),
    `(${lowest.toFixed(2)}–${highest.toFixed(2)})`,
  );
}
await faces.close();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);

function rate(perSecond: number): string {
  return (perSecond >= 10_000 ? `${(perSecond / 1000).toFixed(0)} k` : perSecond.toFixed(1)).padStart(9);
}
