/** The options of one side of a connection, and what of them fails on purpose. */
import type { Extension, SharedOptions } from "../../src/index.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import type { Clock } from "../../src/stream/clock.ts";
import type { Draws } from "./choices.ts";
import { deterministicRandom, drawCodecStep, faultyExtension, jumpyClock, PlannedError } from "./misbehaviour.ts";
import type { World } from "./world.ts";

/** What both ends of every connection of a world agree on. */
export interface Agreement {
  readonly masking: boolean;
  readonly deflate: boolean;
  readonly handshake: "http1" | "none";
  readonly protocols: readonly string[];
  /** User code fails in some ends. */
  readonly defects: boolean;
}

export interface SideOptions extends SharedOptions {
  readonly clock: Clock;
  readonly closeTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly keepalive: { readonly intervalMs: number; readonly timeoutMs: number } | undefined;
  readonly onConnection?: () => void;
}

export interface Side {
  readonly options: SideOptions;
  /** Something of the application's will fail, or may. */
  readonly tampered: boolean;
}

export function drawSide(world: World, draws: Draws, agreement: Agreement, name: string): Side {
  const closeTimeoutMs = draws.pick([250, 1000, 100]);
  const handshakeTimeoutMs = draws.pick([1000, 300]);
  const keepalive = draws.pick([
    undefined,
    undefined,
    undefined,
    { intervalMs: 150, timeoutMs: 100 },
    { intervalMs: 400, timeoutMs: 100 },
  ]);
  const defect = agreement.defects ? draws.below(6) : 0;
  const step = defect === 1 ? drawCodecStep(draws) : "none";
  const codecFailsAt = defect === 1 ? draws.below(4) : 0;
  const randomFailsAt = defect === 2 ? draws.below(6) : undefined;
  const forEver = defect === 2 && draws.oneIn(2);
  const extensions: Extension[] = [];
  if (agreement.deflate) extensions.push(permessageDeflate());
  if (agreement.defects) {
    extensions.push(faultyExtension(step, codecFailsAt, (mark, error) => world.threw(mark, error, name)));
  }
  const clock =
    defect === 3
      ? jumpyClock(world.clock, 2 + draws.below(12), 1 + draws.below(50), () => world.mark("clock went back"))
      : world.clock;
  const failsConnection = defect === 4 && draws.oneIn(2);
  return {
    tampered: defect !== 0,
    options: {
      clock,
      closeTimeoutMs,
      handshakeTimeoutMs,
      keepalive,
      extensions,
      masking: agreement.masking,
      handshake: agreement.handshake,
      random: deterministicRandom({ at: randomFailsAt, forEver }, (mark, error) => world.threw(mark, error, name)),
      ...(failsConnection && {
        onConnection: () => {
          world.mark("onConnection threw");
          throw Object.assign(new PlannedError("onConnection"), { mayBeReported: true });
        },
      }),
    },
  };
}
