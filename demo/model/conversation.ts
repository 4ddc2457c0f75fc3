/** One client and one server with a network between them, and their visible state, as signals. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { Role } from "../../src/inspect/index.ts";
import { openCarrier, type Carrier, type CarrierWish } from "../network/carriers.ts";
import { network, type Network } from "../network/network.ts";
import type { NetworkSettings } from "../network/settings.ts";
import type { Behaviour, ClientWishes } from "./end.ts";
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
  const line = network(() => controls.network.peek(), timeline);
  const { raw } = wishes;

  const client = signal<Side | undefined>();
  const server = signal<Side | undefined>();
  const problem = signal<string | undefined>();
  const running: RunningSide[] = [];
  let carrier: Carrier | undefined;
  let abandoned = false;

  if (raw?.role === "client") {
    startRaw(line.clientEnd, raw);
  } else {
    const { resource, subprotocols, compression } = wishes;
    const behaviour = controls.behaviour.client;
    const options = {
      role: "client",
      wishes: { resource, subprotocols, compression },
      origin: location.origin,
      behaviour: behaviour.peek(),
    } as const;
    const started = startSide(line.clientEnd, options, behaviour, sinceMs);
    running.push(started);
    client.value = started.side;
  }

  const take = (opened: Carrier): void => {
    carrier = opened;
    if (abandoned) {
      opened.near.close?.();
      opened.dispose?.();
      return;
    }
    const behaviour = controls.behaviour.server;
    const { far, worker } = opened;
    if (worker !== undefined) {
      const started = startSideIn(worker, behaviour, sinceMs);
      running.push(started);
      server.value = started.side;
    } else if (far !== undefined && raw?.role === "server") {
      startRaw(far, raw);
    } else if (far !== undefined) {
      const started = startSide(far, { role: "server", behaviour: behaviour.peek() }, behaviour, sinceMs);
      running.push(started);
      server.value = started.side;
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
  return {
    wishes,
    client,
    server,
    absent: {
      client: byHand,
      server: raw?.role === "server" ? byHand : `The server is elsewhere: ${wishes.carrier.url ?? "no URL yet"}`,
    },
    problem,
    network: line,
    timeline,
    version,
    abandon() {
      abandoned = true;
      for (const { stop } of running) stop();
      line.cut();
      line.clientEnd.close?.();
      carrier?.near.close?.();
      carrier?.dispose?.();
    },
  };
}
