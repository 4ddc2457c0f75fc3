/** Incoming channels, from a simulated connection. Real ones: test/browser/webrtc.test.ts. */
import { describe, expect, test, vi } from "vitest";
import { incomingChannels, type IncomingChannelsOptions } from "../../src/transports/webrtc.ts";
import { countedSignal } from "../support/counted.ts";
import { FakeConnection } from "../support/fakeCarriers.ts";
import { fakeTime } from "../support/fakeTime.ts";

function incoming(connection: FakeConnection, options?: IncomingChannelsOptions): ReturnType<typeof incomingChannels> {
  return incomingChannels(connection as unknown as RTCPeerConnection, options);
}

describe("the listeners of incomingChannels", () => {
  test("do not grow with the number of channels, and are gone after the end", async () => {
    fakeTime();
    const connection = new FakeConnection();
    const { signal, listeners } = countedSignal();
    const channels = incoming(connection, { signal });
    connection.announce();
    const counts = (): number[] => [connection.listeners, connection.sctp.listeners, listeners()];
    expect(counts()).toEqual([1, 1, 1]);
    for (let i = 0; i < 1000; i++) connection.announce();
    expect(counts()).toEqual([1, 1, 1]);
    await channels.return!();
    expect(counts()).toEqual([0, 0, 0]);
    connection.announce();
    expect(counts()).toEqual([0, 0, 0]);
    // Not `advanceTimersByTimeAsync`, which waits for the platform's timer after each of a thousand.
    for (let turn = 0; turn < 5; turn++) {
      vi.advanceTimersByTime(2000);
      await Promise.resolve();
    }
    expect(vi.getTimerCount()).toBe(0);
  });
  test("on a shared signal are one, and gone after the end", () => {
    fakeTime();
    const { signal, abort, listeners } = countedSignal();
    const connections = Array.from({ length: 20 }, () => new FakeConnection());
    const channels = connections.map((each) => incoming(each, { signal }));
    expect(listeners()).toBe(1);
    abort("enough");
    expect(listeners()).toBe(0);
    expect(connections.map((each) => each.listeners)).toEqual(Array(20).fill(0));
    expect(channels).toHaveLength(20);
    const late = new FakeConnection();
    void incoming(late, { signal });
    expect([late.listeners, listeners()]).toEqual([0, 0]);
  });
  test("are gone when the connection has closed", async () => {
    fakeTime();
    const connection = new FakeConnection();
    const channels = incoming(connection);
    connection.announce();
    await channels.next();
    const next = channels.next();
    connection.sctp.state = "closed";
    connection.sctp.dispatchEvent(new Event("statechange"));
    expect(await next).toEqual({ done: true, value: undefined });
    expect([connection.listeners, connection.sctp.listeners]).toEqual([0, 0]);
  });
});

describe("a failure", () => {
  test.each<IncomingChannelsOptions>([
    { windowBytes: 1 },
    { maxUnreadBytes: NaN },
    { maxMessageBytes: 0 },
    { maxWaiting: -1 },
  ])("of an invalid size is thrown: %o", (options) => {
    fakeTime();
    const connection = new FakeConnection();
    expect(() => incoming(connection, options)).toThrow(RangeError);
    expect(connection.listeners).toBe(0);
  });
  test("of the filter affects only that channel, and is reported once", async () => {
    fakeTime();
    const connection = new FakeConnection();
    const errors: unknown[] = [];
    let calls = 0;
    const channels = incoming(connection, {
      filter: () => {
        if (++calls === 1) throw new Error("a defect");
        return true;
      },
      onError: (error) => errors.push(error),
    });
    expect(connection.announce().closes).toBe(1);
    expect(connection.announce().closes).toBe(0);
    expect((await channels.next()).done).toBe(false);
    expect(errors).toEqual([new Error("a defect")]);
  });
  test("of onRefused, or of the channel's close(), affects nothing else", async () => {
    fakeTime();
    const connection = new FakeConnection();
    const errors: unknown[] = [];
    const channels = incoming(connection, {
      maxWaiting: 1,
      onRefused: () => {
        throw new Error("a defect");
      },
      onError: (error) => errors.push(error),
    });
    expect(connection.announce({ ordered: false as true, broken: ["close"] }).closes).toBe(1);
    expect(errors).toEqual([new Error("a defect")]);
    connection.announce();
    expect(connection.announce({ broken: ["send", "close"] }).closes).toBe(0);
    expect((await channels.next()).done).toBe(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
