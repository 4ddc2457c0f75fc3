/** Measures one of Node's workloads in a forked process. */
import "./plainWs.ts";
import { once } from "node:events";
import { beside, moduleOf, type Against } from "./against.ts";
import { measure, type Duration, type Workload } from "./measure.ts";
import type * as NodeWorkloads from "./nodeWorkloads.ts";
import { nodeWorkloads } from "./nodeWorkloads.ts";

export interface Task {
  readonly index: number;
  readonly peerNames: readonly string[];
  readonly duration: Duration;
  /** The version to measure in the place of the peers. */
  readonly against: Against | undefined;
}

process.once("disconnect", () => process.exit());
const [{ index, peerNames, duration, against }] = (await once(process, "message")) as [Task];
process.send!(await measure((await workloads(against))[index]!, peerNames, duration));

async function workloads(against: Against | undefined): Promise<Workload[]> {
  if (against === undefined) return nodeWorkloads();
  const theirs = await moduleOf<typeof NodeWorkloads>(against, "test/bench/nodeWorkloads.ts");
  return beside(against, nodeWorkloads(), theirs.nodeWorkloads());
}
