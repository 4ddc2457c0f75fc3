/** A tap on a connection: it sees everything, and changes nothing. */
import fc from "../support/properties.ts";
import { describe, expect, test, vi } from "vitest";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { WSConnection, type WSEvent } from "../../src/index.ts";
import { tap, type FrameRecord, type Trace, type TraceRecord } from "../../src/inspect/index.ts";
import { ascii, feed, head, hex, join, joined, pull, toHex, type Bytes } from "../support/wire.ts";
import { between, converse, counter } from "./captures.ts";

const client = { host: "example.com", resource: "/chat" };

const frame = (record: TraceRecord | undefined): FrameRecord => {
  expect(record?.kind).toBe("frame");
  return record as FrameRecord;
};

/** An open end with its trace, after the event that says so. */
function opened(type: "client" | "server", options = {}, tapOptions = {}): [WSConnection, Trace] {
  const connectionOptions = { handshake: "none", random: counter(), ...options } as const;
  const connection = new WSConnection(type, connectionOptions);
  const trace = tap(connection, { connectionOptions, ...tapOptions });
  pull(connection);
  return [connection, trace];
}

describe("what a tap sees", () => {
  test("the handshake, at both ends, and its result", () => {
    const { client: near, server: far, carry } = converse();
    const traces = [tap(near), tap(far)];
    carry();
    expect(traces.map((trace) => trace.records.map((record) => [record.kind, record.direction]))).toEqual([
      [
        ["head", "sent"],
        ["head", "received"],
      ],
      [
        ["head", "received"],
        ["head", "sent"],
      ],
    ]);
    expect(traces.map((trace) => trace.records.map(({ events }) => events.map(({ type }) => type)))).toEqual([
      [[], ["connectionEstablished"]],
      [["connectionRequested"], ["connectionEstablished"]],
    ]);
  });

  test("each frame, with its events and its chunks", () => {
    const [connection, trace] = opened("client");
    const bytes = hex("01 03 61 62 63 89 01 21 80 02 64 65 82 01 ff 88 02 03 e8");
    feed(connection, bytes, [1, 4, 9, 13]);
    connection.bytesToSend();
    const received = trace.records.filter(({ direction }) => direction === "received").map(frame);
    expect(received.map(({ events }) => events.map(({ type, length, code }) => [type, length ?? code]))).toEqual([
      [
        ["textReceived", 2],
        ["textReceived", 1],
      ],
      [["pingReceived", 1]],
      [["textReceived", 2]],
      [["bytesReceived", 1]],
      [["connectionClosed", 1000]],
    ]);
    expect(received.map(({ chunks }) => chunks.map(({ chunk, length }) => [chunk, length]))).toEqual([
      [
        [0, 1],
        [1, 3],
        [2, 1],
      ],
      [[2, 3]],
      [
        [2, 1],
        [3, 3],
      ],
      [
        [3, 1],
        [4, 2],
      ],
      [[4, 4]],
    ]);
    const sent = trace.records.filter(({ direction }) => direction === "sent").map(frame);
    expect(sent.map(({ opcode, masked, violations }) => [opcode, masked, violations])).toEqual([
      [10, true, []],
      [8, true, []],
    ]);
    expect(trace.closed).toMatchObject({ type: "connectionClosed", code: 1000, wasClean: true });
  });

  test("the payload as it arrived, though the connection unmasks it in place", () => {
    const [connection, trace] = opened("server");
    feed(connection, hex("82 85 37 fa 21 3d 7f 9f 4d 51 58"));
    expect(frame(trace.records[0]).payload).toEqual(ascii("Hello"));
    expect(frame(trace.records[0]).maskingKey).toEqual(hex("37 fa 21 3d"));
  });

  test("a message that was handed over, whose memory is masked in place", () => {
    const [connection, trace] = opened("client");
    connection.sendData(new Uint8Array(2000).fill(7), true, { handOver: true });
    connection.chunksToSend();
    expect(frame(trace.records[0]).payload).toEqual(new Uint8Array(2000).fill(7));
  });

  test("a frame while it arrives", () => {
    const seen: [number, boolean][] = [];
    const [connection, trace] = opened(
      "client",
      {},
      {
        onRecord: (record: TraceRecord) => void seen.push([record.length, record.complete]),
      },
    );
    connection.receiveBytes(hex("82 03 01"));
    expect(trace.records[0]).toMatchObject({ complete: false, payloadLength: 3, length: 3, payload: hex("01") });
    connection.receiveBytes(hex("02 03"));
    expect(seen).toEqual([
      [3, false],
      [5, true],
    ]);
  });

  test.each([
    ["a bad frame", "client", "81 01 61 8f 00", 1, { code: "reservedOpcode" }, { code: 1002 }],
    ["text that is not UTF-8", "client", "81 02 61 ff", 0, { code: "invalidUtf8" }, { code: 1007 }],
    ["a bad frame that is still coming", "server", "82 01", 0, { code: "maskMissing" }, { code: 1002 }],
  ] as const)("%s: the rule, the error, and the answer", (_, type, bytes, at, error, sent) => {
    const [connection, trace] = opened(type);
    feed(connection, hex(bytes));
    const record = trace.records[at]!;
    expect(record.violations[0]!.code).toBe(error.code);
    expect(record.events.at(-1)).toMatchObject({ type: "connectionClosed", error, sent });
    connection.bytesToSend();
    expect(frame(trace.records.at(-1)).close).toMatchObject(sent);
  });

  test("a handshake that was refused: the head, the error and the answer", () => {
    const connection = new WSConnection("server");
    const trace = tap(connection);
    feed(connection, head("GET / HTTP/1.1", "Host: a"));
    connection.bytesToSend();
    expect(trace.records[0]!.events).toMatchObject([{ type: "connectionClosed", error: { code: "upgradeInvalid" } }]);
    expect(trace.records[1]).toMatchObject({ kind: "head", direction: "sent", status: 400 });
  });

  test("a rejection, and its body", () => {
    const { client: near, server: far } = converse();
    const trace = tap(near);
    far.receiveBytes(near.bytesToSend());
    far.reject(pull(far)[0] as never, { status: 401, body: "who are you?" });
    near.receiveBytes(far.bytesToSend());
    pull(near);
    expect(trace.records.map(({ kind, events }) => [kind, events.map(({ type }) => type)])).toEqual([
      ["head", []],
      ["head", ["connectionRejected"]],
      ["body", ["rejectionData"]],
    ]);
    expect(trace.closed).toMatchObject({ code: 1006 });
  });

  test("a request that was parsed elsewhere", () => {
    const connection = new WSConnection("server");
    const trace = tap(connection);
    connection.receiveRequest({
      method: "GET",
      target: "/x",
      headers: [
        ["Host", "a"],
        ["Upgrade", "websocket"],
        ["Connection", "Upgrade"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["Sec-WebSocket-Version", "13"],
      ],
    });
    const [event] = pull(connection);
    connection.accept(event as never);
    connection.bytesToSend();
    pull(connection);
    feed(connection, hex("89 80 00 00 00 00"));
    expect(trace.records.map(({ kind, offset, length }) => [kind, offset, length > 0])).toEqual([
      ["head", 0, false],
      ["head", 0, true],
      ["frame", 0, true],
    ]);
    expect(trace.records[0]).toMatchObject({ startLine: "GET /x HTTP/1.1", violations: [] });
    expect(trace.records[1]).toMatchObject({ requestKey: "dGhlIHNhbXBsZSBub25jZQ==", violations: [] });
    expect(trace.records.map(({ events }) => events[0]?.type)).toEqual([
      "connectionRequested",
      "connectionEstablished",
      "pingReceived",
    ]);
  });

  test("compressed data, inflated with what the handshake negotiated", () => {
    const extensions = [permessageDeflate()];
    const { client: near, server: far, carry } = converse({ extensions }, { extensions });
    const trace = tap(near, { connectionOptions: { extensions } });
    carry();
    near.sendData("to and fro, to and fro");
    far.sendData("to and fro, to and fro");
    carry();
    for (const record of trace.records.slice(2).map(frame)) {
      expect(new TextDecoder().decode(record.inflated)).toBe("to and fro, to and fro");
      expect(record.payloadLength).toBeLessThan(record.inflatedLength!);
    }
  });

  test("only the rest, if it is attached later", () => {
    const extensions = [permessageDeflate()];
    const { client: near, server: far, carry } = converse({ extensions }, { extensions });
    carry();
    const trace = tap(far, { extensions });
    near.sendData("late");
    carry();
    expect(new TextDecoder().decode(frame(trace.records[0]).inflated)).toBe("late");
    const asked = new WSConnection("client", client);
    asked.bytesToSend();
    const answer = tap(asked);
    feed(asked, head("HTTP/1.1 403 Forbidden"));
    expect(answer.records[0]).toMatchObject({ kind: "head", status: 403, events: [{ type: "connectionRejected" }] });
  });
});

describe("time and counters", () => {
  test("the connection's clock, or a given one", () => {
    const [connection, trace] = opened("client");
    connection.advanceTime(5);
    connection.receiveBytes(hex("89 01"));
    connection.advanceTime(9);
    connection.receiveBytes(hex("aa"));
    expect(trace.records[0]).toMatchObject({ firstMs: 5, lastMs: 9 });
    let nowMs = 100;
    const [other, given] = opened("client", {}, { now: () => nowMs++ });
    other.advanceTime(1);
    other.receiveBytes(hex("89 00"));
    expect(given.records[0]).toMatchObject({ firstMs: 100, lastMs: 100 });
    expect(Math.abs(given.clock!.epochMs - Date.now())).toBeLessThan(60_000);
  });

  test("of frames, messages, bytes, and broken rules", () => {
    const [connection, trace] = opened("client");
    connection.sendData("ab", false);
    connection.sendData("c");
    connection.sendData(hex("01 02"));
    connection.bytesToSend();
    feed(connection, hex("81 01 61 8a 00 89 00 8b 00"));
    connection.bytesToSend();
    const none = { continuation: 0, text: 0, binary: 0, close: 0, ping: 0, pong: 0, reserved: 0 };
    const { sent, received } = trace.counters;
    expect(sent.frames).toEqual({ ...none, text: 1, continuation: 1, binary: 1, pong: 1, close: 1 });
    expect(sent).toMatchObject({ messages: 2, payloadBytes: 5, messageBytes: 5, savedBytes: 0, violations: 0 });
    expect(sent.bytes).toBe(
      trace.records.reduce((sum, { direction, length }) => sum + (direction === "sent" ? length : 0), 0),
    );
    expect(received).toMatchObject({ bytes: 9, chunks: 1, messages: 1, messageBytes: 1, violations: 1 });
    expect(received.frames).toEqual({ ...none, text: 1, pong: 1, ping: 1, reserved: 1 });
  });

  test("of what compression saved", () => {
    const extensions = [permessageDeflate()];
    const { client: near, carry } = converse({ extensions }, { extensions });
    const trace = tap(near, { extensions });
    carry();
    near.sendData("x".repeat(1000));
    carry();
    const { messageBytes, payloadBytes, savedBytes } = trace.counters.sent;
    expect(messageBytes).toBe(1000);
    expect(savedBytes).toBe(1000 - payloadBytes);
    expect(payloadBytes).toBeLessThan(50);
  });

  test("of round trips, from sending the ping to receiving the pong", () => {
    let nowMs = 0;
    const [connection, trace] = opened("client", {}, { now: () => nowMs });
    const ping = (payload: Bytes, sentMs: number): void => {
      connection.ping(payload);
      nowMs = sentMs;
      connection.bytesToSend();
    };
    expect(trace.counters.roundTrips).toBeUndefined();
    ping(hex("01"), 10);
    nowMs = 17;
    feed(connection, hex("8a 01 01"));
    expect(trace.counters.roundTrips).toEqual({ count: 1, lastMs: 7, minMs: 7, maxMs: 7 });
    ping(hex("02"), 20);
    ping(hex("03"), 30);
    nowMs = 33;
    // §5.5.3: the latest alone may be answered; one that nobody asked for is none.
    feed(connection, hex("8a 01 09 8a 01 03 8a 01 02"));
    expect(trace.counters.roundTrips).toEqual({ count: 2, lastMs: 3, minMs: 3, maxMs: 7 });
  });
});

describe("bounds and redaction", () => {
  test("the oldest records are dropped first, heads never, and the dropped ones are counted", () => {
    const { client: near, server: far, carry } = converse();
    const trace = tap(near, { maxRecords: 5 });
    carry();
    for (let i = 0; i < 20; i++) far.sendData(`${i}`);
    carry();
    expect(trace.records.map((record) => (record.kind === "frame" ? toHex(record.payload) : record.kind))).toEqual([
      "head",
      "head",
      "31 37",
      "31 38",
      "31 39",
    ]);
    expect(trace.dropped).toEqual({ records: 17, bytes: 10 * 3 + 7 * 4 });
    expect(trace.counters.received.messages).toBe(20);
  });

  test("interim responses are dropped like frames, and the request and the last response stay", () => {
    const { client: near, server: far } = converse();
    const trace = tap(near, { maxRecords: 100 });
    const interim = ascii("HTTP/1.1 100 Continue\r\n\r\n");
    far.receiveBytes(near.bytesToSend());
    far.accept(pull(far)[0] as never);
    near.receiveBytes(join(...Array.from({ length: 1000 }, () => interim)));
    expect(pull(near)).toEqual([]);
    near.receiveBytes(far.bytesToSend());
    pull(near);
    expect(trace.records.length).toBeLessThanOrEqual(100);
    expect(trace.dropped.records).toBe(1002 - trace.records.length);
    expect(trace.dropped.bytes).toBe(trace.dropped.records * interim.length);
    expect(trace.records[0]).toMatchObject({ kind: "head", message: "request" });
    expect(trace.records.at(-1)).toMatchObject({ status: 101, events: [{ type: "connectionEstablished" }] });
  });

  test("an error of a response is reported for it, not for an interim one before it", () => {
    const { client: near } = converse();
    const trace = tap(near);
    near.bytesToSend();
    near.receiveBytes(ascii("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 1O1 Nonsense\r\n\r\n"));
    pull(near);
    const events = trace.records.map((record) => record.events.map(({ type }) => type));
    expect(events).toEqual([[], [], ["connectionClosed"]]);
  });

  test("an eighth of the interim responses is dropped at once, so that each is moved only a few times", () => {
    const { client: near } = converse();
    const trace = tap(near, { maxRecords: 100 });
    near.bytesToSend();
    let passes = 0;
    let moved = 0;
    for (let i = 0; i < 5000; i++) {
      const before = trace.records.length;
      near.receiveBytes(ascii("HTTP/1.1 100 Continue\r\n\r\n"));
      if (trace.records.length > before) continue;
      passes++;
      moved += trace.records.length;
    }
    expect(passes).toBeGreaterThan(0);
    expect(moved).toBeLessThan(10 * 5000);
    expect(trace.records.length).toBeLessThanOrEqual(100);
  });

  test("the total of payload bytes is limited", () => {
    const [connection, trace] = opened("client", {}, { maxBytes: 1000, maxPayloadBytes: 300 });
    for (let i = 0; i < 30; i++) {
      connection.receiveBytes(join(hex("82 7e 02 00"), new Uint8Array(512)));
      pull(connection);
    }
    expect(trace.records).toHaveLength(3);
    expect(trace.records.map((record) => frame(record).payload.length)).toEqual([300, 300, 300]);
    expect(trace.dropped.records).toBe(27);
  });

  test("events find their records even if some were dropped before the pull", () => {
    const [connection, trace] = opened("client", {}, { maxRecords: 2 });
    connection.receiveBytes(hex("89 00 82 00 89 00 81 01 61 8a 00"));
    pull(connection);
    expect(trace.records.map(({ events }) => events.map(({ type }) => type))).toEqual([
      ["textReceived"],
      ["pongReceived"],
    ]);
  });

  test("a frame that arrives byte by byte keeps some of its chunks and events, and counts all", () => {
    const [connection, trace] = opened("client");
    const bytes = join(hex("82 7e 10 00"), new Uint8Array(4096));
    feed(
      connection,
      bytes,
      Array.from({ length: 4099 }, (_, i) => i + 1),
    );
    const { chunks, chunkCount, events, eventCount, payload } = frame(trace.records[0]);
    expect([chunks.length, chunkCount, events.length, eventCount]).toEqual([256, 4100, 256, 4096]);
    expect(events.at(-1)).toMatchObject({ frameFinished: true });
    expect(payload).toHaveLength(4096);
  });

  test("of a payload only the length is kept, even while it arrives", () => {
    const kept: string[] = [];
    const [connection, trace] = opened(
      "server",
      {},
      {
        redact: { payload: "length" },
        onRecord: (record: TraceRecord) => void kept.push(JSON.stringify(record)),
      },
    );
    feed(
      connection,
      hex("81 86 00 00 00 00 73 33 63 72 33 74 89 82 00 00 00 00 73 33 88 88 00 00 00 00 03 e8 73 33 63 72 33 74"),
      [8],
    );
    const [text, ping, close] = trace.records.map(frame);
    expect(new TextDecoder().decode(text!.payload)).toBe("xxxxxx");
    expect([ping!.payload.length, ping!.redacted, text!.payloadLength]).toEqual([2, true, 6]);
    expect(close!.close).toEqual({ code: 1000, reason: "" });
    expect(JSON.stringify([trace.records, trace.closed, kept])).not.toContain("s3cr3t");
    expect(JSON.stringify(kept)).not.toContain('"0":115,"1":51');
  });

  test("a function chooses what is shown", () => {
    const payload = (content: Uint8Array): string => new TextDecoder().decode(content).replace(/\d+/, "#");
    const [connection, trace] = opened("client", {}, { redact: { payload } });
    feed(connection, hex("81 05 69 64 31 32 33"));
    expect(new TextDecoder().decode(frame(trace.records[0]).payload)).toBe("id#");
  });

  test("listed headers are redacted, in the bytes and in the events", () => {
    const { client: near, server: far, carry } = converse({ headers: { cookie: "a=s3cr3t", "x-other": "shown" } });
    const traces = [tap(near, { redact: { headers: ["Cookie"] } }), tap(far, { redact: { headers: ["Cookie"] } })];
    carry();
    for (const trace of traces) {
      const [request] = trace.records;
      const text = new TextDecoder().decode(request?.kind === "head" ? request.bytes : undefined);
      expect(text).toContain("Cookie: x=xxxxxx\r\n");
      expect(text).toContain("shown");
      expect(JSON.stringify(trace.records)).not.toContain("s3cr3t");
    }
  });

  test("invalid limits are refused", () => {
    const connection = new WSConnection("server");
    for (const options of [{ maxRecords: 0 }, { maxBytes: -1 }, { maxPayloadBytes: 0.5 }]) {
      expect(() => tap(connection, options)).toThrow(RangeError);
    }
    expect(Object.keys(connection)).toEqual(["type"]);
  });
});

describe("a tapped connection behaves like an untapped one", () => {
  test("any conversation, cut anywhere: the same events, bytes and errors", () => {
    const message = fc.oneof(fc.string({ unit: "binary", maxLength: 50 }), fc.uint8Array({ maxLength: 300 }));
    const act = fc.record({ by: fc.boolean(), message, final: fc.boolean(), take: fc.nat(12), corrupt: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), fc.boolean(), (acts, deflate) => {
        const run = (tapped: boolean): unknown => {
          const extensions = deflate ? [permessageDeflate()] : [];
          const near = new WSConnection("client", { ...client, extensions, random: counter() });
          const far = new WSConnection("server", { extensions });
          if (tapped) for (const end of [near, far]) tap(end, { extensions });
          const { carry, sent } = between(near, far);
          const events: WSEvent[][] = [[], []];
          const thrown: string[] = [];
          carry();
          for (const { by, message: data, final, take, corrupt } of acts) {
            const [from, to] = by ? [near, far] : [far, near];
            try {
              from.sendData(data, final);
            } catch (error) {
              thrown.push(String(error));
            }
            const bytes = from.bytesToSend(take === 0 ? undefined : take);
            if (corrupt === 0 && bytes.length > 0) bytes[0]! ^= 0x70;
            to.receiveBytes(bytes);
            events[by ? 1 : 0]!.push(...pull(to));
          }
          const last = carry();
          return [
            events.map((told) => joined(told)),
            joined(last.client),
            joined(last.server),
            toHex(sent.client),
            toHex(sent.server),
            thrown,
            near.state,
            far.state,
          ];
        };
        expect(run(true)).toEqual(run(false));
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  test("stop() restores it", () => {
    const connection = new WSConnection("client", client);
    const trace = tap(connection);
    trace.stop();
    trace.stop();
    expect(Object.keys(connection)).toEqual(["type"]);
    expect(Object.getOwnPropertyNames(connection)).toEqual(["type"]);
    connection.bytesToSend();
    expect(trace.records).toEqual([]);
  });

  test("two taps see the same, and one can be stopped first", () => {
    const connection = new WSConnection("client", { handshake: "none" });
    const [first, second] = [tap(connection), tap(connection)];
    feed(connection, hex("82 00"));
    first.stop();
    feed(connection, hex("89 00"));
    second.stop();
    feed(connection, hex("8a 00"));
    expect(first.records.map((record) => frame(record).opcode)).toEqual([2]);
    expect(second.records.map((record) => frame(record).opcode)).toEqual([2, 9]);
    expect(second.records[0]!.events).toHaveLength(1);
  });

  test("what a callback throws becomes an unhandled rejection, and nothing else", () => {
    const unhandled: unknown[] = [];
    const rejecting = vi.spyOn(Promise, "reject").mockImplementation((reason) => void unhandled.push(reason) as never);
    const fail = (): never => {
      throw new Error("mine");
    };
    const options = { onRecord: fail, onEvent: fail, redact: { payload: fail } };
    const [connection, trace] = opened("client", {}, options);
    expect(feed(connection, hex("82 01 aa 89 01 bb 82 01 cc"))).toHaveLength(3);
    rejecting.mockRestore();
    expect(trace.records.map((record) => [frame(record).opcode, toHex(frame(record).payload)])).toEqual([
      [2, "78"],
      [9, "78"],
      [2, "78"],
    ]);
    expect(trace.counters.received.messages).toBe(2);
    expect(new Set(unhandled.map(String))).toEqual(new Set(["Error: mine"]));
  });
});
