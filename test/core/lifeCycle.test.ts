/** The table of a connection's life. */
import { expect, test } from "vitest";
import { Deadlines, resolveTiming } from "../../src/core/deadlines.ts";
import { LifeCycle } from "../../src/core/lifeCycle.ts";

test("a signal without a cell in the table is an error, and changes nothing", () => {
  const cycle = new LifeCycle("closed", new Deadlines(resolveTiming({})));
  expect(cycle.allows("sendMessage")).toBe(false);
  expect(() => cycle.follow("sendMessage")).toThrow("no sendMessage in closed");
  expect(cycle.state).toBe("closed");
});
