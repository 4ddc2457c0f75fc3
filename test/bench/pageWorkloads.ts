/** Workloads for a page, and the code that starts them, in one list, so that an index identifies each. */
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
