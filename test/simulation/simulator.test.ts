/** The simulator itself: it is repeatable, finds a planted fault, and shrinks its script. */
import { describe, expect, test } from "vitest";
import { shrinkFailure } from "./campaign.ts";
import { Choices, type Script } from "./choices.ts";
import { shrink } from "./shrink.ts";
import { signature, simulate } from "./simulate.ts";
import { VirtualClock } from "./virtualClock.ts";
import { WireScanner } from "./wireScanner.ts";
import { runWorld, type Plant } from "./world.ts";
import { hex } from "../support/wire.ts";
import { TIMEOUT_MS } from "./expectLaws.ts";

/** Sessions whose `close` does nothing. */
const swallowClose: Plant = (world) => {
  world.alterSession = (session) =>
    Object.defineProperty(session, "close", { value: () => new Promise(() => undefined) });
};

describe("a run", () => {
  test("is the same for the same seed", async () => {
    const [first, second] = [await runWorld(new Choices(7)), await runWorld(new Choices(7))];
    expect(first.trace.length).toBeGreaterThan(5);
    expect(second.trace).toEqual(first.trace);
    expect(second.script).toEqual(first.script);
  });

  test("is the same for the recorded script", async () => {
    const first = await runWorld(new Choices(7));
    expect((await runWorld(new Choices(0, first.script))).trace).toEqual(first.trace);
  });

  test("differs between seeds", async () => {
    const traces = await Promise.all([11, 12, 13].map(async (seed) => (await simulate(seed)).trace.join("\n")));
    expect(new Set(traces).size).toBe(3);
  });
});

test("a planted fault is found: a session that swallows close()", async () => {
  const what = "ends in time: session client: not over one closeTimeoutMs after close()";
  const found = new Set<string>();
  for (let seed = 1; seed <= 100 && !found.has(what); seed++) {
    for (const finding of (await simulate(seed, undefined, swallowClose)).findings) found.add(signature(finding));
  }
  expect([...found]).toContain(what);
});

describe("shrink", () => {
  test("keeps the values that matter, and removes the others", async () => {
    const script: Script = { a: [1, 9, 4, 7], b: [3, 3, 3], c: [5] };
    const fails = (candidate: Script): Promise<boolean> =>
      Promise.resolve((candidate.a ?? []).includes(4) && (candidate.b?.[1] ?? 0) >= 2);
    expect(await shrink(script, fails)).toEqual({ a: [4], b: [0, 3] });
  });

  // A tool of `npm run simulate`, which runs in Node; in a page each of its thousands of runs takes ten times as long.
  test.skipIf("document" in globalThis)(
    "makes a planted fault's script shorter",
    async () => {
      const what = "ends in time: session client: not over one closeTimeoutMs after close()";
      for (let seed = 1; seed < 200; seed++) {
        const { findings, script } = await simulate(seed, undefined, swallowClose);
        if (!findings.some((finding) => signature(finding) === what)) continue;
        const shorter = await shrinkFailure({ seed, signature: what, script }, swallowClose);
        expect(Object.values(shorter).flat().length).toBeLessThan(Object.values(script).flat().length / 4);
        return;
      }
      expect.unreachable("no seed fails");
    },
    TIMEOUT_MS,
  );
});

describe("the virtual clock", () => {
  test("runs what is due in order of time, then of setting", () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    for (const [name, ms] of [
      ["late", 7],
      ["first", 3],
      ["second", 3],
    ] as const) {
      clock.setTimeout(() => ran.push(`${name} at ${clock.now()}`), ms);
    }
    while (clock.nextMs !== undefined) clock.step();
    expect(ran).toEqual(["first at 3", "second at 3", "late at 7"]);
    expect(clock.liveTimers).toBe(0);
  });

  test("counts the timers that have neither fired nor been cleared", () => {
    const clock = new VirtualClock();
    const timer = clock.setTimeout(() => undefined, 1);
    clock.setTimeout(() => undefined, 2);
    clock.clearTimeout(timer);
    clock.clearTimeout(timer);
    expect(clock.liveTimers).toBe(1);
  });
});

describe("the wire scanner", () => {
  test("finds the end of the Close frame, however the bytes are cut", () => {
    const head = Array.from("HTTP/1.1 101 Fine\r\n\r\n", (character) => character.charCodeAt(0));
    const bytes = Uint8Array.from([...head, ...hex("81 03 88 00 88"), ...hex("88 02 03 e8"), ...hex("81 00")]);
    for (const step of [1, 2, 5, bytes.length]) {
      const scanner = new WireScanner(true);
      for (let at = 0; at < bytes.length; at += step) scanner.push(bytes.subarray(at, at + step));
      expect(scanner.status).toBe(101);
      expect(scanner.closeEnd).toBe(bytes.length - 2);
    }
  });
});
