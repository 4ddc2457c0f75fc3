/** What a peer must provide to the workloads, and what else the workloads need from their environment. */
import type { Writable } from "node:stream";
import type { Wire } from "./inputs.ts";
import type { Environment, Role, Side } from "./measure.ts";
import type { Batch, Socket } from "./sockets.ts";
import { wsReceiver, wsSender, type WsBuild } from "./wsSides.ts";

export interface Peer {
  readonly name: string;
  /** The one of the two roles that it can play, if it is one. */
  readonly role?: Role;
  /** Whether it is measured with everything, a quick run and messages of 16 MiB included. */
  readonly major: boolean;
  /** How much it is given at a time, in bytes. */
  readonly batchBytes: number;
  receiver(role: Role, wire: Wire): Promise<Side>;
  sender(batch: Batch, socket: Socket): Promise<Side>;
}

export interface Bench {
  readonly environment: Environment;
  readonly Writable: typeof Writable;
  /** What chunks from the network are here. */
  readonly wrap: (buffer: ArrayBuffer) => Uint8Array;
  readonly peers: readonly Peer[];
}

export const WS_IN_A_PAGE = "ws with polyfills";

/** A batch is large enough for the clock and small enough for the cache. */
export const BATCH_BYTES = 256 * 1024;

export function wsPeer(name: string, ws: WsBuild, wrap: (buffer: ArrayBuffer) => Uint8Array): Peer {
  return {
    name,
    major: true,
    batchBytes: BATCH_BYTES,
    receiver: (role, wire) => wsReceiver(ws, role, wire, wrap),
    sender: (batch, socket) => wsSender(ws, batch, socket),
  };
}
