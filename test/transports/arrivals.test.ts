/** A queue of arriving items: taking them, and dropping those that are never taken. */
import { expect, test } from "vitest";
import { Arrivals } from "../../src/transports/arrivals.ts";

const done = { done: true, value: undefined };

function arrivals(
  maxWaiting = 2,
  drop: (item: string) => unknown = () => undefined,
): { items: Arrivals<string>; stops: () => number; dropped: string[] } {
  let stops = 0;
  const dropped: string[] = [];
  const items = new Arrivals<string>(
    maxWaiting,
    () => stops++,
    (item) => {
      dropped.push(item);
      return drop(item);
    },
  );
  return { items, stops: () => stops, dropped };
}

test("every pending next() is done when return() is called, or when the items end", async () => {
  for (const end of ["return", "end"] as const) {
    const { items, stops } = arrivals();
    const waiting = [items.next(), items.next()];
    void items[end]();
    void items[end]();
    expect(await Promise.all(waiting)).toEqual([done, done]);
    expect(await items.next()).toEqual(done);
    expect(stops()).toBe(1);
  }
});
test("waiting items can be taken after the end; return() drops them, and late items and those over the limit are dropped", async () => {
  const { items, dropped } = arrivals();
  for (const item of ["a", "b", "c"]) items.add(item);
  expect(dropped).toEqual(["c"]);
  items.end();
  items.add("d");
  expect(await items.next()).toEqual({ done: false, value: "a" });
  await items.return();
  expect(dropped).toEqual(["c", "d", "b"]);
  expect(await items.next()).toEqual(done);
});
test.each<[string, (item: string) => unknown]>([
  [
    "throws",
    () => {
      throw new Error("it can't be closed");
    },
  ],
  ["rejects", () => Promise.reject(new Error("it can't be closed"))],
])("a drop that %s keeps nobody from anything", async (_, drop) => {
  const { items, dropped } = arrivals(2, drop);
  for (const item of ["a", "b", "c"]) items.add(item);
  const waiting = items.return();
  expect(await waiting).toEqual(done);
  expect(dropped).toEqual(["c", "a", "b"]);
  await new Promise((resolve) => setTimeout(resolve, 0)); // an unhandled rejection would fail the run
});
