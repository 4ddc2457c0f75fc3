/** The benchmark: this library over each transport, beside the bare transport. */
import { signal } from "@preact/signals";
import type { TargetedEvent, TargetedSubmitEvent, VNode } from "preact";
import { Complaint } from "../components/complaint.tsx";
import { fieldOf } from "../model/fields.ts";
import { contenders, type Contender } from "./lines.ts";
import { measure, messageSizes, type Measured } from "./measure.ts";
import { Plot } from "./plot.tsx";
import { readBench, type BenchRow, type Series } from "./row.ts";

const measured = signal<readonly Measured[]>([]);
const bench = signal<readonly BenchRow[]>([]);
const progress = signal<{ readonly at: number; readonly of: number; readonly what: string } | undefined>(undefined);
const complaint = signal<string | undefined>(undefined);
let running: AbortController | undefined;

async function run(all: readonly Contender[]): Promise<void> {
  running = new AbortController();
  const { signal } = running;
  measured.value = [];
  bench.value = [];
  complaint.value = undefined;
  const of = all.length * messageSizes.length;
  let at = 0;
  for (const contender of all) {
    progress.value = { at, of, what: contender.label };
    try {
      for await (const one of measure(contender, signal)) {
        measured.value = [...measured.value, one];
        progress.value = { at: ++at, of, what: contender.label };
      }
    } catch (error) {
      if (signal.aborted) break;
      complaint.value = `${contender.label}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  progress.value = undefined;
  running = undefined;
}

export function Throughput(): VNode {
  const start = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const [url, certificateHash] = [fieldOf(event, "url"), fieldOf(event, "hash")];
    void run(contenders(url === "" ? undefined : { url, certificateHash }));
  };
  const load = async (event: TargetedEvent<HTMLInputElement>): Promise<void> => {
    const [file] = event.currentTarget.files ?? [];
    if (file === undefined) return;
    try {
      bench.value = readBench(await file.text());
      measured.value = [];
      complaint.value = undefined;
    } catch (error) {
      complaint.value = error instanceof Error ? error.message : String(error);
    }
  };
  const now = progress.value;
  return (
    <div class="throughput">
      <form onSubmit={start}>
        <button class="primary" aria-disabled={now !== undefined}>
          Measure
        </button>
        <button type="button" aria-disabled={now === undefined} onClick={() => running?.abort()}>
          Stop
        </button>
        <label class="file" title="A file of npm run bench -- --json FILE">
          <span>Open results…</span>
          <input
            type="file"
            accept=".json"
            aria-label="Results of npm run bench"
            onChange={(event) => void load(event)}
          />
        </label>
        <div class="server">
          <label class="wide">
            WebTransport server that echoes messages (optional)
            <input name="url" type="url" placeholder="https://…" spellcheck={false} />
          </label>
          <label class="wide">
            SHA-256 of its certificate, if it is self-signed
            <input name="hash" class="bytes" spellcheck={false} />
          </label>
        </div>
      </form>
      <p role="status" class="hint">
        {now === undefined
          ? "Messages from one end to the other in this browser, counted at the far end, in megabytes per second."
          : `${now.what}, ${now.at} of ${now.of}`}
      </p>
      {now !== undefined && <progress max={now.of} value={now.at} aria-label="Measured so far" />}
      <Complaint text={complaint.value} />
      {measured.value.length > 0 && <MeasuredView rows={measured.value} />}
      {bench.value.length > 0 && <BenchView rows={bench.value} />}
    </div>
  );
}

function MeasuredView({ rows }: { readonly rows: readonly Measured[] }): VNode {
  const labels = [...new Set(rows.map(({ contender }) => contender.label))];
  const speed = (label: string, size: number): number | undefined => {
    const row = rows.find((one) => one.contender.label === label && one.messageBytes === size);
    return row && row.bytesPerSecond / 1e6;
  };
  const series = labels.map((name): Series => {
    const points = messageSizes.map((x) => ({ x, y: speed(name, x) ?? 0 })).filter(({ y }) => y > 0);
    return { name, points };
  });
  return (
    <>
      <Plot series={series} unit="MB/s" label="Megabytes per second by message size; the table has the same data" />
      <table class="speeds">
        <caption>Megabytes per second, by message size</caption>
        <thead>
          <tr>
            <th scope="col">line</th>
            {messageSizes.map((size) => (
              <th key={size} scope="col">
                {size < 1024 ? `${size} B` : `${size / 1024} KiB`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {messageSizes.map((size) => (
                <td key={size}>{speed(label, size)?.toPrecision(3) ?? "…"}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function BenchView({ rows }: { readonly rows: readonly BenchRow[] }): VNode {
  const series: Series[] = [
    { name: "ours", points: rows.map(({ ours }, x) => ({ x, y: ours })) },
    { name: "the peer", points: rows.map(({ peer }, x) => ({ x, y: peer })) },
  ];
  return (
    <>
      <Plot
        series={series}
        unit="messages/s"
        label="Messages per second, ours and the peer's; the table has the same data"
        names={rows.map((_, index) => String(index + 1))}
      />
      <table class="speeds">
        <caption>Messages per second, from the file</caption>
        <thead>
          <tr>
            <th scope="col">workload</th>
            <th scope="col">role</th>
            <th scope="col">ours</th>
            <th scope="col">peer</th>
            <th scope="col">ratio</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ workload, role, kind, ours, peer, peerName, ratio }, index) => (
            <tr key={index}>
              <th scope="row">
                {index + 1}. {workload} {kind}
              </th>
              <td>{role}</td>
              <td>{Math.round(ours).toLocaleString("en")}</td>
              <td>
                {Math.round(peer).toLocaleString("en")} {peerName}
              </td>
              <td>{(ratio ?? ours / peer).toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
