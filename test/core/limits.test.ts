/** RFC 6455 §10.4: what a peer may make a connection hold, each at the limit and one beyond, in both roles. */
import { describe, expect, test } from "vitest";
import {
  defaultLimits,
  WSConnection,
  type ConnectionOptions,
  type Limits,
  type ProtocolErrorCode,
} from "../../src/index.ts";
import { expectClosed, feed, hex, join, open, pull, readClose } from "../support/wire.ts";

const fragments = (count: number, payload: string): Uint8Array =>
  join(hex("02", payload), ...Array.from({ length: count - 1 }, () => hex("00", payload)));

/** What a client receives to reach `n` of each limit. */
const cases: [keyof Limits, ProtocolErrorCode, (n: number) => Uint8Array][] = [
  ["maxFrameBytes", "frameTooLarge", (n) => join(Uint8Array.of(0x82, n), new Uint8Array(n))],
  ["maxMessageBytes", "messageTooLarge", (n) => join(Uint8Array.of(0x82, n), new Uint8Array(n))],
  ["maxMessageBytes", "messageTooLarge", (n) => fragments(n, "01 00")],
  ["maxFragments", "tooManyFragments", (n) => fragments(n, "00")],
  ["maxFragments", "tooManyFragments", (n) => fragments(n, "01 00")],
  ["maxQueuedReplies", "tooManyQueuedReplies", (n) => join(...Array.from({ length: n }, () => hex("89 00")))],
];

describe("each limit holds at its number, and not beyond", () => {
  for (const role of ["client", "server"] as const) {
    for (const [name, code, reach] of cases) {
      test.each([1, 2, 40, 100])(`${role}: ${name} of %i (${code})`, (limit) => {
        const make = (options: ConnectionOptions): WSConnection => open(role, { masking: false, ...options });
        for (const at of [limit - 1, limit]) {
          const connection = make({ limits: { [name]: limit } });
          const events = at === 0 ? [] : feed(connection, reach(at));
          expect(
            events.filter(({ type }) => type === "connectionClosed"),
            `at ${at}`,
          ).toEqual([]);
        }
        const connection = make({ limits: { [name]: limit } });
        expect(expectClosed(feed(connection, reach(limit + 1))).error).toMatchObject({ code, closeCode: 1009 });
        expect(readClose(connection.bytesToSend()).code).toBe(1009);
        const unlimited = make({ limits: { [name]: Infinity } });
        expect(feed(unlimited, reach(limit + 1)).some(({ type }) => type === "connectionClosed")).toBe(false);
      });
    }
  }
});

test("a frame that is too long is refused by its header, before its payload comes", () => {
  for (const name of ["maxFrameBytes", "maxMessageBytes"] as const) {
    const client = open("client", { limits: { [name]: 100 } });
    expect(expectClosed(feed(client, hex("82 65"))).error).toMatchObject({
      closeCode: 1009,
      section: "RFC 6455 §10.4",
    });
  }
});

test("the defaults: 200,000 empty fragments, 65 MiB and 100,000 unanswered pings are refused", () => {
  const flood = (frame: string, count: number): Uint8Array => hex(`${frame.replaceAll(" ", "")}*${count}`);
  expect(expectClosed(feed(open("client"), join(hex("02 00"), flood("00 00", 200_000)))).error).toMatchObject({
    code: "tooManyFragments",
  });
  expect(expectClosed(feed(open("client"), hex("82 7f 00 00 00 00 04 10 00 00"))).error).toMatchObject({
    code: "frameTooLarge",
  });
  const pinged = open("client");
  expect(expectClosed(feed(pinged, flood("89 00", 100_000))).error).toMatchObject({ code: "tooManyQueuedReplies" });
  expect(pinged.bufferedAmount).toBeLessThan(defaultLimits.maxQueuedReplies * 131);
});

test("pongs that have been sent make room for more", () => {
  const client = open("client", { limits: { maxQueuedReplies: 2 } });
  for (let i = 0; i < 10; i++) {
    expect(feed(client, hex("89 00 89 00"))).toHaveLength(2);
    if (i % 2 === 0) client.bytesToSend();
    else client.chunksToSend();
  }
  expect(client.state).toBe("open");
});

test("a message in many small pieces keeps nothing of them", () => {
  const client = open("client");
  feed(client, hex("82 7f 00 00 00 00 01 00 00 00"));
  for (let i = 0; i < 1000; i++) {
    client.receiveBytes(new Uint8Array(1000));
    expect(pull(client)).toHaveLength(1);
  }
  expect(client.bufferedAmount).toBe(0);
});

test.each([-1, 0.5, NaN, "7", null])("a limit of %s is a RangeError", (value) => {
  for (const name of Object.keys(defaultLimits)) {
    expect(() => new WSConnection("server", { limits: { [name]: value as never } })).toThrow(RangeError);
  }
});
