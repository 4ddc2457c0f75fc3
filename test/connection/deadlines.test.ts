/**
 * Time as data: deadlines of the opening and closing handshakes and of messages, keepalive, and equal outputs for equal
 * inputs.
 */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import {
  LocalProtocolError,
  RemoteProtocolError,
  WSConnection,
  type ConnectionOptions,
  type ConnectionRequested,
  type ExtensionCodec,
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
  joined,
  open,
  pull,
  readClose,
  toHex,
} from "../support/wire.ts";
import { asked, client, exampleNonce, expectRefusal, request, response } from "../handshake/heads.ts";

const SECOND = 1000;
const NEVER = { intervalMs: Infinity, timeoutMs: Infinity };

/** Expects that the connection ended at a deadline. */
function expectTimeout(events: readonly WSEvent[], code: string): void {
  const { error, ...closed } = expectClosed(events);
  expect(closed).toMatchObject({ code: 1006, reason: "", wasClean: false });
  expect(error).toBeInstanceOf(RemoteProtocolError);
  expect(error?.code).toBe(code);
}

describe("handshakeTimeoutMs", () => {
  test("server: by default the request is due ten seconds after the first advanceTime()", () => {
    const server = new WSConnection("server");
    server.advanceTime(5 * SECOND);
    expect(server.nextDeadlineMs).toBe(15 * SECOND);
    const brief = new WSConnection("server", { handshakeTimeoutMs: 1 });
    brief.advanceTime(-7);
    expect(brief.nextDeadlineMs).toBe(-6);
  });

  test("server: answers 408 at the deadline, not before, and ends", () => {
    const server = new WSConnection("server", { handshakeTimeoutMs: 3 * SECOND });
    server.advanceTime(0);
    feed(server, request().subarray(0, 50));
    server.advanceTime(3 * SECOND - 1);
    expect(pull(server)).toEqual([]);
    expect(server.bytesToSend()).toHaveLength(0);
    expect(server.state).toBe("connecting");
    server.advanceTime(3 * SECOND);
    expect(server.state).toBe("closed");
    expectTimeout(pull(server), "handshakeTimeout");
    expectRefusal(server.bytesToSend(), 408, /3000 ms/);
    expect(server.nextDeadlineMs).toBeUndefined();
    server.advanceTime(100 * SECOND);
    expect(feed(server, request())).toEqual([]);
    expect(server.bytesToSend()).toHaveLength(0);
  });

  test("server: bytes that trickle in do not extend it", () => {
    const server = new WSConnection("server");
    const bytes = request();
    server.advanceTime(0);
    for (let second = 1; second < 10; second++) {
      server.advanceTime(second * SECOND);
      expect(feed(server, bytes.subarray(second - 1, second))).toEqual([]);
      expect(server.nextDeadlineMs).toBe(10 * SECOND);
    }
    server.advanceTime(10 * SECOND);
    expectTimeout(pull(server), "handshakeTimeout");
  });

  test("server: nothing is due while the application considers the request", () => {
    const server = new WSConnection("server");
    server.advanceTime(0);
    const [requested] = feed(server, request());
    expect(server.nextDeadlineMs).toBeUndefined();
    server.advanceTime(1000 * SECOND);
    expect(pull(server)).toEqual([]);
    server.reject(requested as ConnectionRequested, { streamed: true });
    expect(server.nextDeadlineMs).toBeUndefined();
    server.advanceTime(2000 * SECOND);
    expect(server.state).toBe("rejecting");
  });

  test("server: nothing is due once receiveRequest has brought the request", () => {
    const server = new WSConnection("server");
    server.advanceTime(0);
    expect(server.nextDeadlineMs).toBe(10 * SECOND);
    const headers = asked().requested.headers;
    server.receiveRequest({ method: "GET", target: "/", headers });
    expect(server.nextDeadlineMs).toBeUndefined();
    server.advanceTime(1000 * SECOND);
    expect(pull(server).map((event) => event.type)).toEqual(["connectionRequested"]);
  });

  test("client: ends at the deadline, and sends nothing more", () => {
    const connection = client({ handshakeTimeoutMs: 3 * SECOND });
    connection.advanceTime(0);
    expect(connection.nextDeadlineMs).toBe(3 * SECOND);
    feed(connection, response().subarray(0, 20));
    connection.advanceTime(3 * SECOND - 1);
    expect(connection.state).toBe("connecting");
    connection.advanceTime(3 * SECOND);
    expect(connection.state).toBe("closed");
    expectTimeout(pull(connection), "handshakeTimeout");
    expect(connection.bytesToSend()).toHaveLength(0);
    expect(connection.nextDeadlineMs).toBeUndefined();
  });

  test("client: interim responses do not extend it", () => {
    const connection = client();
    for (let second = 0; second < 10; second++) {
      connection.advanceTime(second * SECOND);
      feed(connection, head("HTTP/1.1 103 Early Hints"));
      expect(connection.nextDeadlineMs).toBe(10 * SECOND);
    }
    connection.advanceTime(10 * SECOND);
    expectTimeout(pull(connection), "handshakeTimeout");
  });

  test.each([
    ["of known length", ["Content-Length: 1000000"], "x"],
    ["in chunks", ["Transfer-Encoding: chunked"], "1\r\nx\r\n"],
    ["until the stream ends", [], "x"],
  ])("client: a rejection's body that never ends, %s", (_, lines, piece) => {
    const connection = client();
    connection.advanceTime(0);
    const events = feed(connection, head("HTTP/1.1 403 Forbidden", ...lines));
    for (let second = 1; second < 10; second++) {
      connection.advanceTime(second * SECOND);
      events.push(...feed(connection, ascii(piece)));
      expect(connection.nextDeadlineMs).toBe(10 * SECOND);
    }
    expect(connection.state).toBe("rejecting");
    connection.advanceTime(10 * SECOND);
    events.push(...pull(connection));
    expect(joined(events).slice(0, 2)).toMatchObject([
      { type: "connectionRejected", status: 403 },
      { type: "rejectionData", data: "78 78 78 78 78 78 78 78 78", finished: false },
    ]);
    expectTimeout(events, "handshakeTimeout");
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test("an open connection has no deadline", () => {
    const connection = client();
    connection.advanceTime(0);
    feed(connection, response());
    expect(connection.nextDeadlineMs).toBeUndefined();
    connection.advanceTime(1e9);
    expect(connection.state).toBe("open");
    const { server, requested } = asked();
    server.advanceTime(0);
    server.accept(requested);
    expect(server.nextDeadlineMs).toBeUndefined();
  });
});

describe("messageTimeoutMs (§10.4)", () => {
  const MINUTE = 60 * SECOND;
  const KiB = 1024;
  const unmasked: ConnectionOptions = { masking: false };

  /** One end whose time is 0, and which never pings unless the options say so. */
  function timed(type: "client" | "server" = "server", options: ConnectionOptions = {}): WSConnection {
    const connection = open(type, { ...unmasked, keepalive: NEVER, ...options });
    connection.advanceTime(0);
    return connection;
  }

  test.each(["client", "server"] as const)(
    "%s: by default a minute from the arrival of a message's first byte",
    (type) => {
      const connection = timed(type);
      connection.advanceTime(7 * SECOND);
      expect(connection.nextDeadlineMs).toBeUndefined();
      feed(connection, hex("82"));
      expect(connection.nextDeadlineMs).toBe(7 * SECOND + MINUTE);
      const brief = timed(type, { messageTimeoutMs: 5 });
      feed(brief, hex("82"));
      expect(brief.nextDeadlineMs).toBe(5);
    },
  );

  test("ends the connection at the deadline, not before, with a Close that gives the reason: policy, 1008 (§7.4.1)", () => {
    const connection = timed("server", { messageTimeoutMs: 5 * SECOND });
    const events = feed(connection, hex("01 02 68 69"));
    expect(connection.nextDeadlineMs).toBe(5 * SECOND);
    connection.advanceTime(5 * SECOND - 1);
    expect(pull(connection)).toEqual([]);
    expect(connection.state).toBe("open");
    connection.advanceTime(5 * SECOND);
    expect(connection.state).toBe("closed");
    events.push(...pull(connection));
    expectTimeout(events, "messageTimeout");
    const { error, sent, received, initiator } = expectClosed(events);
    expect([initiator, sent?.code, received, error?.closeCode]).toEqual(["local", 1008, undefined, 1008]);
    expect(error?.section).toBe("RFC 6455 §10.4");
    const close = readClose(connection.bytesToSend());
    expect([close.code, close.reason]).toEqual([1008, error?.message]);
    expect(close.reason).toMatch(/5000 ms/);
    expect(connection.nextDeadlineMs).toBeUndefined();
    connection.advanceTime(MINUTE);
    expect(feed(connection, hex("80 00"))).toEqual([]);
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test.each([
    ["one byte of a header", "82"],
    ["a part of a length", "82 7e 01"],
    ["a header alone", "82 05"],
    ["a part of the payload", "82 05 68 65"],
    ["a fragment that is not the last", "02 01 68"],
    ["an empty fragment that is not the last", "01 00"],
    ["half a character", "01 01 c3"],
    ["a part of a ping", "89 02 01"],
    ["a fragment, and a ping behind it", "02 01 68 89 00"],
    ["a message, and the beginning of the next", "82 01 68 82"],
  ])("waits for the rest of %s: %s", (_, bytes) => {
    for (const type of ["client", "server"] as const) {
      const connection = timed(type);
      feed(connection, hex(bytes));
      expect(connection.nextDeadlineMs).toBe(MINUTE);
      connection.advanceTime(MINUTE);
      expectTimeout(pull(connection), "messageTimeout");
    }
  });

  test.each([
    ["nothing", ""],
    ["a message", "82 01 68"],
    ["an empty message", "81 00"],
    ["a message of 126 bytes", "82 7e 00 7e 61*126"],
    ["fragments and the last one", "01 01 68 00 00 80 01 69"],
    ["a ping", "89 02 01 02"],
    ["a pong that nobody asked for", "8a 00"],
  ])("waits for nothing after %s: %s", (_, bytes) => {
    const whole = hex(bytes);
    for (const [type, cuts] of [
      ["client", []],
      ["server", everyByte(whole)],
    ] as const) {
      const connection = timed(type);
      feed(connection, whole, cuts);
      expect(connection.nextDeadlineMs).toBeUndefined();
      connection.advanceTime(1e9);
      expect(connection.state).toBe("open");
    }
  });

  test.each<[string, string, string]>([
    ["a byte at a time", "82 7e ff ff", "61"],
    ["a fragment at a time", "02 00", "00 01 61"],
    ["an empty fragment at a time", "01 00", "00 00"],
    ["pings amid its fragments", "01 00", "89 01 61"],
  ])("%s does not extend it", (_, first, more) => {
    const connection = timed();
    const events = feed(connection, hex(first));
    connection.advanceTime(0);
    for (let second = 1; second < 60; second++) {
      connection.advanceTime(second * SECOND);
      events.push(...feed(connection, hex(more)));
      connection.bytesToSend();
      expect(connection.nextDeadlineMs).toBe(MINUTE);
    }
    connection.advanceTime(MINUTE);
    expectTimeout([...events, ...pull(connection)], "messageTimeout");
  });

  test("each 16 KiB of a long message have a separate minute; one byte less does not", () => {
    for (const frame of [hex("82 7f 00 00 00 00 00 10 00 00"), hex("02 7e ff ff")]) {
      const connection = timed();
      feed(connection, frame);
      connection.advanceTime(0);
      connection.advanceTime(50 * SECOND);
      feed(connection, new Uint8Array(16 * KiB - 1));
      expect(connection.nextDeadlineMs).toBe(MINUTE);
      connection.advanceTime(55 * SECOND);
      feed(connection, new Uint8Array(1));
      expect(connection.nextDeadlineMs).toBe(55 * SECOND + MINUTE);
      connection.advanceTime(100 * SECOND);
      feed(connection, new Uint8Array(16 * KiB - 1));
      expect(connection.nextDeadlineMs).toBe(55 * SECOND + MINUTE);
      connection.advanceTime(55 * SECOND + MINUTE);
      expectTimeout(pull(connection), "messageTimeout");
    }
  });

  test("a megabyte at 300 bytes a second, an hour on a slow link, arrives", () => {
    const connection = timed();
    const events = feed(connection, hex("82 7f 00 00 00 00 00 10 00 00"));
    let now = 0;
    for (let left = 1024 * KiB; left > 0; left -= 1500) {
      now += 5 * SECOND;
      connection.advanceTime(now);
      events.push(...feed(connection, new Uint8Array(Math.min(left, 1500))));
    }
    expect(events.at(-1)).toMatchObject({ type: "bytesReceived", messageFinished: true });
    expect([connection.state, connection.nextDeadlineMs, now > 3400 * SECOND]).toEqual(["open", undefined, true]);
  });

  test.each([
    ["messages", "82 04 61*4"],
    ["messages in two fragments", "02 01 61 80 02 61*2"],
    ["pings", "89 04 61*4"],
    ["long messages", "82 7e 00 7e 61*126"],
  ])("each has a separate deadline, though every chunk of these ends within one: %s", (_, each) => {
    const bytes = hex(each);
    const rest = join(bytes.subarray(3), bytes.subarray(0, 3));
    const connection = timed("client");
    feed(connection, bytes.subarray(0, 3));
    for (let second = 50; second < 1000; second += 50) {
      connection.advanceTime(second * SECOND);
      expect(feed(connection, rest).length).toBeGreaterThan(0);
      connection.bytesToSend();
      expect(connection.nextDeadlineMs).toBe(second * SECOND + MINUTE);
    }
    expect(connection.state).toBe("open");
  });

  test("the deadline pauses while events wait to be pulled; afterwards it restarts", () => {
    for (const asks of [true, false]) {
      const connection = timed();
      feed(connection, hex("02 01 61"));
      connection.advanceTime(50 * SECOND);
      connection.receiveBytes(hex("00 01 62"));
      if (asks) expect(connection.nextDeadlineMs).toBeUndefined();
      else connection.advanceTime(51 * SECOND);
      connection.advanceTime(1000 * SECOND);
      expect(pull(connection)).toHaveLength(1);
      // It is unknown for how long nobody pulled: the wait starts at the next advanceTime().
      connection.advanceTime(2000 * SECOND);
      expect([connection.state, connection.nextDeadlineMs]).toEqual(["open", 2000 * SECOND + MINUTE]);
      connection.advanceTime(2010 * SECOND);
      feed(connection, hex("00 01 62"));
      expect(connection.nextDeadlineMs).toBe(2000 * SECOND + MINUTE);
      connection.advanceTime(2000 * SECOND + MINUTE);
      expectTimeout(pull(connection), "messageTimeout");
    }
  });

  test("the decoded rest of a complete message waits to be pulled without a deadline", () => {
    const codec: ExtensionCodec = { reservedBits: 4, decode: () => [hex("61"), hex("62"), hex("63")] };
    const connection = timed("client", { extensions: [{ name: "x", parameters: [], codec }] });
    connection.receiveBytes(hex("82 01 00"));
    expect(connection.events().next().value).toMatchObject({ data: hex("61"), messageFinished: false });
    expect([connection.unreadAmount, connection.nextDeadlineMs]).toEqual([0, undefined]);
    connection.advanceTime(1000 * SECOND);
    expect(pull(connection)).toMatchObject([{ messageFinished: false }, { messageFinished: true }]);
    // The deadline restarts for each 16 KiB of decoded bytes.
    const slow = timed("client", {
      extensions: [{ name: "x", parameters: [], codec: { ...codec, decode: () => [new Uint8Array(16 * KiB)] } }],
    });
    feed(slow, hex("82 02"));
    slow.advanceTime(30 * SECOND);
    feed(slow, hex("00"));
    expect(slow.nextDeadlineMs).toBe(30 * SECOND + MINUTE);
  });

  test("gives way to the closing handshake, which has a separate deadline", () => {
    const connection = timed("client", { closeTimeoutMs: 2 * MINUTE });
    feed(connection, hex("02 01 61"));
    expect(connection.nextDeadlineMs).toBe(MINUTE);
    connection.close();
    expect(connection.nextDeadlineMs).toBe(2 * MINUTE);
    connection.advanceTime(0);
    connection.advanceTime(MINUTE);
    expect(connection.state).toBe("localClosing");
    connection.advanceTime(2 * MINUTE);
    expectTimeout(pull(connection), "closeTimeout");
  });

  test("runs beside keepalive; the first one counts", () => {
    const connection = timed("client", { keepalive: { intervalMs: 40 * SECOND, timeoutMs: 50 * SECOND } });
    feed(connection, hex("02 01 61"));
    expect(connection.nextDeadlineMs).toBe(40 * SECOND);
    connection.advanceTime(40 * SECOND);
    expect(connection.bytesToSend()[0]).toBe(0x89);
    expect(connection.nextDeadlineMs).toBe(MINUTE);
    connection.advanceTime(59 * SECOND);
    feed(connection, hex("80 00"));
    expect(connection.nextDeadlineMs).toBe(90 * SECOND);
    connection.advanceTime(70 * SECOND);
    feed(connection, hex("02 01 61"));
    expect(connection.nextDeadlineMs).toBe(90 * SECOND);
    connection.advanceTime(90 * SECOND);
    expectTimeout(pull(connection), "keepaliveTimeout");
  });

  test("of Infinity lets a peer take forever", () => {
    const connection = timed("client", { messageTimeoutMs: Infinity });
    feed(connection, hex("02 01 61"));
    expect(connection.nextDeadlineMs).toBeUndefined();
    connection.advanceTime(1e12);
    expect(connection.state).toBe("open");
  });
});

describe("closeTimeoutMs (§7.1.1)", () => {
  test("is counted from our Close, by default ten seconds", () => {
    const connection = open("client");
    connection.advanceTime(0);
    connection.advanceTime(7 * SECOND);
    connection.close();
    expect(connection.nextDeadlineMs).toBe(17 * SECOND);
    const brief = open("server", { closeTimeoutMs: 5 });
    brief.advanceTime(1);
    brief.close();
    expect(brief.nextDeadlineMs).toBe(6);
  });

  test("ends the connection at the deadline, not before, and sends nothing after the Close", () => {
    const connection = open("server");
    connection.advanceTime(0);
    connection.close(1001, "bye");
    connection.advanceTime(0);
    expect(toHex(connection.bytesToSend())).toBe("88 05 03 e9 62 79 65");
    connection.advanceTime(10 * SECOND - 1);
    expect(connection.state).toBe("localClosing");
    expect(pull(connection)).toEqual([]);
    connection.advanceTime(10 * SECOND);
    expect(connection.state).toBe("closed");
    const events = pull(connection);
    expectTimeout(events, "closeTimeout");
    expect(expectClosed(events)).toMatchObject({ initiator: "local", sent: { code: 1001, reason: "bye" } });
    expect(expectClosed(events).received).toBeUndefined();
    expect(connection.bytesToSend()).toHaveLength(0);
    expect(connection.nextDeadlineMs).toBeUndefined();
  });

  test("messages that still arrive do not extend it", () => {
    const connection = open("client");
    connection.advanceTime(0);
    connection.close();
    for (let second = 0; second < 10; second++) {
      connection.advanceTime(second * SECOND);
      expect(feed(connection, hex("82 01 00"))).toHaveLength(1);
      expect(connection.nextDeadlineMs).toBe(10 * SECOND);
    }
    connection.advanceTime(10 * SECOND);
    expectTimeout(pull(connection), "closeTimeout");
  });

  test("the peer's Close in time ends it cleanly", () => {
    const connection = open("client");
    connection.advanceTime(0);
    connection.close(1000);
    connection.advanceTime(10 * SECOND - 1);
    const events = feed(connection, hex("88 02 03 e8"));
    expect(expectClosed(events)).toMatchObject({ code: 1000, wasClean: true });
    expect(expectClosed(events).error).toBeUndefined();
    expect(connection.nextDeadlineMs).toBeUndefined();
    connection.advanceTime(1e9);
    expect(pull(connection)).toEqual([]);
  });
});

describe("keepalive (§5.5.2, §5.5.3)", () => {
  const keepalive = { intervalMs: 30 * SECOND, timeoutMs: 5 * SECOND };
  const options: ConnectionOptions = { keepalive, masking: false };

  /** The payload of the one ping that waits to be sent. */
  function sentPing(connection: WSConnection): Uint8Array {
    const bytes = connection.bytesToSend();
    expect(bytes[0]).toBe(0x89);
    expect(bytes).toHaveLength(2 + bytes[1]!);
    return bytes.subarray(2);
  }

  const pong = (payload: Uint8Array): Uint8Array => join(hex("8a"), Uint8Array.of(payload.length), payload);

  test.each(["client", "server"] as const)("%s: a ping after the interval, and another one after its pong", (type) => {
    const connection = open(type, options);
    connection.advanceTime(0);
    expect(connection.nextDeadlineMs).toBe(30 * SECOND);
    expect(connection.roundTripMs).toBeUndefined();
    connection.advanceTime(30 * SECOND - 1);
    expect(connection.bytesToSend()).toHaveLength(0);
    connection.advanceTime(30 * SECOND);
    const first = sentPing(connection);
    expect(connection.nextDeadlineMs).toBe(35 * SECOND);

    connection.advanceTime(30 * SECOND + 40);
    expect(feed(connection, pong(first))).toEqual([{ type: "pongReceived", payload: first, roundTripMs: 40 }]);
    expect(connection.roundTripMs).toBe(40);
    expect(connection.nextDeadlineMs).toBe(60 * SECOND + 40);

    connection.advanceTime(60 * SECOND + 40);
    const second = sentPing(connection);
    expect(toHex(second)).not.toBe(toHex(first));
    connection.advanceTime(60 * SECOND + 40);
    expect(feed(connection, pong(second))).toMatchObject([{ roundTripMs: 0 }]);
    expect(connection.roundTripMs).toBe(0);
  });

  test("sends no second ping while one is unanswered", () => {
    const connection = open("client", { ...options, keepalive: { intervalMs: 10, timeoutMs: 1000 } });
    connection.advanceTime(0);
    connection.advanceTime(10);
    sentPing(connection);
    for (let now = 20; now < 1010; now += 10) connection.advanceTime(now);
    expect(connection.bytesToSend()).toHaveLength(0);
    expect(connection.state).toBe("open");
  });

  test("a pong to another ping, or to none, is reported but does not count", () => {
    const connection = open("client", options);
    connection.advanceTime(0);
    connection.advanceTime(30 * SECOND);
    const first = sentPing(connection);
    connection.advanceTime(31 * SECOND);
    const others = [
      hex(""),
      hex("01"),
      Uint8Array.from(first, (byte) => ~byte),
      join(first, hex("00")),
      first.slice(1),
    ];
    for (const payload of others) {
      expect(feed(connection, pong(payload))).toEqual([{ type: "pongReceived", payload }]);
    }
    expect(connection.roundTripMs).toBeUndefined();
    expect(connection.nextDeadlineMs).toBe(35 * SECOND);

    // The right one, twice; and once more when it is late.
    expect(feed(connection, pong(first))).toMatchObject([{ roundTripMs: SECOND }]);
    expect(connection.nextDeadlineMs).toBe(61 * SECOND);
    connection.advanceTime(32 * SECOND);
    expect(feed(connection, pong(first))).toEqual([{ type: "pongReceived", payload: first }]);
    expect(connection.nextDeadlineMs).toBe(61 * SECOND);
    connection.advanceTime(61 * SECOND);
    sentPing(connection);
    expect(feed(connection, pong(first))).toEqual([{ type: "pongReceived", payload: first }]);
    expect(connection.nextDeadlineMs).toBe(66 * SECOND);
    expect(connection.roundTripMs).toBe(SECOND);
  });

  test("without a pong in time, the Close gives the reason, and the connection ends", () => {
    const connection = open("server", options);
    connection.advanceTime(0);
    connection.advanceTime(30 * SECOND);
    sentPing(connection);
    connection.advanceTime(35 * SECOND - 1);
    expect(connection.state).toBe("open");
    connection.advanceTime(35 * SECOND);
    expect(connection.state).toBe("closed");
    const events = pull(connection);
    expectTimeout(events, "keepaliveTimeout");
    const { error, sent, initiator } = expectClosed(events);
    expect(initiator).toBe("local");
    expect(sent?.code).toBe(1011);
    expect(error?.closeCode).toBe(1011);
    expect(readClose(connection.bytesToSend()).code).toBe(1011);
    expect(connection.nextDeadlineMs).toBeUndefined();
    connection.advanceTime(100 * SECOND);
    expect(pull(connection)).toEqual([]);
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test("a time beyond several deadlines handles them in order", () => {
    const connection = open("server", options);
    connection.advanceTime(0);
    connection.advanceTime(1000 * SECOND);
    sentPing(connection);
    expect(connection.state).toBe("open");
    expect(connection.nextDeadlineMs).toBe(1005 * SECOND);
  });

  test("starts when the connection is open", () => {
    const connection = client({ keepalive });
    connection.advanceTime(0);
    expect(connection.nextDeadlineMs).toBe(10 * SECOND);
    connection.advanceTime(4 * SECOND);
    feed(connection, response());
    expect(connection.nextDeadlineMs).toBe(34 * SECOND);
  });

  test("gives way to the closing handshake", () => {
    const connection = open("server", options);
    connection.advanceTime(0);
    connection.advanceTime(30 * SECOND);
    sentPing(connection);
    connection.close();
    expect(connection.nextDeadlineMs).toBe(40 * SECOND);
    connection.bytesToSend();
    connection.advanceTime(30 * SECOND);
    connection.advanceTime(40 * SECOND - 1);
    expect(connection.bytesToSend()).toHaveLength(0);
    connection.advanceTime(40 * SECOND);
    expectTimeout(pull(connection), "closeTimeout");
  });

  test("an interval of Infinity never ends", () => {
    const connection = open("client", { keepalive: { intervalMs: Infinity, timeoutMs: 1 } });
    connection.advanceTime(0);
    expect(connection.nextDeadlineMs).toBeUndefined();
    connection.advanceTime(1e12);
    expect(connection.bytesToSend()).toHaveLength(0);
  });
});

describe("bytes that arrived in time count, even if they are pulled late", () => {
  test("a request", () => {
    const server = new WSConnection("server");
    server.advanceTime(0);
    server.receiveBytes(request());
    server.advanceTime(20 * SECOND);
    expect(server.state).toBe("connecting");
    expect(pull(server).map((event) => event.type)).toEqual(["connectionRequested"]);
    expect(server.nextDeadlineMs).toBeUndefined();
    expect(server.bytesToSend()).toHaveLength(0);
  });

  test("an answer", () => {
    const connection = client();
    connection.advanceTime(0);
    connection.receiveBytes(response());
    connection.advanceTime(20 * SECOND);
    expect(pull(connection).map((event) => event.type)).toEqual(["connectionEstablished"]);
  });

  test("a Close", () => {
    const connection = open("client");
    connection.advanceTime(0);
    connection.close();
    connection.advanceTime(0);
    connection.receiveBytes(hex("88 02 03 e8"));
    connection.advanceTime(20 * SECOND);
    expect(expectClosed(pull(connection))).toMatchObject({ code: 1000, wasClean: true });
  });

  test("a pong, whose round trip ends when it is pulled", () => {
    const connection = open("client", { masking: false, keepalive: { intervalMs: 10, timeoutMs: 10 } });
    connection.advanceTime(0);
    connection.advanceTime(10);
    const ping = connection.bytesToSend();
    connection.receiveBytes(join(hex("8a"), ping.subarray(1)));
    connection.advanceTime(50);
    expect(pull(connection)).toMatchObject([{ type: "pongReceived", roundTripMs: 40 }]);
    expect(connection.state).toBe("open");
  });

  test("a pong that could not be seen without pulling has the whole time again, and its round trip is unchanged", () => {
    const connection = open("client", { masking: false, keepalive: { intervalMs: 10, timeoutMs: 10 } });
    connection.advanceTime(0);
    connection.advanceTime(10);
    const ping = connection.bytesToSend();
    connection.receiveBytes(hex("82 01 61"));
    expect(connection.nextDeadlineMs).toBeUndefined();
    connection.advanceTime(50);
    expect(pull(connection)).toHaveLength(1);
    connection.advanceTime(51);
    expect([connection.state, connection.nextDeadlineMs]).toEqual(["open", 61]);
    connection.advanceTime(60);
    expect(feed(connection, join(hex("8a"), ping.subarray(1)))).toMatchObject([{ roundTripMs: 50 }]);
  });

  test("while they are not pulled, no deadline of the peer is due, so that no timer fires in a loop", () => {
    const waiting: [WSConnection, Uint8Array][] = [
      [new WSConnection("server"), request().subarray(0, 100)],
      [client(), response().subarray(0, 20)],
      [open("client"), hex("82")],
    ];
    waiting[2]![0].close();
    for (const [connection, bytes] of waiting) {
      connection.advanceTime(0);
      expect(connection.nextDeadlineMs).toBe(10 * SECOND);
      connection.receiveBytes(bytes.slice());
      expect(connection.nextDeadlineMs).toBeUndefined();
      expect(pull(connection)).toEqual([]);
      expect(connection.nextDeadlineMs).toBe(10 * SECOND);
    }
  });

  test("a keepalive ping is sent even while bytes wait", () => {
    const connection = open("client", { masking: false, keepalive: { intervalMs: 10, timeoutMs: 10 } });
    connection.advanceTime(0);
    connection.receiveBytes(hex("82"));
    expect(connection.nextDeadlineMs).toBe(10);
    connection.advanceTime(10);
    expect(connection.bytesToSend()[0]).toBe(0x89);
  });

  test("if they were not enough, the deadline is due", () => {
    const server = new WSConnection("server");
    server.advanceTime(0);
    server.receiveBytes(request().subarray(0, 100));
    server.advanceTime(20 * SECOND);
    expect(pull(server)).toEqual([]);
    expect(server.nextDeadlineMs).toBe(10 * SECOND);
    server.advanceTime(20 * SECOND);
    expectTimeout(pull(server), "handshakeTimeout");
  });
});

describe("events that arrived in time count, even if they are pulled late", () => {
  test("the end of the stream", () => {
    for (const make of [() => client(), () => new WSConnection("server"), () => closing()]) {
      const connection = make();
      connection.advanceTime(0);
      connection.bytesToSend();
      connection.receiveBytes(null);
      connection.advanceTime(20 * SECOND);
      const events = pull(connection);
      expect(expectClosed(events)).toMatchObject({ code: 1006, wasClean: false });
      expect(expectClosed(events).error, "the peer left before the deadline").toBeUndefined();
      expect(connection.bytesToSend()).toHaveLength(0);
    }
  });

  function closing(): WSConnection {
    const connection = open("client");
    connection.close();
    return connection;
  }
});

test("a peer that answers only the latest ping keeps the connection (§5.5.3)", () => {
  const connection = open("server", { masking: false, keepalive: { intervalMs: 30 * SECOND, timeoutMs: 5 * SECOND } });
  const answer = (): void => void feed(connection, hex("8a 01 2a"));
  connection.advanceTime(0);
  connection.advanceTime(30 * SECOND);
  answer();
  expect(connection.nextDeadlineMs, "a pong that nobody asked for is none").toBe(35 * SECOND);
  connection.ping(hex("2a"));
  answer();
  expect(connection.nextDeadlineMs).toBe(60 * SECOND);
  expect(connection.roundTripMs).toBeUndefined();
});

describe("a wait that a call starts is counted from the next advanceTime()", () => {
  const keepalive = { intervalMs: 30 * SECOND, timeoutMs: 5 * SECOND };

  test("close()", () => {
    const connection = open("client");
    connection.advanceTime(0);
    connection.close();
    expect(connection.nextDeadlineMs).toBe(10 * SECOND);
    connection.advanceTime(4 * SECOND);
    expect(connection.nextDeadlineMs).toBe(14 * SECOND);
    connection.advanceTime(5 * SECOND);
    expect(connection.nextDeadlineMs).toBe(14 * SECOND);
    connection.advanceTime(14 * SECOND);
    expectTimeout(pull(connection), "closeTimeout");
  });

  test("close() long after the last advanceTime() is not overdue at once", () => {
    const connection = open("client");
    connection.advanceTime(0);
    connection.close();
    connection.advanceTime(3600 * SECOND);
    expect([connection.state, connection.nextDeadlineMs]).toEqual(["localClosing", 3610 * SECOND]);
  });

  test("close() while bytes wait to be pulled is also counted from there, and due once they are pulled", () => {
    const connection = open("client");
    connection.advanceTime(0);
    connection.receiveBytes(hex("82"));
    connection.close();
    connection.advanceTime(4 * SECOND);
    expect(connection.nextDeadlineMs).toBeUndefined();
    expect(pull(connection)).toEqual([]);
    expect(connection.nextDeadlineMs).toBe(14 * SECOND);
  });

  test("close(), then the events to the end: counted from the last advanceTime()", () => {
    const connection = open("client");
    connection.advanceTime(0);
    connection.close();
    expect(pull(connection)).toEqual([]);
    connection.advanceTime(4 * SECOND);
    expect(connection.nextDeadlineMs).toBe(10 * SECOND);
  });

  test("accept()", () => {
    const server = new WSConnection("server", { keepalive });
    const [requested] = feed(server, request());
    server.advanceTime(0);
    server.accept(requested as ConnectionRequested);
    expect(server.nextDeadlineMs).toBe(30 * SECOND);
    server.advanceTime(3600 * SECOND);
    expect(server.nextDeadlineMs).toBe(3630 * SECOND);
  });
});

describe("a wait that the peer's bytes start is counted from the last advanceTime()", () => {
  const keepalive = { intervalMs: 30 * SECOND, timeoutMs: 5 * SECOND };

  test("the next ping, after the pong", () => {
    const connection = open("client", { masking: false, keepalive });
    connection.advanceTime(0);
    connection.advanceTime(30 * SECOND);
    feed(connection, join(hex("8a"), connection.bytesToSend().subarray(1)));
    connection.advanceTime(40 * SECOND);
    expect(connection.nextDeadlineMs).toBe(60 * SECOND);
  });

  test("the first ping, after the answer", () => {
    const connection = client({ keepalive });
    connection.advanceTime(0);
    feed(connection, response());
    connection.advanceTime(4 * SECOND);
    expect(connection.nextDeadlineMs).toBe(30 * SECOND);
  });

  test("the first ping, although a message behind the answer has not been pulled", () => {
    const connection = client({ keepalive });
    connection.advanceTime(0);
    connection.receiveBytes(join(response(), hex("81 01 61")));
    expect(connection.events().next().value).toMatchObject({ type: "connectionEstablished" });
    connection.advanceTime(30 * SECOND);
    expect(connection.bytesToSend()[0]).toBe(0x89);
  });

  test("the rest of a message", () => {
    const connection = open("server", { masking: false });
    connection.advanceTime(0);
    feed(connection, hex("82"));
    connection.advanceTime(4 * SECOND);
    expect(connection.nextDeadlineMs).toBe(60 * SECOND);
  });
});

describe("a peer whose bytes had to wait has its whole time again, from the next advanceTime()", () => {
  const fragments = "02 01 61 00 01 62";

  test("because the time advanced before they were pulled", () => {
    const connection = open("server", { masking: false });
    connection.advanceTime(0);
    feed(connection, hex("02 01 61"));
    connection.receiveBytes(hex("00 01 62"));
    connection.advanceTime(50 * SECOND);
    expect(pull(connection)).toHaveLength(1);
    expect(connection.nextDeadlineMs).toBe(110 * SECOND);
    connection.advanceTime(55 * SECOND);
    expect(connection.nextDeadlineMs).toBe(115 * SECOND);
  });

  test("because more arrived before all were pulled", () => {
    const connection = open("server", { masking: false });
    connection.advanceTime(0);
    connection.receiveBytes(hex("02 01 61"));
    expect(connection.events().next().value).toMatchObject({ data: hex("61") });
    expect(connection.nextDeadlineMs).toBe(60 * SECOND);
    connection.receiveBytes(hex("00 01 62"));
    expect(pull(connection)).toHaveLength(1);
    connection.advanceTime(70 * SECOND);
    expect([connection.state, connection.nextDeadlineMs]).toEqual(["open", 130 * SECOND]);
  });

  test("but not because they arrived in several chunks, if each was pulled completely", () => {
    const connection = open("server", { masking: false });
    connection.advanceTime(0);
    feed(connection, hex(fragments), everyByte(hex(fragments)));
    connection.advanceTime(70 * SECOND);
    expectTimeout(pull(connection), "messageTimeout");
  });

  test("also for a message that starts among them", () => {
    const connection = open("server", { masking: false });
    connection.advanceTime(0);
    connection.receiveBytes(hex(fragments));
    connection.advanceTime(50 * SECOND);
    expect(pull(connection)).toHaveLength(2);
    connection.advanceTime(70 * SECOND);
    expect(connection.nextDeadlineMs).toBe(130 * SECOND);
  });
});

test("a complete message is not overdue, even if not all events are pulled", () => {
  const connection = open("server", { masking: false });
  connection.advanceTime(0);
  feed(connection, hex("02 01 61"));
  connection.receiveBytes(hex("80 01 62 82 01 63"));
  for (let i = 0; i < 2; i++) expect(connection.events().next().value).toMatchObject({ messageFinished: true });
  connection.advanceTime(60 * SECOND);
  expect([connection.state, connection.nextDeadlineMs]).toEqual(["open", undefined]);
});

describe("nextDeadlineMs can be read any number of times, and nothing changes", () => {
  type Step = (connection: WSConnection) => void;

  /** Up to this many events. */
  function* take(connection: WSConnection, amount: number): Generator<WSEvent> {
    for (let i = 0; i < amount; i++) {
      const value = connection.events().next().value as WSEvent | undefined;
      if (value !== undefined) yield value;
    }
  }

  const options: ConnectionOptions = {
    masking: false,
    messageTimeoutMs: 50,
    closeTimeoutMs: 30,
    keepalive: { intervalMs: 20, timeoutMs: 40 },
  };
  const steps: readonly Step[] = [
    ...["82", "02 01 61", "80 01 62", "89 00", "8a 04 00 00 00 01", "8a 00", "88 00"].map(
      (bytes): Step =>
        (connection) =>
          connection.receiveBytes(hex(bytes)),
    ),
    (connection) => connection.receiveBytes(null),
    (connection) => void connection.bytesToSend(),
    (connection) => connection.ping(),
    (connection) => connection.close(),
  ];
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...steps) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }).map((events) => ({ events })) },
    { weight: 3, arbitrary: fc.nat(45).map((ms) => ({ ms })) },
  );

  test("after any calls", () => {
    const codes = new Set<string | undefined>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (sequence) => {
        const [read, unread] = [true, false].map((reads) => {
          const connection = open("client", options);
          const told: unknown[] = [];
          let nowMs = 0;
          for (const each of sequence) {
            try {
              if (typeof each === "function") each(connection);
              else if ("ms" in each) connection.advanceTime((nowMs += each.ms));
              else told.push(...joined([...take(connection, each.events)]));
            } catch (error) {
              expect(error).toBeInstanceOf(LocalProtocolError);
            }
            const first = reads ? connection.nextDeadlineMs : undefined;
            for (let i = 0; reads && i < 3; i++) expect(connection.nextDeadlineMs).toBe(first);
          }
          const last = pull(connection).at(-1);
          if (last?.type === "connectionClosed") codes.add(last.error?.code);
          return [
            told,
            joined(last === undefined ? [] : [last]),
            connection.nextDeadlineMs,
            toHex(connection.bytesToSend()),
          ];
        });
        expect(read).toEqual(unread);
      }),
      { numRuns: 2000 },
    );
    for (const code of ["closeTimeout", "keepaliveTimeout", "messageTimeout", undefined]) expect(codes).toContain(code);
  });
});

describe("a connection without advanceTime() has no deadlines", () => {
  test.each<[string, () => WSConnection]>([
    ["a server that waits for its request", () => new WSConnection("server")],
    ["a client that waits for its answer", () => client()],
    ["an open one with keepalive", () => open("client", { keepalive: { intervalMs: 1, timeoutMs: 1 } })],
    [
      "one that waits for the peer's Close",
      () => {
        const connection = open("client");
        connection.close();
        return connection;
      },
    ],
  ])("%s", (_, make) => {
    expect(make().nextDeadlineMs).toBeUndefined();
    // It has one from the first advanceTime().
    const told = make();
    told.advanceTime(0);
    expect(told.nextDeadlineMs).toBeGreaterThan(0);
  });

  test("a keepalive ping has no round trip without a measurement", () => {
    const connection = open("client", { masking: false, keepalive: { intervalMs: 1, timeoutMs: 1 } });
    expect(feed(connection, hex("8a 04 00 00 00 00"))).toEqual([{ type: "pongReceived", payload: hex("00 00 00 00") }]);
    expect(connection.roundTripMs).toBeUndefined();
  });
});

describe("a clock that goes back", () => {
  test("counts as unchanged: nothing is due sooner or later", () => {
    const server = new WSConnection("server");
    server.advanceTime(100);
    for (const now of [-1, 99, 0]) {
      server.advanceTime(now);
      expect(server.nextDeadlineMs).toBe(100 + 10 * SECOND);
    }
    server.advanceTime(100 + 10 * SECOND - 1);
    expect(server.state).toBe("connecting");
    server.advanceTime(100 + 10 * SECOND);
    expectTimeout(pull(server), "handshakeTimeout");
  });

  test("starts no wait in the past", () => {
    const connection = open("client");
    connection.advanceTime(100);
    connection.close();
    connection.advanceTime(50);
    expect(connection.nextDeadlineMs).toBe(100 + 10 * SECOND);
  });

  test("measures no round trip below 0", () => {
    const connection = open("client", { masking: false, keepalive: { intervalMs: 10, timeoutMs: 10 } });
    connection.advanceTime(0);
    connection.advanceTime(10);
    connection.advanceTime(5);
    expect(feed(connection, join(hex("8a"), connection.bytesToSend().subarray(1)))).toMatchObject([{ roundTripMs: 0 }]);
  });
});

describe("RangeError", () => {
  test.each([NaN, Infinity, -Infinity, undefined, "200", null])("for the time %s after 100", (now) => {
    const server = new WSConnection("server");
    server.advanceTime(100);
    expect(() => server.advanceTime(now as number)).toThrow(RangeError);
    expect(server.nextDeadlineMs).toBe(100 + 10 * SECOND);
    expect(pull(server)).toEqual([]);
    server.advanceTime(100);
    expect(server.state).toBe("connecting");
  });

  test.each([NaN, Infinity, undefined])("for the time %s in the first call", (now) => {
    const server = new WSConnection("server");
    expect(() => server.advanceTime(now as number)).toThrow(RangeError);
    expect(server.nextDeadlineMs).toBeUndefined();
  });

  test.each<[string, unknown]>([
    ...["handshakeTimeoutMs", "messageTimeoutMs", "closeTimeoutMs"].flatMap((name) =>
      [0, -1, NaN, -Infinity].map((value): [string, unknown] => [name, value]),
    ),
    ...[0, -1, NaN, undefined].flatMap((value): [string, unknown][] => [
      ["keepalive", { intervalMs: value, timeoutMs: 1 }],
      ["keepalive", { intervalMs: 1, timeoutMs: value }],
    ]),
    ["keepalive", {}],
  ])("for the option %s: %j", (name, value) => {
    for (const handshake of ["http1", "none"] as const) {
      expect(() => new WSConnection("server", { handshake, [name]: value })).toThrow(RangeError);
    }
  });

  test.each<[string, unknown]>([
    ...["handshakeTimeoutMs", "messageTimeoutMs", "closeTimeoutMs"].flatMap((name) =>
      ["10", {}].map((value): [string, unknown] => [name, value]),
    ),
    ["keepalive", { intervalMs: "10", timeoutMs: 1 }],
    ["keepalive", { intervalMs: 1, timeoutMs: "10" }],
  ])("is a TypeError for the option %s: %j", (name, value) => {
    for (const handshake of ["http1", "none"] as const) {
      expect(() => new WSConnection("server", { handshake, [name]: value })).toThrow(TypeError);
    }
  });
});

describe("the same inputs, random bytes and times give the same bytes and events", () => {
  /** Numbers that look random and are the same every time (a linear congruential generator). */
  function numbers(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 8;
    };
  }

  /** A client and a server that follow the script's numbers; returns all results in order. */
  function play(script: number, random: number): unknown[] {
    const next = numbers(script);
    const mask = numbers(random);
    const shared: ConnectionOptions = {
      random: (bytes) => bytes.forEach((_, i) => (bytes[i] = mask())),
      keepalive: { intervalMs: 700, timeoutMs: 900 },
      closeTimeoutMs: 500,
    };
    const ends = [
      new WSConnection("client", { host: "a", resource: "/", subprotocols: ["p"], ...shared }),
      new WSConnection("server", shared),
    ];
    const trace: unknown[] = [];
    let now = 0;
    for (let turn = 0; turn < 120; turn++) {
      now += next() % 100;
      const from = ends[turn % 2]!;
      const to = ends[(turn + 1) % 2]!;
      from.advanceTime(now);
      if (from.state === "open") {
        const choice = next() % 8;
        if (choice === 0) from.sendData("x".repeat(next() % 300), next() % 2 === 0);
        if (choice === 1) from.ping(Uint8Array.of(next()));
        if (choice === 2 && turn > 100) from.close(1000 + (next() % 2));
      }
      const bytes = from.bytesToSend(next() % 400);
      trace.push(now, toHex(bytes));
      if (bytes.length > 0) to.receiveBytes(bytes);
      for (const event of to.events()) {
        trace.push(...joined([event]));
        if (event.type === "connectionRequested") to.accept(event, { subprotocol: "p" });
      }
      trace.push(to.state, to.nextDeadlineMs, to.roundTripMs, to.bufferedAmount);
    }
    return trace;
  }

  test("bit for bit", () => {
    for (let script = 1; script <= 20; script++) expect(play(script, 7)).toEqual(play(script, 7));
  });

  test("and different ones give different ones", () => {
    expect(play(1, 7)).not.toEqual(play(1, 8));
    expect(play(1, 7)).not.toEqual(play(2, 7));
    const kinds = new Set(
      Array.from({ length: 20 }, (_, i) => play(i + 1, 7))
        .flat()
        .map((entry) => (entry as { type?: string } | undefined)?.type),
    );
    for (const type of ["connectionEstablished", "textReceived", "pingReceived", "pongReceived", "connectionClosed"]) {
      expect(kinds, "the scripts play a whole life").toContain(type);
    }
  });

  test("the request's key depends only on random", () => {
    const make = (): string =>
      toHex(new WSConnection("client", { host: "a", resource: "/", random: exampleNonce }).bytesToSend());
    expect(make()).toBe(make());
  });
});
