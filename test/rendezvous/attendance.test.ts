/** The shell of a meeting: what reaches the application. */
import { expect, test } from "vitest";
import { Attendance } from "../../src/rendezvous/attendance.ts";
import type { Machine } from "../../src/rendezvous/machine.ts";
import { VirtualClock } from "../simulation/virtualClock.ts";

test("problems are reported at most once a second, whatever a connected peer sends", () => {
  const clock = new VirtualClock();
  const problems: string[] = [];
  const machine: Machine = {
    deadlineMs: Infinity,
    handle: (_, nowMs) => [{ type: "report", problem: `nonsense at ${nowMs} ms` }],
  };
  const makePeerConnection = (): never => {
    throw new Error("no connection is needed");
  };
  const onReport = (problem: string): void => void problems.push(problem);
  const attendance = new Attendance(
    machine,
    undefined,
    { makePeerConnection, clock, onReport },
    { met: () => undefined },
  );
  for (let ms = 0; ms < 2500; ms++) {
    attendance.tell({ type: "heard", session: "", text: "nonsense" });
    clock.after(1, () => undefined);
    clock.step();
  }
  expect(problems).toEqual(["nonsense at 0 ms", "nonsense at 1000 ms", "nonsense at 2000 ms"]);
  attendance.stop();
});
