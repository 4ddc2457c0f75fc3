/**
 * The bench in a page: the same workloads as in Node, beside `ws` on the polyfills that bundlers use for Node's
 * modules.
 */
// First, because the others need what it defines.
import { toBuffer } from "./pageGlobals.ts";
import { Writable } from "node:stream";
import * as ws from "ws";
import { play } from "./faceSides.ts";
import { measure, type Duration, type Role, type Row } from "./measure.ts";
import { hold, maker, wsAtRest, type Subject } from "./memorySubjects.ts";
import { WS_IN_A_PAGE, wsPeer, type Bench } from "./peers.ts";
import { pageWorkloads } from "./pageWorkloads.ts";
import type { WsBuild } from "./wsSides.ts";

const build = ws as unknown as WsBuild;
const bench: Bench = {
  environment: "chromium",
  Writable,
  wrap: (buffer) => new Uint8Array(buffer),
  peers: [wsPeer(WS_IN_A_PAGE, build, toBuffer)],
};
const list = pageWorkloads(bench);

/** The functions of the page for the program that drives it. */
const inPage = {
  measure: (index: number, peerNames: readonly string[], duration: Duration): Promise<Row[]> =>
    measure(list[index]!, peerNames, duration),
  play,
  /** Creates this many connections, and keeps them until `letGo`. */
  async hold(subject: Subject | "ws", role: Role, count: number): Promise<void> {
    held.push(await hold(subject === "ws" ? wsAtRest(build, Writable, role) : maker(subject, role), count));
  },
  letGo: (): void => void (held.length = 0),
};

const held: unknown[] = [];

export type InPage = typeof inPage;

Object.assign(globalThis, { inPage });
