/** Everything that can be measured, in order, each with what it needs. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { beside, comparesVersions, moduleOf, type Against } from "./against.ts";
import { openChromiumPage, type ChromiumPage } from "./chromiumPage.ts";
import type * as FaceWorkloads from "./faceWorkloads.ts";
import { faceWorkloads } from "./faceWorkloads.ts";
import { measure, type Duration, type Names, type Row, type Workload } from "./measure.ts";
import { memoryEntries } from "./memory.ts";
import { loadWs } from "./nodePeers.ts";
import { nodeWorkloads } from "./nodeWorkloads.ts";
import type { Task } from "./ownProcess.ts";
import { WS_IN_A_PAGE, wsPeer } from "./peers.ts";
import { pageWorkloads } from "./pageWorkloads.ts";
import { reachWorkloads } from "./reachWorkloads.ts";
import { resumeWorkloads } from "./resumeWorkloads.ts";
import { transportWorkloads } from "./transportWorkloads.ts";

export interface Entry {
  readonly names: Names;
  measure(peerNames: readonly string[], duration: Duration): Promise<Row[]>;
}

/**
 * The entries, and a function that ends all that they started. With `apart`, each is measured in a separate process or
 * page, so the order does not matter: what an engine learns from one workload makes code slower in another, ours by up
 * to a half, and peers' by a tenth.
 */
export function entries(apart: boolean): { entries: Entry[]; close: () => Promise<void> } {
  let opened: Promise<ChromiumPage> | undefined;
  const openPage = (): Promise<ChromiumPage> => (opened ??= openChromiumPage());
  const faces = faceWorkloads(async () => (await openPage()).page);
  const transports = transportWorkloads();
  const reach = reachWorkloads();
  const here = (workload: Workload): Entry => ({
    names: workload,
    measure: (...given) => measure(workload, ...given),
  });
  const inNode = nodeWorkloads().map((workload, index): Entry =>
    apart ? { names: workload, measure: separately(index) } : here(workload),
  );
  // The page has the same list; here only its names are looked at.
  const peers = [wsPeer(WS_IN_A_PAGE, loadWs(false), (buffer) => new Uint8Array(buffer))];
  const wrap = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);
  const inPage = pageWorkloads({ environment: "chromium", Writable, wrap, peers }).map((names, index): Entry => ({
    names,
    async measure(...given) {
      const { page, renew } = await openPage();
      if (apart) await renew();
      return await page.evaluate((given) => globalThis.inPage.measure(...given), [index, ...given] as const);
    },
  }));
  const close = async (): Promise<void> => {
    await faces.close();
    await transports.close();
    reach.close();
    await (await opened)?.close();
  };
  const others = [...faces.workloads, ...transports.workloads, ...resumeWorkloads(), ...reach.workloads].map(here);
  const inMemory = memoryEntries(async () => (await openPage()).page);
  return { entries: [...inNode, ...others, ...inPage, ...inMemory], close };
}

/** The entries that compare this version with another one, and what ends what they have started. */
export async function entriesAgainst(against: Against): Promise<{ entries: Entry[]; close: () => Promise<void> }> {
  const inNode = beside(against, nodeWorkloads(), nodeWorkloads()).map((names, index): Entry => ({
    names,
    measure: separately(index, against),
  }));
  const other = await moduleOf<typeof FaceWorkloads>(against, "test/bench/faceWorkloads.ts");
  const faces = [faceWorkloads(withoutPage), other.faceWorkloads(withoutPage)] as const;
  const overFaces = beside(against, faces[0].workloads, faces[1].workloads).map((workload): Entry => ({
    names: workload,
    measure: (...given) => measure(workload, ...given),
  }));
  return {
    entries: [...inNode, ...overFaces].filter(({ names }) => comparesVersions(names)),
    close: async () => void (await Promise.all(faces.map(({ close }) => close()))),
  };
}

const withoutPage = (): Promise<never> => Promise.reject(new Error("versions are compared in Node alone"));

function separately(index: number, against?: Against): Entry["measure"] {
  return (peerNames, duration) => inOwnProcess({ index, peerNames, duration, against });
}

async function inOwnProcess(task: Task): Promise<Row[]> {
  const child = fork(fileURLToPath(new URL("./ownProcess.ts", import.meta.url)), { serialization: "advanced" });
  child.send(task);
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the process of a workload ended with ${String(code)}`);
  });
  try {
    return ((await Promise.race([once(child, "message"), ended])) as [Row[]])[0];
  } finally {
    ended.catch(() => undefined);
    if (child.connected) child.disconnect();
  }
}
