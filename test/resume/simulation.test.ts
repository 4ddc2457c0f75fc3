/** Simulated sessions: some seeds of the campaign, and faults planted into the library that it must find. */
import { describe, expect, test } from "vitest";
import { ReplayBuffer } from "../../src/resume/replayBuffer.ts";
import { SessionMachine } from "../../src/resume/sessionMachine.ts";
import { Choices } from "../simulation/choices.ts";
import { resumeCampaign, shrinkResume } from "./resumeCampaign.ts";
import { runResumeWorld, type Finding, type MachineHandle, type ResumePlant } from "./resumeWorld.ts";

const TIMEOUT_MS = 300_000;

/** Replaces a property of a class while a world runs. */
function replacing(owner: object, name: string, descriptor: PropertyDescriptor): ResumePlant {
  return () => {
    const before = Object.getOwnPropertyDescriptor(owner, name)!;
    Object.defineProperty(owner, name, { configurable: true, ...descriptor });
    return () => Object.defineProperty(owner, name, before);
  };
}

const ofMachine = Object.getOwnPropertyDescriptors(SessionMachine.prototype);
const ofBuffer = Object.getOwnPropertyDescriptors(ReplayBuffer.prototype);
const handle = ofMachine.handle.value as MachineHandle;
const getDeadline = ofMachine.nextDeadlineMs.get!;
const copy = ofBuffer.copy.value as (this: ReplayBuffer, ...given: Parameters<ReplayBuffer["copy"]>) => void;
const release = ofBuffer.release.value as (this: ReplayBuffer, position: number) => void;

/** Each changes the library in one place. */
const plants: Record<string, { readonly plant: ResumePlant; readonly law: Finding["law"] }> = {
  "the replay begins one byte too early": {
    plant: replacing(ReplayBuffer.prototype, "copy", {
      value(this: ReplayBuffer, position: number, ...rest: [number, Uint8Array, number]) {
        copy.call(this, Math.max(this.start, position - 1), ...rest);
      },
    }),
    law: "once and in order",
  },
  "bytes are forgotten before they are acknowledged": {
    plant: replacing(ReplayBuffer.prototype, "release", {
      value(this: ReplayBuffer, position: number) {
        release.call(this, Math.min(this.end, position + 5000));
      },
    }),
    law: "once and in order",
  },
  "what an old carrier brings counts for the new one": {
    plant: () => {
      const newest = new WeakMap<SessionMachine, number>();
      return replacing(SessionMachine.prototype, "handle", {
        value(this: SessionMachine, ...[happening, nowMs]: Parameters<MachineHandle>) {
          if (happening.type === "opened" || happening.type === "greeted") newest.set(this, happening.carrier);
          const carrier = newest.get(this);
          return happening.type === "chunk" && carrier !== undefined
            ? handle.call(this, { ...happening, carrier }, nowMs)
            : handle.call(this, happening, nowMs);
        },
      })(undefined as never);
    },
    law: "fails with a type",
  },
  "a machine keeps four times as much as it may": {
    plant: (world) => {
      world.stretch = 4;
      return undefined;
    },
    law: "keeps its memory within the bound",
  },
  "a silent carrier is never probed": {
    plant: replacing(SessionMachine.prototype, "nextDeadlineMs", {
      get(this: SessionMachine) {
        return this.state === "connected" ? Infinity : getDeadline.call(this);
      },
    }),
    law: "ends in time",
  },
  "what the reader takes is not acknowledged": {
    plant: replacing(SessionMachine.prototype, "handle", {
      value(this: SessionMachine, ...[happening, nowMs]: Parameters<MachineHandle>) {
        return happening.type === "taken" ? [] : handle.call(this, happening, nowMs);
      },
    }),
    law: "goes on",
  },
};

test(
  "sessions over carriers that break keep the laws",
  async () => {
    const { found, bytes } = await resumeCampaign(1, 60);
    expect(found).toEqual({});
    expect(bytes).toBeGreaterThan(1_000_000);
  },
  TIMEOUT_MS,
);

test("a run is the same for the same seed, and for the script that it recorded", async () => {
  const choices = new Choices(4);
  const { trace } = await runResumeWorld(choices);
  expect(trace.length).toBeGreaterThan(5);
  expect((await runResumeWorld(new Choices(4))).trace).toEqual(trace);
  expect((await runResumeWorld(new Choices(0, choices.recorded))).trace).toEqual(trace);
});

describe("a planted fault is found:", () => {
  test.each(Object.entries(plants))(
    "%s",
    async (_, { plant, law }) => {
      const laws = new Set<string>();
      for (let seed = 1; seed <= 200 && !laws.has(law); seed++) {
        for (const finding of (await runResumeWorld(new Choices(seed), plant)).findings) laws.add(finding.law);
      }
      expect([...laws]).toContain(law);
    },
    TIMEOUT_MS,
  );
});

test(
  "a failing seed shrinks to a short script",
  async () => {
    const { plant } = plants["a machine keeps four times as much as it may"]!;
    const { found } = await resumeCampaign(1, 20, plant);
    const [what, { script }] = Object.entries(found).find(([name]) => name.startsWith("keeps its memory"))!;
    const shorter = await shrinkResume(script, what, plant);
    expect(Object.values(shorter).flat().length).toBeLessThan(Object.values(script).flat().length / 4);
  },
  TIMEOUT_MS,
);
