/** The network between two ends: both directions, and the faults that affect both. */
import { pipe, type ByteTransport } from "../../src/transports/pipe.ts";
import type { Role } from "../../src/inspect/index.ts";
import { Lane, type Bytes, type WireObserver } from "./lane.ts";
import type { Mishap, NetworkSettings } from "./settings.ts";

export interface Network {
  /** What the near end reads and writes. */
  readonly nearEnd: ByteTransport;
  /** Starts to carry bytes to the far end. */
  carry(carrier: ByteTransport): void;
  inject(from: Role, bytes: Bytes): void;
  arm(from: Role, mishap: Mishap): void;
  /** Delivers the chunk that has been in transit for longest. `false` if there is none. */
  step(): boolean;
  wake(): void;
  /** How many bytes of each sender are in transit. */
  queuedBytes(from: Role): number;
  /** Both directions end, as if a hop lost its cable and closed both sides. */
  cut(): void;
  /** Both directions fail. */
  reset(): void;
}

/** In bytes: small, so that stopping a reader soon has an effect. */
const NEAR_BUFFER_BYTES = 16 * 1024;

/** `nearRole`: which end is near. */
export function network(settings: () => NetworkSettings, observer: WireObserver, nearRole: Role): Network {
  const [nearEnd, near] = pipe({ highWaterMark: NEAR_BUFFER_BYTES });
  let lanes: Readonly<Record<Role, Lane>> | undefined;
  let chunks = 0;
  let gone: (() => void) | undefined;
  const nextId = (): number => chunks++;
  const all = (what: (lane: Lane) => void): void => Object.values(lanes ?? {}).forEach(what);
  const cut = (): void => {
    gone ??= () => all((lane) => lane.end());
    gone();
    near.close?.();
  };
  return {
    nearEnd,
    carry(carrier) {
      const shared = { settings, observer, nextId, cutOff: cut };
      const [client, server] = nearRole === "client" ? [near, carrier] : [carrier, near];
      lanes = {
        client: new Lane({ ...shared, from: "client", source: client.readable, sink: server.writable }),
        server: new Lane({ ...shared, from: "server", source: server.readable, sink: client.writable }),
      };
      gone?.();
    },
    inject: (from, bytes) => lanes?.[from].inject(bytes),
    arm: (from, mishap) => lanes?.[from].arm(mishap),
    step() {
      const { client, server } = lanes ?? {};
      const [clientMs, serverMs] = [client?.oldestMs ?? Infinity, server?.oldestMs ?? Infinity];
      if (clientMs === Infinity && serverMs === Infinity) return false;
      (clientMs <= serverMs ? client : server)!.step();
      return true;
    },
    wake: () => all((lane) => lane.wake()),
    queuedBytes: (from) => lanes?.[from].queuedBytes ?? 0,
    cut,
    reset() {
      const error = new Error("connection reset");
      gone ??= () => all((lane) => lane.end(error));
      gone();
      if (lanes === undefined) near.close?.();
    },
  };
}
