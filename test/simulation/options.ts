/** The options of one side of a connection, and which of them fail on purpose. */
import type { Connection, Extension, Limits, SharedOptions } from "../../src/index.ts";
import { LocalProtocolError } from "../../src/index.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import type { OriginPolicy } from "../../src/stream/index.ts";
import type { Clock } from "../../src/stream/clock.ts";
import type { Draws } from "./choices.ts";
import {
  brokenClock,
  deterministicRandom,
  drawCodecStep,
  faultyExtension,
  jumpyClock,
  PlannedError,
  resetClock,
} from "./misbehaviour.ts";
import type { World } from "./world.ts";

/** The extra time for a deadline that was missed because the process stood still or its clock was wrong. */
export const REPRIEVE_MS = 101;

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
  readonly messageTimeoutMs?: number;
  readonly limits?: Partial<Limits>;
  readonly autoPong?: boolean;
  readonly onConnection?: (connection: Connection) => void;
  readonly origins?: OriginPolicy;
}

export interface Side {
  readonly options: SideOptions;
  /** How late timers may be because a clock goes back or a process stands still. */
  readonly lateMs: number;
  /** Whether something that the application supplies fails or may fail. */
  readonly tampered: boolean;
  /** Whether a limit, or a hook that acts on the connection, may end it. */
  readonly strict: boolean;
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
  const clocks = defect === 3 ? draws.pick(["jumpy", "jumpy", "reset", "broken"] as const) : "sound";
  const clockAt = defect === 3 ? 2 + draws.below(12) : 0;
  const backMs = clocks === "jumpy" ? 1 + draws.below(50) : 0;
  const clock =
    clocks === "jumpy"
      ? jumpyClock(world.clock, clockAt, backMs, () => world.mark("clock went back"))
      : clocks === "reset"
        ? resetClock(world.clock, clockAt, draws.pick([5000, 1e12]), () => world.mark("clock was set back for good"))
        : clocks === "broken"
          ? brokenClock(world.clock, { at: clockAt, forEver: draws.oneIn(2), throws: draws.oneIn(2) }, (mark, error) =>
              world.threw(mark, error, name),
            )
          : world.clock;
  const policy = name === "server" && draws.oneIn(12) ? originPolicy(world, draws) : undefined;
  const failsConnection = defect === 4 && draws.oneIn(2);
  const limits = draws.oneIn(10) ? draws.pick(LIMITS) : undefined;
  const messageTimeoutMs = draws.oneIn(3) ? draws.pick([80, 300]) : undefined;
  const leavesPongs = draws.oneIn(16);
  if (leavesPongs) world.mark("pongs left to the application");
  const acts = !failsConnection && draws.oneIn(16);
  return {
    strict: limits !== undefined || acts,
    // A clock that goes back, or a harmless defect, excuses no failure.
    tampered: (defect !== 0 && defect !== 3 && defect !== 5) || clocks === "broken",
    // When a clock is set back, the time since it was last read is lost.
    lateMs:
      backMs +
      (defect === 3 ? 2 + REPRIEVE_MS : 0) +
      (clocks === "reset" ? Math.max(closeTimeoutMs, handshakeTimeoutMs) : 0) +
      world.lateMs,
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
          throw name === "server" ? world.handlerError("onConnection") : new PlannedError("onConnection");
        },
      }),
      ...(limits !== undefined && { limits }),
      ...(messageTimeoutMs !== undefined && { messageTimeoutMs }),
      ...(leavesPongs && { autoPong: false }),
      ...(acts && { onConnection: actLater(world, draws, name) }),
      ...(policy !== undefined && { origins: policy }),
    },
  };
}

const LIMITS: readonly Partial<Limits>[] = [
  { maxMessageBytes: 1000 },
  { maxFrameBytes: 500 },
  { maxFragments: 2 },
  { maxQueuedReplies: 1 },
  { maxEarlyBytes: 10 },
  { maxHeadBytes: 100 },
  { maxMessageBytes: 60_000 },
];

/** A hook that uses the connection directly, unknown to the face that runs it. */
function actLater(world: World, draws: Draws, name: string): (connection: Connection) => void {
  const way = draws.pick(["ping", "pong", "close", "closeAtOnce", "pingAtOnce"] as const);
  const ms = draws.pick([0, 1, 20, 100, 400]);
  return (connection) => {
    const act = (): void => {
      world.mark("onConnection acted later");
      try {
        if (way === "ping" || way === "pingAtOnce") connection.ping();
        else if (way === "pong") connection.pong();
        else {
          connection.close(3001);
          world.closedByHook(name);
        }
      } catch (error) {
        // The connection is not open yet, or no longer open.
        if (!(error instanceof LocalProtocolError || error instanceof PlannedError)) throw error;
      }
    };
    if (way === "closeAtOnce" || way === "pingAtOnce") act();
    else world.after(ms, act);
  };
}

/** Which pages may connect: an application's function that decides late, never, or fails. */
function originPolicy(world: World, draws: Draws): OriginPolicy {
  const way = draws.pick(["late", "throws", "rejects", "never", "no", "noLate"] as const);
  const ms = draws.pick([0, 5, 60, 400]);
  return () => {
    // With several connections, the policy can't know which one asks.
    const connection = world.connections.length === 1 ? world.connections[0] : undefined;
    /** Notes whether the connection waits for its answer. */
    const ask = (asked: boolean): void => {
      if (connection !== undefined) connection.asked = asked;
    };
    const refuse = (status: number): void => {
      ask(false);
      if (connection !== undefined)
        connection.refusal ??= { atMs: world.nowMs, why: `the origin policy: ${way}`, status };
    };
    const fail = (): PlannedError => {
      refuse(500);
      return world.originError();
    };
    ask(way === "late" || way === "never" || way === "noLate");
    switch (way) {
      case "late":
        return world.sleep(ms).then(() => {
          ask(false);
          return true;
        });
      case "noLate":
        return world.sleep(ms).then(() => {
          refuse(403);
          return false;
        });
      case "no":
        refuse(403);
        return false;
      case "throws":
        throw fail();
      case "rejects":
        return world.sleep(ms).then(() => Promise.reject(fail()));
      case "never":
        return new Promise<never>(() => undefined);
    }
  };
}
