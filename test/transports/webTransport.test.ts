/** Streams of WebTransport sessions that fail, hang, or never end. Real sessions: test/browser/webTransport.test.ts. */
import { describe, expect, test, vi } from "vitest";
import { dial, incoming } from "../../src/transports/webTransport.ts";
import { countedSignal } from "../support/counted.ts";
import { FakeSession, fakeStream } from "../support/fakeSession.ts";
import { fakeTime } from "../support/fakeTime.ts";
import { countTimers } from "../support/timers.ts";
import { waysToEnd } from "./contract.ts";

const lost = { name: "TransportError", code: "lost" };

describe("a stream that has ended", () => {
  const cases = [true, false].flatMap((takes) => waysToEnd().map(([first, endFirst]) => ({ takes, first, endFirst })));
  test.each(cases)(
    "by $first and another end at the same moment leaves nothing, whether writes are taken: $takes",
    async ({ takes, first, endFirst }) => {
      fakeTime();
      const timers = countTimers();
      for (const [second, endSecond] of waysToEnd()) {
        const session = new FakeSession();
        const { stream, ends } = fakeStream({ takes, ended: false });
        session.createBidirectionalStream = () => Promise.resolve(stream);
        const transport = await dial(session);
        const reader = transport.readable.getReader();
        const writer = transport.writable.getWriter();
        const waiting: Promise<unknown>[] = [reader.read(), writer.write(new Uint8Array(3)), writer.closed];
        for (const end of [endFirst, endSecond]) waiting.push(Promise.resolve(end(transport, reader, writer)));
        transport.close!();
        transport.close!();
        for (const promise of waiting) promise.catch(() => undefined);
        let settled = false;
        void Promise.all([transport.closed, Promise.allSettled(waiting)]).then(() => (settled = true));
        await vi.advanceTimersByTimeAsync(10_000);
        const what = `${first} and ${second}`;
        expect({ what, settled, timers: timers() }).toEqual({ what, settled: true, timers: 0 });
        expect(ends.filter((end) => end === "stop")).toHaveLength(1);
        expect(ends.filter((end) => end !== "stop")).toHaveLength(1);
      }
    },
  );
  test("by close() sends what was written, unless that takes two seconds", async () => {
    fakeTime();
    for (const takes of [true, false]) {
      const session = new FakeSession();
      const { stream, ends } = fakeStream({ takes, ended: false });
      session.createBidirectionalStream = () => Promise.resolve(stream);
      const transport = await dial(session);
      const writing = transport.writable.getWriter().write(new Uint8Array(3));
      writing.catch(() => undefined);
      if (takes) await writing;
      transport.close!();
      await vi.advanceTimersByTimeAsync(1000);
      expect(ends).toEqual(takes ? ["stop", "end"] : ["stop"]);
      await vi.advanceTimersByTimeAsync(1500);
      expect(ends).toEqual(takes ? ["stop", "end"] : ["stop", "reset"]);
      await transport.closed;
    }
  });
});

describe("empty chunks that never end", () => {
  test("let timers run, and are not passed on", async () => {
    const session = new FakeSession();
    const empty = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(0)) });
    session.createBidirectionalStream = () => Promise.resolve({ ...fakeStream().stream, readable: empty });
    const reader = (await dial(session)).readable.getReader();
    let read = false;
    void reader.read().then(() => (read = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(read).toBe(false);
    await reader.cancel();
    expect(read).toBe(true);
  });
  test("are dropped: the chunks between them are read", async () => {
    const session = new FakeSession();
    const { stream, reading } = fakeStream({ ended: false });
    session.createBidirectionalStream = () => Promise.resolve(stream);
    const reader = (await dial(session)).readable.getReader();
    for (let i = 0; i < 1000; i++) reading.enqueue(new Uint8Array(i === 500 ? 3 : 0));
    reading.close();
    expect((await reader.read()).value).toEqual(new Uint8Array(3));
    expect((await reader.read()).done).toBe(true);
  });
});

describe("dial", () => {
  test("of a session that throws is rejected as lost", async () => {
    const session = new FakeSession();
    session.createBidirectionalStream = () => {
      throw new Error("it is broken");
    };
    await expect(dial(session)).rejects.toMatchObject(lost);
  });
  test("of a session that opens the same stream twice is rejected, and rejects nothing else", async () => {
    const session = new FakeSession();
    const { stream } = fakeStream();
    session.createBidirectionalStream = () => Promise.resolve(stream);
    await dial(session);
    await expect(dial(session)).rejects.toMatchObject(lost);
  });
  test("that waits is rejected when the session ends or is lost", async () => {
    for (const end of ["end", "breakOff"] as const) {
      const session = new FakeSession();
      session.createBidirectionalStream = () => new Promise(() => undefined);
      const dialled = [dial(session), dial(session)];
      await new Promise((resolve) => setTimeout(resolve, 5));
      session[end](new Error("gone"));
      for (const each of dialled) await expect(each).rejects.toMatchObject(lost);
      await expect(dial(session)).rejects.toMatchObject(lost);
    }
  });
  test("that a signal cancels closes the stream that arrives later", async () => {
    const session = new FakeSession();
    const { stream, ends } = fakeStream({ ended: false });
    let open!: (opened: typeof stream) => void;
    session.createBidirectionalStream = () => new Promise((resolve) => (open = resolve));
    const giveUp = new AbortController();
    const dialled = dial(session, { signal: giveUp.signal });
    await new Promise((resolve) => setTimeout(resolve, 5));
    giveUp.abort("enough");
    await expect(dialled).rejects.toBe("enough");
    open(stream);
    await expect.poll(() => ends).toEqual(["stop", "end"]);
  });
  test("has one listener on a shared signal, and none when the streams have arrived", async () => {
    const { signal, listeners } = countedSignal();
    const session = new FakeSession(false);
    const dialled = Array.from({ length: 20 }, () => dial(session, { signal }));
    expect(listeners()).toBe(1);
    session.setReady();
    await Promise.all(dialled);
    expect(listeners()).toBe(0);
  });
});

describe("incoming", () => {
  test.each([
    ["before the session is ready", false],
    ["before a stream has come", true],
  ])("every pending next() %s ends when the loop is left", async (_, isReady) => {
    const session = new FakeSession(isReady);
    const streams = incoming(session);
    const waiting = [streams.next(), streams.next()];
    await new Promise((resolve) => setTimeout(resolve, 5));
    await streams.return!();
    await streams.return!();
    expect(await Promise.all(waiting)).toEqual(Array(2).fill({ done: true, value: undefined }));
    expect(await streams.next()).toEqual({ done: true, value: undefined });
    session.setReady();
    const again = incoming(session);
    session.bring(fakeStream().stream);
    expect((await again.next()).done).toBe(false);
  });
  test("a session that does not open fails every next(), and leaves its streams to another", async () => {
    const session = new FakeSession(false);
    const streams = incoming(session);
    const waiting = [streams.next(), streams.next()];
    session.failReady(new Error("refused"));
    for (const each of waiting) await expect(each).rejects.toMatchObject({ code: "neverOpened" });
    expect(session.incomingBidirectionalStreams.locked).toBe(false);
  });
});
