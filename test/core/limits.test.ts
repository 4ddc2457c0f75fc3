/**
 * RFC 6455 §10.4: how much a peer can make a connection hold, each limit at its value and one beyond, in both roles.
 */
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
import {
  ascii,
  everyByte,
  expectClosed,
  feed,
  head,
  hex,
  join,
  open,
  pull,
  readClose,
  toHex,
} from "../support/wire.ts";

const fragments = (count: number, payload: string): Uint8Array =>
  join(hex("02", payload), ...Array.from({ length: count - 1 }, () => hex("00", payload)));

/** How a limit is reached: `n` of it, to a connection in the given role. */
interface Case {
  readonly limit: keyof Limits;
  readonly what: string;
  readonly code: ProtocolErrorCode;
  /** The numbers that the limit is set to. */
  readonly at: readonly number[];
  /** The input, without masks if it is frames. */
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

/** A head with this many bytes, and one with this many lines. */
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
    what: "bytes after the request",
    code: "tooMuchEarlyData",
    at: [1, 100, 1000],
    // A client's own request comes first: what it gets before the answer is no early data, but the answer.
    reach: { server: (n) => join(head(...REQUEST), new Uint8Array(n)) },
    answer: 400,
  },
];

const isOpening = ({ answer }: Case): boolean => answer < 1000;

/** A connection in the state in which the limit counts. Its earlier output has been taken. */
function start(role: ConnectionType, each: Case, limit: number): WSConnection {
  const limits = { [each.limit]: limit };
  if (!isOpening(each)) return open(role, { masking: false, limits });
  const random = (bytes: Uint8Array): void => bytes.set(ascii(NONCE).subarray(0, bytes.length));
  const connection = new WSConnection(role, { ...(role === "client" && { host: "a", resource: "/" }), limits, random });
  connection.bytesToSend();
  return connection;
}

const hasClosed = (events: readonly WSEvent[]): boolean => events.some(({ type }) => type === "connectionClosed");

describe("each limit allows its value and no more, however the bytes arrive", () => {
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
  test("every limit has a case, in each role that it applies to", () => {
    // Too many pings are no fault: see below.
    const limits = [...new Set(cases.map(({ limit }) => limit)), "maxQueuedReplies"];
    expect(limits.sort()).toEqual(Object.keys(defaultLimits).sort());
    const oneSided = cases.filter(({ reach }) => Object.keys(reach).length < 2).map(({ limit }) => limit);
    expect(oneSided).toEqual(["maxEarlyBytes"]);
  });
});

test("a frame that is too long is refused by its header, before its payload arrives", () => {
  for (const name of ["maxFrameBytes", "maxMessageBytes"] as const) {
    const client = open("client", { limits: { [name]: 100 } });
    expect(expectClosed(feed(client, hex("82 65"))).error).toMatchObject({
      closeCode: 1009,
      section: "RFC 6455 §10.4",
    });
  }
});

test("the defaults: 200,000 empty fragments and 65 MiB are refused", () => {
  const flood = (frame: string, count: number): Uint8Array => hex(`${frame.replaceAll(" ", "")}*${count}`);
  expect(expectClosed(feed(open("client"), join(hex("02 00"), flood("00 00", 200_000)))).error).toMatchObject({
    code: "tooManyFragments",
  });
  expect(expectClosed(feed(open("client"), hex("82 7f 00 00 00 00 04 10 00 00"))).error).toMatchObject({
    code: "frameTooLarge",
  });
});

describe("§5.5.3 of the pings beyond maxQueuedReplies only the latest is answered", () => {
  /** Pings with these numbers for a payload, without masks. */
  const pings = (from: number, to: number): Uint8Array =>
    join(...Array.from({ length: to - from + 1 }, (_, i) => Uint8Array.of(0x89, 2, (from + i) >> 8, from + i)));

  /** The numbers of the pongs that these bytes are, without masks. */
  function numbersIn(bytes: Uint8Array): number[] {
    const numbers: number[] = [];
    for (let at = 0; at < bytes.length; at += 4) {
      expect([bytes[at], bytes[at + 1]]).toEqual([0x8a, 2]);
      numbers.push((bytes[at + 2]! << 8) | bytes[at + 3]!);
    }
    return numbers;
  }

  const pinged = (amount: number, maxQueuedReplies?: number): WSConnection => {
    const limits = maxQueuedReplies === undefined ? {} : { maxQueuedReplies };
    const connection = open("server", { masking: false, limits });
    expect(feed(connection, pings(1, amount))).toHaveLength(amount);
    expect(connection.state).toBe("open");
    return connection;
  };
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

  test("1,100 in one chunk: 1,024 and the last are answered", () => {
    const connection = pinged(1100);
    expect(connection.bufferedAmount).toBe(4 * 1025);
    expect(numbersIn(connection.bytesToSend())).toEqual([...upTo(1024), 1100]);
    expect(connection.bufferedAmount).toBe(0);
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test.each([1, 2, 40])("a limit of %i: as many are answered, plus the latest", (limit) => {
    for (const amount of [limit - 1, limit]) {
      expect(numbersIn(pinged(amount, limit).bytesToSend())).toEqual(upTo(amount));
    }
    for (const amount of [limit + 1, limit + 2, 3 * limit]) {
      expect(numbersIn(pinged(amount, limit).bytesToSend())).toEqual([...upTo(limit), amount]);
      expect(numbersIn(join(...pinged(amount, limit).chunksToSend()))).toEqual([...upTo(limit), amount]);
    }
  });

  test("0: the latest, when bytes are taken, and none before", () => {
    const connection = pinged(3, 0);
    expect(connection.bufferedAmount).toBe(4);
    expect(numbersIn(connection.bytesToSend())).toEqual([3]);
    feed(connection, pings(4, 5));
    expect(numbersIn(join(...connection.chunksToSend()))).toEqual([5]);
    expect(connection.bytesToSend()).toHaveLength(0);
    feed(connection, pings(6, 6));
    expect(toHex(join(connection.bytesToSend(1), connection.bytesToSend(2), connection.bytesToSend(3)))).toBe(
      "8a 02 00 06",
    );
  });

  test("Infinity: all", () => {
    expect(numbersIn(pinged(5000, Infinity).bytesToSend())).toEqual(upTo(5000));
  });

  test("sent pongs make room for more", () => {
    const connection = open("client", { masking: false, limits: { maxQueuedReplies: 2 } });
    for (let i = 0; i < 10; i++) {
      expect(feed(connection, pings(1, 2))).toHaveLength(2);
      expect(numbersIn(i % 2 === 0 ? connection.bytesToSend() : join(...connection.chunksToSend()))).toEqual([1, 2]);
    }
  });

  test("they keep their places among other frames; the latest is last", () => {
    const connection = open("server", { masking: false, limits: { maxQueuedReplies: 1 } });
    connection.sendData("a");
    feed(connection, pings(1, 2));
    connection.sendData("b");
    feed(connection, pings(3, 3));
    connection.sendData("c");
    expect(toHex(connection.bytesToSend())).toBe("81 01 61 8a 02 00 01 81 01 62 81 01 63 8a 02 00 03");
  });

  test("a client masks it", () => {
    const connection = open("client", { limits: { maxQueuedReplies: 0 }, random: (bytes) => bytes.fill(1) });
    feed(connection, hex("89 01 61"));
    expect(connection.bufferedAmount).toBe(7);
    expect(toHex(connection.bytesToSend())).toBe("8a 81 01 01 01 01 60");
  });

  test("a flood stores no more pongs than the limit, whether many or few bytes are taken at once", () => {
    const flood = hex("89 7d 00*125");
    for (const amount of [1, 130, 131, 1000]) {
      const connection = open("client", { limits: { maxQueuedReplies: 10 } });
      for (let i = 0; i < 2000; i++) {
        feed(connection, flood);
        expect(connection.bytesToSend(amount).length).toBe(Math.min(amount, 131));
        expect(connection.bufferedAmount).toBeLessThanOrEqual(12 * 131);
      }
    }
  });

  test("other output that is never fully taken does not hold the latest back", () => {
    const connection = open("server", { masking: false, limits: { maxQueuedReplies: 1 } });
    connection.sendData(new Uint8Array(10_000));
    let sent = 0;
    for (let i = 0; i < 100; i++) {
      feed(connection, hex("89 7d 00*125"));
      connection.sendData(new Uint8Array(800));
      sent += connection.bytesToSend(1000).length;
    }
    expect(sent).toBe(100_000);
    // Of 100 pings nearly each was the latest when bytes were taken.
    const pongs = sent + connection.bufferedAmount - (10_000 + 4) - 100 * (800 + 4);
    expect(pongs).toBe(100 * 127);
  });

  test("the payload is kept, even if the chunk's memory is reused", () => {
    const connection = open("server", { masking: false, limits: { maxQueuedReplies: 0 } });
    const chunk = join(pings(1, 1), new Uint8Array(100));
    connection.receiveBytes(chunk.subarray(0, 4));
    pull(connection);
    chunk.fill(0xff);
    expect(numbersIn(connection.bytesToSend())).toEqual([1]);
  });

  test("it is answered before our Close, because nothing may follow that", () => {
    const connection = pinged(3, 1);
    connection.close();
    expect(toHex(connection.bytesToSend())).toBe("8a 02 00 01 8a 02 00 03 88 00");
  });

  test("it is not answered after the peer's Close or after a failure", () => {
    for (const [bytes, code] of [
      ["88 02 03 e8", 1000],
      ["83 00", 1002],
    ] as const) {
      const connection = pinged(3, 1);
      expectClosed(feed(connection, hex(bytes)));
      const { bufferedAmount } = connection;
      const sent = connection.bytesToSend();
      expect(bufferedAmount).toBe(sent.length);
      expect(numbersIn(sent.subarray(0, 4))).toEqual([1]);
      expect(readClose(sent.subarray(4)).code).toBe(code);
    }
  });

  test("without autoPong none is answered", () => {
    const connection = open("server", { masking: false, autoPong: false, limits: { maxQueuedReplies: 0 } });
    feed(connection, pings(1, 2));
    expect([connection.bufferedAmount, connection.bytesToSend().length]).toEqual([0, 0]);
  });
});

test("a message in many small pieces retains nothing of them", () => {
  const client = open("client");
  feed(client, hex("82 7f 00 00 00 00 01 00 00 00"));
  for (let i = 0; i < 1000; i++) {
    client.receiveBytes(new Uint8Array(1000));
    expect(pull(client)).toHaveLength(1);
  }
  expect(client.bufferedAmount).toBe(0);
});

test.each([
  [-1, RangeError],
  [0.5, RangeError],
  [NaN, RangeError],
  ["7", TypeError],
  [null, TypeError],
])("a limit of %j is refused", (value, error) => {
  for (const name of Object.keys(defaultLimits)) {
    expect(() => new WSConnection("server", { limits: { [name]: value as never } })).toThrow(error);
  }
});
