/** A timeout points at the line that waited. */
import { expect, test } from "vitest";
import { callerError } from "../../src/testing/callerError.ts";

function waitFor(): { fail: () => Error } {
  const failed = callerError();
  return { fail: () => failed("nothing came\nin time") };
}

test("the stack starts with the caller of the public function", async () => {
  const { fail } = waitFor();
  const here = new Error().stack!.split("\n")[1]!;
  const line = Number(/:(\d+):\d+\)?$/.exec(here)![1]) - 1;
  await new Promise((resolve) => setTimeout(resolve));
  const error = fail();
  expect(error.message).toBe("nothing came\nin time");
  const [head, second, first] = error.stack!.split("\n");
  expect([head, second]).toEqual(["Error: nothing came", "in time"]);
  expect(first).toContain("callerError.test.ts");
  expect(Number(/:(\d+):\d+\)?$/.exec(first!)![1])).toBe(line);
  expect(error.stack).not.toContain("waitFor");
});
