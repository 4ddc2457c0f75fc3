/** RFC 6455 §10.4: what a peer may make a connection hold, each at the limit and one beyond, in both roles. */
import { describe, expect, test } from "vitest";
import {
  defaultLimits,
  RemoteProtocolError,
  WSConnection,
  type ConnectionType,
  type Limits,
  type ProtocolErrorCode,
  type WSEvent,
} from "../../src/index.ts";
import { ascii, everyByte, expectClosed, feed, head, hex, join, open, pull, readClose } from "../support/wire.ts";

const fragments = (count: number, payload: string): Uint8Array =>
  join(hex("02", payload), ...Array.from({ length: count - 1 }, () => hex("00", payload)));

/** How a limit is reached: `n` of it, to a connection in the given role. */
interface Case {
  readonly limit: keyof Limits;
  readonly what: string;
  readonly code: ProtocolErrorCode;
  /** The numbers that the limit is set to. */
  readonly at: readonly number[];
  /** What comes, without masks if it is frames. */
  readonly reach: Partial<Record<ConnectionType, (n: number) => Uint8Array>>;
  /** With what the peer is answered beyond it: a close code if the connection was open, else a status. */
  readonly answer: number;
}

const both = (reach: (n: number) => Uint8Array): Case["reach"] => ({ client: reach, server: reach });

const NONCE = "the sample nonce";
const REQUEST = [
  "GET / HTTP/1.1",
  "Host: a",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];
const ANSWER = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

/** A head of so many bytes, and one of so many lines. */
const ofBytes = (lines: readonly string[], n: number): Uint8Array =>
  head(...lines, `X: ${"x".repeat(n - head(...lines, "X: ").length)}`);
const ofLines = (lines: readonly string[], n: number): Uint8Array =>
  head(...lines, ...Array.from({ length: n - lines.length }, (_, i) => `X: ${i}`));

const cases: readonly Case[] = [
  {
    limit: "maxFrameBytes",
    what: "the payload of a frame",
    code: "frameTooLarge",
    at: [1, 2, 40, 100, 125],
    reach: both((n) => (n < 126 ? join(Uint8Array.of(0x82, n), new Uint8Array(n)) : hex(`82 7e 00 7e 00*126`))),
    answer: 1009,
  },
  {
    limit: "maxMessageBytes",
    what: "a message of one frame",
    code: "messageTooLarge",
    at: [1, 2, 40, 100],
    reach: both((n) => join(Uint8Array.of(0x82, n), new Uint8Array(n))),
    answer: 1009,
  },
  {
    limit: "maxMessageBytes",
    what: "a message of frames of a byte",
    code: "messageTooLarge",
    at: [1, 2, 40, 100],
    reach: both((n) => fragments(n, "01 00")),
    answer: 1009,
  },
  {
    limit: "maxFragments",
    what: "empty ones",
    code: "tooManyFragments",
    at: [1, 2, 40, 100],
    reach: both((n) => fragments(n, "00")),
    answer: 1009,
  },
  {
    limit: "maxFragments",
    what: "ones of a byte",
    code: "tooManyFragments",
    at: [1, 2, 40, 100],
    reach: both((n) => fragments(n, "01 00")),
    answer: 1009,
  },
  {
    limit: "maxQueuedReplies",
    what: "empty pings",
    code: "tooManyQueuedReplies",
    at: [1, 2, 40, 100],
    reach: both((n) => join(...Array.from({ length: n }, () => hex("89 00")))),
    answer: 1009,
  },
  {
    limit: "maxHeadBytes",
    what: "a head with one long line",
    code: "headTooLarge",
    at: [200, 1000],
    reach: { client: (n) => ofBytes(ANSWER, n), server: (n) => ofBytes(REQUEST, n) },
    answer: 431,
  },
  {
    limit: "maxHeadLines",
    what: "a head with many short lines",
    code: "headTooManyLines",
    at: [8, 100],
    reach: { client: (n) => ofLines(ANSWER, n), server: (n) => ofLines(REQUEST, n) },
    answer: 431,
  },
  {
    limit: "maxEarlyBytes",
    what: "what comes behind the request",
    code: "tooMuchEarlyData",
    at: [1, 100, 1000],
    // A client's own request comes first: what it gets before the answer is no early data, but the answer.
    reach: { server: (n) => join(head(...REQUEST), new Uint8Array(n)) },
    answer: 400,
  },
];

const isOpening = ({ answer }: Case): boolean => answer < 1000;

/** A connection at the place where the limit counts. What it has sent by then is gone. */
function start(role: ConnectionType, each: Case, limit: number): WSConnection {
  const limits = { [each.limit]: limit };
  if (!isOpening(each)) return open(role, { masking: false, limits });
  const random = (bytes: Uint8Array): void => bytes.set(ascii(NONCE).subarray(0, bytes.length));
  const connection = new WSConnection(role, { host: "a", resource: "/", limits, random });
  connection.bytesToSend();
  return connection;
}

const hasClosed = (events: readonly WSEvent[]): boolean => events.some(({ type }) => type === "connectionClosed");

describe("each limit holds at its number, and not beyond, however the bytes come", () => {
  for (const each of cases) {
    for (const [role, reach] of Object.entries(each.reach) as [ConnectionType, (n: number) => Uint8Array][]) {
      test.each(each.at)(`${role}: ${each.limit} of %i, ${each.what} (${each.code})`, (limit) => {
        for (const cut of [() => [], everyByte]) {
          for (const at of [limit - 1, limit]) {
            const events = at === 0 ? [] : feed(start(role, each, limit), reach(at), cut(reach(at)));
            expect(hasClosed(events), `at ${at}`).toBe(false);
          }
          const connection = start(role, each, limit);
          const beyond = reach(limit + 1);
          const { error } = expectClosed(feed(connection, beyond, cut(beyond)));
          expect(error).toBeInstanceOf(RemoteProtocolError);
          expect(error).toMatchObject({ code: each.code, [isOpening(each) ? "status" : "closeCode"]: each.answer });
          const sent = connection.bytesToSend();
          if (!isOpening(each)) expect(readClose(sent).code).toBe(each.answer);
          else if (role === "client") expect(sent).toHaveLength(0);
          else expect(new TextDecoder().decode(sent)).toMatch(new RegExp(`^HTTP/1.1 ${each.answer} `));
          const unlimited = feed(start(role, each, Infinity), beyond, cut(beyond));
          expect(hasClosed(unlimited), "switched off").toBe(false);
        }
      });
    }
  }
  test("there is a case for each limit there is, in each role that it is for", () => {
    expect([...new Set(cases.map(({ limit }) => limit))].sort()).toEqual(Object.keys(defaultLimits).sort());
    const oneSided = cases.filter(({ reach }) => Object.keys(reach).length < 2).map(({ limit }) => limit);
    expect(oneSided).toEqual(["maxEarlyBytes"]);
  });
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
  expect(expectClosed(feed(pinged, flood("89 00", 100_000))).error).toMatchObject({
    code: "tooManyQueuedReplies",
    message: expect.stringContaining("more than 1024 pings while nothing could be sent") as string,
    section: "RFC 6455 §10.4",
  });
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
