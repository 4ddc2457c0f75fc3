/** One client and one server with a network between them, and their visible state, as signals. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import { openCarrier, type Carrier, type CarrierWish } from "../network/carriers.ts";
import { network, type Network } from "../network/network.ts";
import type { NetworkSettings } from "../network/settings.ts";
import type { ByteTransport } from "../../src/transports/pipe.ts";
import type { Behaviour, ClientWishes, EndOptions } from "./end.ts";
import { startRaw, type RawClient, type RawServer } from "./raw.ts";
import { startSide, startSideIn, type RunningSide, type Side } from "./side.ts";
import { Timeline } from "./timeline.ts";

export interface Wishes extends ClientWishes {
  readonly carrier: CarrierWish;
  /** Handwritten bytes in place of one end. */
  readonly raw?: RawClient | RawServer | undefined;
}

/** What can be changed at any time. */
export interface Controls {
  readonly network: ReadonlySignal<NetworkSettings>;
  readonly behaviour: Readonly<Record<Role, ReadonlySignal<Behaviour>>>;
}

export interface Conversation {
  readonly wishes: Wishes;
  /** `undefined` if that end is not a connection of ours: see `absent`. */
  readonly client: ReadonlySignal<Side | undefined>;
  readonly server: ReadonlySignal<Side | undefined>;
  /** Why there is none, for each end. */
  readonly absent: Readonly<Record<Role, string>>;
  /** Why the carrier failed, if it did. */
  readonly problem: ReadonlySignal<string | undefined>;
  readonly network: Network;
  readonly timeline: Timeline;
  /** Changes with the timeline, at most once per animation frame. */
  readonly version: ReadonlySignal<number>;
  /** Ends everything under both ends, and stops following the controls. */
  readonly abandon: () => void;
}

/** Starts at once. Throws what the connection throws for invalid options. */
export function startConversation(wishes: Wishes, controls: Controls): Conversation {
  const version = signal(0);
  let frame: number | undefined;
  const timeline = new Timeline(() => {
    // A burst of a thousand frames causes one update of the page.
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      version.value++;
    });
  });
  const startedEpochMs = performance.timeOrigin + performance.now();
  const sinceMs = (epochMs: number): number => epochMs - startedEpochMs;
  const { near = "client" } = wishes.carrier;
  const line = network(() => controls.network.peek(), timeline, near);
  const { raw } = wishes;

  const client = signal<Side | undefined>();
  const server = signal<Side | undefined>();
  const problem = signal<string | undefined>();
  const running: RunningSide[] = [];
  let carrier: Carrier | undefined;
  let abandoned = false;

  if (near === "server") {
    server.value = start(line.nearEnd, { role: "server", behaviour: controls.behaviour.server.peek() });
  } else if (raw?.role === "client") {
    startRaw(line.nearEnd, raw);
  } else {
    const { resource, subprotocols, compression } = wishes;
    client.value = start(line.nearEnd, {
      role: "client",
      wishes: { resource, subprotocols, compression },
      ...serverOf(wishes.carrier),
      behaviour: controls.behaviour.client.peek(),
    });
  }
  function start(transport: ByteTransport, options: EndOptions): Side {
    const started = startSide(transport, options, controls.behaviour[options.role], sinceMs);
    running.push(started);
    return started.side;
  }

  const take = (opened: Carrier): void => {
    carrier = opened;
    if (abandoned) {
      opened.near.close?.();
      opened.dispose?.();
      return;
    }
    const { far, worker } = opened;
    if (worker !== undefined) {
      const started = startSideIn(worker, controls.behaviour.server, sinceMs);
      running.push(started);
      server.value = started.side;
    } else if (far !== undefined && raw?.role === "server") {
      startRaw(far, raw);
    } else if (far !== undefined) {
      server.value = start(far, { role: "server", behaviour: controls.behaviour.server.peek() });
    }
    line.carry(opened.near);
  };
  const fail = (error: unknown): void => {
    problem.value = error instanceof Error ? error.message : String(error);
    line.reset();
  };
  try {
    const opened = openCarrier(wishes.carrier);
    if (opened instanceof Promise) opened.then(take, fail);
    else take(opened);
  } catch (error) {
    fail(error);
  }

  const byHand = "Its bytes are written by hand, so there is no connection here.";
  const elsewhere =
    wishes.carrier.name === "page" ? "in the other page" : `elsewhere: ${wishes.carrier.url ?? "no URL yet"}`;
  return {
    wishes,
    client,
    server,
    absent: {
      client: near === "server" ? `The client is ${elsewhere}.` : byHand,
      server: raw?.role === "server" ? byHand : `The server is ${elsewhere}`,
    },
    problem,
    network: line,
    timeline,
    version,
    abandon() {
      abandoned = true;
      for (const { stop } of running) stop();
      line.cut();
      line.nearEnd.close?.();
      carrier?.near.close?.();
      carrier?.dispose?.();
    },
  };
}

/** What the client says of the server, and of itself. A server that is not ours may refuse pages that it does not know. */
function serverOf({ name, url, origin }: CarrierWish): { readonly host: string; readonly origin: string | undefined } {
  if (name === "relay") return { host: new URL(url!).host, origin };
  return { host: "server.example", origin: location.origin };
}
