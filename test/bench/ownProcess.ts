/** Measures one of Node's workloads, for the process that this one was forked from. */
import "./plainWs.ts";
import { once } from "node:events";
import { measure, type Duration } from "./measure.ts";
import { nodeWorkloads } from "./nodeWorkloads.ts";

export type Task = readonly [index: number, peerNames: readonly string[], duration: Duration];

process.once("disconnect", () => process.exit());
const [[index, ...given]] = (await once(process, "message")) as [Task];
process.send!(await measure(nodeWorkloads()[index]!, ...given));
