/** Waiting for an `AbortSignal`: one listener for all waiters, and none without them. */
import { expect, test } from "vitest";
import { onAbort } from "../../src/transports/onAbort.ts";

/** A signal whose listeners can be counted, and called. */
function counted(): { abort: (reason: unknown) => void; signal: AbortSignal; listeners: Set<() => void> } {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<() => void>();
  signal.addEventListener = (_type: string, listener: unknown) => void listeners.add(listener as () => void);
  signal.removeEventListener = (_type: string, listener: unknown) => void listeners.delete(listener as () => void);
  const abort = (reason: unknown): void => {
    controller.abort(reason);
    for (const listener of listeners) listener();
  };
  return { abort, signal, listeners };
}

test("calls all back once, in order, with the reason", () => {
  const { abort, signal, listeners } = counted();
  const calls: unknown[] = [];
  for (let i = 0; i < 20; i++) onAbort(signal, (reason) => calls.push([i, reason]));
  expect(listeners.size).toBe(1);
  abort("enough");
  abort("again");
  expect(calls).toEqual(Array.from({ length: 20 }, (_, i) => [i, "enough"]));
  expect(listeners.size).toBe(0);
});
test("does not call removed callbacks, even if the same function was added twice", () => {
  const { abort, signal } = counted();
  let calls = 0;
  const count = (): void => void calls++;
  const undo = onAbort(signal, count);
  onAbort(signal, count);
  undo();
  undo();
  abort("enough");
  undo();
  expect(calls).toBe(1);
});
test("removes the listener with the last callback, and adds it again later", () => {
  const { abort, signal, listeners } = counted();
  const undo = Array.from({ length: 12 }, () => onAbort(signal, () => expect.fail("it was taken back")));
  for (const each of undo) {
    expect(listeners.size).toBe(1);
    each();
  }
  expect(listeners.size).toBe(0);
  let called = false;
  onAbort(signal, () => (called = true));
  for (const each of undo) each();
  expect(listeners.size).toBe(1);
  abort("enough");
  expect(called).toBe(true);
});
test("calls back before it returns if the signal is already aborted, even during the abort", () => {
  const calls: unknown[] = [];
  onAbort(AbortSignal.abort("gone"), (reason) => calls.push(reason))();
  expect(calls).toEqual(["gone"]);
  const { abort, signal, listeners } = counted();
  onAbort(signal, () => void onAbort(signal, (reason) => calls.push(reason)));
  abort("enough");
  expect(calls).toEqual(["gone", "enough"]);
  expect(listeners.size).toBe(0);
});
test("one callback may remove another that has not been called", () => {
  const { abort, signal } = counted();
  const calls: string[] = [];
  onAbort(signal, () => {
    calls.push("first");
    undo();
  });
  const undo = onAbort(signal, () => calls.push("second"));
  onAbort(signal, () => calls.push("third"));
  abort("enough");
  expect(calls).toEqual(["first", "third"]);
});
test("one that throws does not prevent the others", () => {
  const { abort, signal, listeners } = counted();
  const calls: string[] = [];
  for (const name of ["first", "second"]) {
    onAbort(signal, () => {
      throw new Error(name);
    });
    onAbort(signal, () => calls.push(`after ${name}`));
  }
  expect(() => abort("enough")).toThrow();
  expect(calls).toEqual(["after first", "after second"]);
  expect(listeners.size).toBe(0);
});
test("a real signal has one real listener", () => {
  const controller = new AbortController();
  const calls: unknown[] = [];
  const undo = onAbort(controller.signal, (reason) => calls.push(reason));
  onAbort(controller.signal, (reason) => calls.push(reason));
  undo();
  controller.abort("enough");
  expect(calls).toEqual(["enough"]);
});
test("without a signal there is nothing to wait for", () => {
  onAbort(undefined, () => expect.fail("nothing was aborted"))();
});
