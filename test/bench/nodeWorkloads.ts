/** Workloads for a Node process, in one list, so that an index identifies each. */
import { deflateWorkloads } from "./deflateWorkloads.ts";
import { growthWorkloads } from "./growthWorkloads.ts";
import { handshakeWorkloads } from "./handshakeWorkloads.ts";
import { machineLimits } from "./machineLimits.ts";
import type { Workload } from "./measure.ts";
import { bufferutil, nodeBench, openings } from "./nodePeers.ts";
import { workloads } from "./workloads.ts";

export function nodeWorkloads(): Workload[] {
  return [
    ...workloads(nodeBench()),
    ...handshakeWorkloads("node", openings),
    ...machineLimits("node", { bufferutil }),
    ...deflateWorkloads(),
    ...growthWorkloads("node"),
  ];
}
