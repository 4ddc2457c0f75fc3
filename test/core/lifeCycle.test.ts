/** The table of a connection's life. */
import { expect, test } from "vitest";
import { LifeCycle } from "../../src/core/lifeCycle.ts";

test("a signal that the table has no cell for is an error, and changes nothing", () => {
  const cycle = new LifeCycle("closed");
  expect(cycle.allows("sendMessage")).toBe(false);
  expect(() => cycle.follow("sendMessage")).toThrow("no sendMessage in closed");
  expect(cycle.state).toBe("closed");
});
