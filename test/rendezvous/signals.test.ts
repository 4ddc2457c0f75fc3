/** Signals over ports, sockets and sessions: they carry texts, end with their carrier, and keep only so much. */
import { describe, expect, test } from "vitest";
import {
  meet,
  meetings,
  portSignals,
  sessionSignals,
  webSocketSignals,
  type Signals,
} from "../../src/rendezvous/index.ts";
import { FakePort, FakeWebSocket } from "../support/fakeCarriers.ts";

const makePeerConnection = (): never => {
  throw new Error("there is nobody to connect to");
};

const kinds: [string, () => { signals: Signals; carrier: FakePort | FakeWebSocket }][] = [
  [
    "portSignals",
    () => {
      const carrier = new FakePort();
      return { carrier, signals: portSignals(carrier) };
    },
  ],
  [
    "webSocketSignals",
    () => {
      const carrier = new FakeWebSocket("");
      carrier.open();
      return { carrier, signals: webSocketSignals(carrier as never) };
    },
  ],
];

describe.each(kinds)("%s", (_, make) => {
  test("carry texts both ways, and nothing else", async () => {
    const { signals, carrier } = make();
    const writer = signals.writable.getWriter();
    await writer.write("out");
    expect(carrier.sent).toEqual(["out"]);
    for (const data of [new ArrayBuffer(1), 5, "in"]) carrier.bring(data);
    expect(await signals.readable.getReader().read()).toEqual({ done: false, value: "in" });
  });
  test("end with their carrier, and leave no listener", async () => {
    const { signals, carrier } = make();
    carrier.lose();
    expect((await signals.readable.getReader().read()).done).toBe(true);
    expect(carrier.listeners).toBe(0);
  });
  test.each(["readable", "writable"] as const)("close their carrier once when %s is ended", async (direction) => {
    const { signals, carrier } = make();
    if (direction === "readable") await signals.readable.cancel();
    else await signals.writable.close();
    if (direction === "readable") await signals.writable.close();
    else await signals.readable.cancel();
    expect([carrier.closes, carrier.listeners]).toEqual([1, 0]);
  });
  test("keep at most 256 texts that nobody reads", async () => {
    const { signals, carrier } = make();
    for (let i = 0; i < 10_000; i++) carrier.bring(`text ${i}`);
    carrier.lose();
    let count = 0;
    for await (const text of signals.readable) expect(text).toBe(`text ${count++}`);
    expect(count).toBe(256);
  });
});

test("webSocketSignals over a socket that has closed have ended", async () => {
  const carrier = new FakeWebSocket("");
  carrier.open();
  carrier.lose();
  expect(carrier.readyState).toBe(3);
  const signals = webSocketSignals(carrier as never);
  expect((await signals.readable.getReader().read()).done).toBe(true);
  expect(carrier.listeners).toBe(0);
  await expect(meet(webSocketSignals(carrier as never), { makePeerConnection })).rejects.toMatchObject({
    name: "RendezvousError",
    code: "signalsEnded",
  });
});

describe("a signal that is aborted before", () => {
  const reason = new Error("too late");

  test("meet() rejects with its reason, and ends the signals", async () => {
    const carrier = new FakePort();
    const meeting = meet(portSignals(carrier), { signal: AbortSignal.abort(reason), makePeerConnection });
    await expect(meeting).rejects.toBe(reason);
    expect([carrier.closes, carrier.listeners, carrier.sent]).toEqual([1, 0, []]);
  });
  test("meetings() yields nothing, and ends the signals", async () => {
    const carrier = new FakePort();
    const others = meetings(portSignals(carrier), { signal: AbortSignal.abort(reason), makePeerConnection });
    expect((await others.next()).done).toBe(true);
    expect([carrier.closes, carrier.listeners, carrier.sent]).toEqual([1, 0, []]);
  });
});

test("webSocketSignals drop what is written before the socket is open", async () => {
  const carrier = new FakeWebSocket("");
  const writer = webSocketSignals(carrier as never).writable.getWriter();
  await writer.write("early");
  carrier.open();
  await writer.write("late");
  expect(carrier.sent).toEqual(["late"]);
});

test("sessionSignals skip messages that are not texts", async () => {
  const readable = new ReadableStream<string | Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(new Uint8Array(1));
      controller.enqueue("text");
      controller.close();
    },
  });
  const signals = sessionSignals({ readable, writable: new WritableStream() });
  const texts: string[] = [];
  for await (const text of signals.readable) texts.push(text);
  expect(texts).toEqual(["text"]);
});
