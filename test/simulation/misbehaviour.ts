/** User code that fails on purpose: what it throws, and in which call. */
import type { Extension, ExtensionCodec, ExtensionParameters } from "../../src/index.ts";
import type { Clock } from "../../src/stream/clock.ts";
import type { Draws } from "./choices.ts";
import type { Mark } from "./marks.ts";

/**
 * Where an error of user code has to go: anywhere at all; to the caller or nowhere in particular; into a warning; to
 * `onError`; or where the platform sends what a listener of an `EventTarget` throws.
 */
export type Destination = "anyone" | "caller" | "callerOrWarning" | "warning" | "onError" | "platform";

/** Thrown on purpose. The class distinguishes it from a defect of the library. */
export class PlannedError extends Error {
  /** Where it was thrown. */
  readonly where: string;
  readonly destination: Destination;
  /** How often each way has told it. */
  warnings = 0;
  exceptions = 0;
  /** How often `onError` was called with it. */
  tellings = 0;
  /** How often a promise was rejected with it. */
  rejections = 0;

  constructor(where: string, destination: Destination = "caller") {
    super(`planned: ${where}`);
    this.where = where;
    this.destination = destination;
  }

  /** How the report was wrong; `undefined` if it was right. */
  get misreport(): string | undefined {
    const { destination, warnings, exceptions, tellings } = this;
    if (destination === "anyone") return undefined;
    if (destination === "callerOrWarning") {
      return warnings + this.rejections === 1 ? undefined : "was not told to the caller, and in no warning";
    }
    const told = { warning: warnings, platform: exceptions, onError: tellings };
    for (const [way, times] of Object.entries(told)) {
      const wanted = way === destination ? 1 : 0;
      if (times < wanted) return `was not told by ${way}`;
      if (times > wanted) return wanted === 0 ? `was reported by ${way}` : `was reported more than once by ${way}`;
    }
    return undefined;
  }
}

/** The planned error behind an error, which may be its cause. */
export function plannedBehind(error: unknown): PlannedError | undefined {
  for (let at: unknown = error, depth = 0; depth < 6; depth++) {
    if (at instanceof PlannedError) return at;
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as { cause?: unknown }).cause;
  }
  return undefined;
}

export type Tell = (mark: Mark, error: PlannedError) => void;

/** Calls until one fails; never if `undefined`. */
export type FailsAt = number | undefined;

/** Fills bytes from a counter. Throws at one call, or at that one and all after it. */
export function deterministicRandom(
  fails: { readonly at: FailsAt; readonly forEver: boolean },
  tell: Tell,
): (bytes: Uint8Array<ArrayBuffer>) => void {
  let calls = 0;
  let state = 1;
  return (bytes) => {
    const at = calls++;
    if (fails.at !== undefined && (at === fails.at || (fails.forEver && at > fails.at))) {
      const error = new PlannedError("random");
      tell("random threw", error);
      throw error;
    }
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      bytes[i] = state >>> 16;
    }
  };
}

/** A clock that is some milliseconds behind at some of its calls. */
export function jumpyClock(clock: Clock, at: number, backMs: number, tell: () => void): Clock {
  let calls = 0;
  return {
    now: () => {
      if (++calls % at !== 0) return clock.now();
      tell();
      return clock.now() - backMs;
    },
    // Platforms' timers take at least 1 ms. Without that a caller that re-arms at once never sees time advance.
    setTimeout: (callback, ms) => clock.setTimeout(callback, Math.max(ms, 1)),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}

/** A clock that goes back at one of its calls, by more than a correction, and goes on from there. */
export function resetClock(clock: Clock, at: number, backMs: number, tell: () => void): Clock {
  let calls = 0;
  return {
    now: () => {
      if (++calls === at) tell();
      return clock.now() - (calls < at ? 0 : backMs);
    },
    setTimeout: (callback, ms) => clock.setTimeout(callback, Math.max(ms, 1)),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}

/** A clock that fails to tell the time at one of its calls, and from then on if it fails for ever. */
export function brokenClock(
  clock: Clock,
  { at, forEver, throws }: { readonly at: number; readonly forEver: boolean; readonly throws: boolean },
  tell: Tell,
): Clock {
  let calls = 0;
  return {
    now: () => {
      calls++;
      if (calls !== at && !(forEver && calls > at)) return clock.now();
      const error = new PlannedError("the clock", "anyone");
      tell("clock failed", error);
      if (throws) throw error;
      return NaN;
    },
    setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
}

export type CodecStep = "none" | "encode" | "decode" | "receiveFrame" | "release";

/** An extension that changes nothing, and throws in one of its steps. */
export function faultyExtension(step: CodecStep, failsAt: number, tell: Tell): Extension {
  const codec = (): ExtensionCodec => {
    let calls = 0;
    const fail = (at: CodecStep): void => {
      if (at !== step || calls++ !== failsAt) return;
      const error = new PlannedError(`codec.${at}`);
      tell("codec threw", error);
      throw error;
    };
    return {
      reservedBits: 0,
      receiveFrame: () => fail("receiveFrame"),
      decode: (payload) => {
        fail("decode");
        return [payload];
      },
      encode: (frame) => {
        fail("encode");
        return frame;
      },
      release: () => fail("release"),
    };
  };
  const none: ExtensionParameters = [];
  return {
    name: "x-faulty",
    offer: () => [none],
    accept: () => ({ parameters: none, codec: codec() }),
    confirm: () => codec(),
  };
}

export function drawCodecStep(draws: Draws): CodecStep {
  return draws.pick(["none", "encode", "decode", "receiveFrame", "release"]);
}
