/** What is measured in a page, and where it is driven from: one list, so that a place in it says which. */
import { growthWorkloads } from "./growthWorkloads.ts";
import { handshakeWorkloads } from "./handshakeWorkloads.ts";
import { machineLimits } from "./machineLimits.ts";
import type { Workload } from "./measure.ts";
import type { Bench } from "./peers.ts";
import { workloads } from "./workloads.ts";

export function pageWorkloads(bench: Bench): Workload[] {
  return [
    ...workloads(bench),
    ...handshakeWorkloads("chromium", {}),
    ...machineLimits("chromium"),
    ...growthWorkloads("chromium"),
  ];
}
