/** Everything that there is to measure, in its order, each with what it takes to measure it. */
import { Writable } from "node:stream";
import type { Page } from "playwright";
import { openChromiumPage, type ChromiumPage } from "./chromiumPage.ts";
import { deflateWorkloads } from "./deflateWorkloads.ts";
import { faceWorkloads } from "./faceWorkloads.ts";
import { measure, type Duration, type Names, type Row, type Workload } from "./measure.ts";
import { growthWorkloads } from "./growthWorkloads.ts";
import { handshakeWorkloads } from "./handshakeWorkloads.ts";
import { machineLimits } from "./machineLimits.ts";
import { memoryEntries } from "./memory.ts";
import { bufferutil, loadWs, nodeBench, openings } from "./nodePeers.ts";
import { WS_IN_A_PAGE, wsPeer } from "./peers.ts";
import { pageWorkloads } from "./pageWorkloads.ts";
import { transportWorkloads } from "./transportWorkloads.ts";
import { workloads } from "./workloads.ts";

export interface Entry {
  readonly names: Names;
  measure(peerNames: readonly string[], duration: Duration): Promise<Row[]>;
}

/** The entries, and what ends what they have started. */
export function entries(): { entries: Entry[]; close: () => Promise<void> } {
  let opened: Promise<ChromiumPage> | undefined;
  const openPage = async (): Promise<Page> => (await (opened ??= openChromiumPage())).page;
  const faces = faceWorkloads(openPage);
  const transports = transportWorkloads();
  const here = (workload: Workload): Entry => ({
    names: workload,
    measure: (peerNames, duration) => measure(workload, peerNames, duration),
  });
  // The page has the same list; here only its names are looked at.
  const peers = [wsPeer(WS_IN_A_PAGE, loadWs(false), (buffer) => new Uint8Array(buffer))];
  const wrap = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);
  const inPage = pageWorkloads({ environment: "chromium", Writable, wrap, peers }).map((names, index): Entry => ({
    names,
    measure: async (...given) =>
      (await openPage()).evaluate((given) => globalThis.inPage.measure(...given), [index, ...given] as const),
  }));
  const close = async (): Promise<void> => {
    await faces.close();
    await transports.close();
    await (await opened)?.close();
  };
  const inNode = [
    ...workloads(nodeBench()),
    ...handshakeWorkloads("node", openings),
    ...machineLimits("node", { bufferutil }),
    ...deflateWorkloads(),
    ...faces.workloads,
    ...growthWorkloads("node"),
    ...transports.workloads,
  ];
  return { entries: [...inNode.map(here), ...inPage, ...memoryEntries(openPage)], close };
}
