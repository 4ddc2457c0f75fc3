/**
 * Properties for all bytes: any split yields the same events, and any bytes yield a defined outcome of the protocol.
 */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import {
  LocalProtocolError,
  RemoteProtocolError,
  WSConnection,
  type ConnectionType,
  type WSEvent,
} from "../../src/index.ts";
import { everyByte, feed, head, hex, join, joined, open, pull, type Bytes } from "../support/wire.ts";

/** A frame with any bits, most of them lawful. */
const frame = (role: ConnectionType): fc.Arbitrary<Bytes> =>
  fc
    .record({
      fin: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.boolean()),
      rsv: fc.oneof({ weight: 40, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 7 })),
      opcode: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(0, 1, 2, 1, 2, 9, 10) },
        fc.integer({ min: 0, max: 15 }),
      ),
      payload: fc.oneof(
        fc.string({ unit: "binary", maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
        fc.uint8Array({ maxLength: 140 }),
        fc.constantFrom(hex("03 e8"), hex("03 e8 62 79 65"), hex("c3"), hex("a9"), hex("61*126"), hex("62*300")),
      ),
      key: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      long: fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, fc.boolean()),
    })
    .map(({ fin, rsv, opcode, payload, key, long }) => {
      const masked = role === "server";
      const { length } = payload;
      const size = length > 125 || long ? [126, length >> 8, length & 255] : [length];
      const header = [(fin ? 0x80 : 0) | (rsv << 4) | opcode, size[0]! | (masked ? 0x80 : 0), ...size.slice(1)];
      const body = masked ? payload.map((byte, i) => byte ^ key[i & 3]!) : payload;
      return join(Uint8Array.from(header), masked ? key : new Uint8Array(0), body);
    });

const stream = (role: ConnectionType): fc.Arbitrary<Bytes> =>
  fc.array(frame(role), { maxLength: 12 }).map((frames) => join(...frames));

const cutsOf = (bytes: Bytes): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }).map((cuts) => cuts.sort((a, b) => a - b));

describe("any split of the bytes yields the same events and the same answer", () => {
  for (const role of ["client", "server"] as const) {
    const outcome = (bytes: Bytes, cuts: number[]): unknown[] => {
      const connection = open(role, {
        random: (key) => key.fill(7),
        limits: { maxMessageBytes: 500, maxFragments: 6 },
      });
      const events = feed(connection, bytes, cuts);
      connection.receiveBytes(null);
      return [...joined([...events, ...pull(connection)]), connection.state, [...connection.bytesToSend()]];
    };
    test(`frames to a ${role}`, () => {
      const split = stream(role).chain((bytes) => fc.tuple(fc.constant(bytes), cutsOf(bytes)));
      fc.assert(
        fc.property(split, ([bytes, cuts]) => {
          const whole = outcome(bytes, []);
          expect(outcome(bytes, cuts)).toEqual(whole);
          expect(outcome(bytes, everyByte(bytes))).toEqual(whole);
        }),
        { numRuns: 400 },
      );
    });
    test(`frames to a ${role} that pulls only occasionally`, () => {
      const split = stream(role).chain((bytes) =>
        fc.tuple(fc.constant(bytes), cutsOf(bytes), fc.infiniteStream(fc.nat(3))),
      );
      fc.assert(
        fc.property(split, ([bytes, cuts, pulls]) => {
          const connection = open(role, {
            random: (key) => key.fill(7),
            limits: { maxMessageBytes: 500, maxFragments: 6 },
          });
          const events: WSEvent[] = [];
          const ends = [...cuts, bytes.length];
          ends.forEach((end, i) => {
            connection.receiveBytes(bytes.slice(i === 0 ? 0 : ends[i - 1], end));
            if (pulls.next().value === 0) events.push(...pull(connection));
          });
          connection.receiveBytes(null);
          const told = joined([...events, ...pull(connection)]);
          expect([...told, connection.state, [...connection.bytesToSend()]]).toEqual(outcome(bytes, []));
        }),
        { numRuns: 400 },
      );
    });
  }

  const request = head(
    "GET /chat HTTP/1.1",
    "Host: a",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
  );
  test("a request with single bytes replaced, removed and inserted", () => {
    const outcome = (bytes: Bytes, cuts: number[]): unknown[] => {
      const server = new WSConnection("server");
      const events = feed(server, bytes, cuts);
      server.receiveBytes(null);
      return [...joined([...events, ...pull(server)]), [...server.bytesToSend()]];
    };
    const edits = fc.array(fc.tuple(fc.nat(request.length), fc.nat(1), fc.uint8Array({ maxLength: 2 })), {
      maxLength: 2,
    });
    fc.assert(
      fc.property(edits, fc.array(fc.nat(request.length), { maxLength: 5 }), (changes, cuts) => {
        let bytes: Bytes = request;
        for (const [at, removed, added] of changes)
          bytes = join(bytes.subarray(0, at), added, bytes.subarray(at + removed));
        const whole = outcome(bytes, []);
        expect(
          outcome(
            bytes,
            cuts.filter((cut) => cut <= bytes.length).sort((a, b) => a - b),
          ),
        ).toEqual(whole);
        expect(outcome(bytes, everyByte(bytes))).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});

describe("any bytes", () => {
  const garbage = fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), frame("client"), frame("server")), {
    maxLength: 10,
  });
  for (const role of ["client", "server"] as const) {
    for (const handshake of ["http1", "none"] as const) {
      test(`a ${role} (${handshake}) ends in a typed outcome, reported once and last`, () => {
        fc.assert(
          fc.property(garbage, (chunks) => {
            const connection = new WSConnection(role, {
              ...(role === "client" && { host: "a", resource: "/" }),
              handshake,
            });
            const events: WSEvent[] = [];
            for (const chunk of chunks) {
              connection.receiveBytes(chunk.slice());
              events.push(...pull(connection));
            }
            connection.receiveBytes(null);
            events.push(...pull(connection));
            const closed = events.filter((event) => event.type === "connectionClosed");
            expect(closed).toHaveLength(1);
            expect(events.at(-1)).toBe(closed[0]);
            if (closed[0]?.error !== undefined) expect(closed[0].error).toBeInstanceOf(RemoteProtocolError);
            expect(connection.state).toBe("closed");
          }),
          { numRuns: 300 },
        );
      });
    }
  }
});

describe("any calls of the application", () => {
  type Call = (connection: WSConnection) => void;
  const calls = fc.array(
    fc.constantFrom<Call>(
      (connection) => connection.sendData("a"),
      (connection) => connection.sendData("a", false),
      (connection) => connection.sendData(hex("62")),
      (connection) => connection.ping(),
      (connection) => connection.pong(hex("01")),
      (connection) => connection.close(1000, "bye"),
      (connection) => connection.close(999),
      (connection) => connection.receiveBytes(null),
      (connection) => connection.receiveBytes(hex("89 00")),
      (connection) => connection.receiveBytes(hex("81 01 61")),
      (connection) => connection.receiveBytes(hex("88 00")),
      (connection) => connection.receiveBytes(hex("ff")),
      (connection) => connection.advanceTime(1000),
      (connection) => connection.accept({} as never),
      (connection) => connection.sendRejectionData("x"),
    ),
    { maxLength: 12 },
  );
  test("a refused call throws an error of its kind, and sends and changes nothing", () => {
    fc.assert(
      fc.property(calls, (sequence) => {
        const client = open("client");
        let ends = 0;
        for (const call of sequence) {
          const before = { sent: client.bufferedAmount, state: client.state };
          try {
            call(client);
          } catch (error) {
            expect(
              error instanceof LocalProtocolError || error instanceof RangeError || error instanceof TypeError,
            ).toBe(true);
            expect({ sent: client.bufferedAmount, state: client.state }).toEqual(before);
          }
          ends += pull(client).filter(({ type }) => type === "connectionClosed").length;
          expect(ends).toBe(client.closed ? 1 : 0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("one end sees what the other sends, through any splits, in both directions", () => {
  const message = fc.oneof(fc.string({ unit: "grapheme", maxLength: 300 }), fc.uint8Array({ maxLength: 300 }));
  const plan = fc.array(fc.tuple(message, fc.boolean(), fc.nat(40)), { maxLength: 20 });
  fc.assert(
    fc.property(plan, fc.constantFrom<ConnectionType>("client", "server"), fc.nat(50), (messages, role, piece) => {
      const sender = open(role);
      const receiver = open(role === "client" ? "server" : "client");
      const told: (string | Bytes)[] = [];
      const parts: (string | Bytes)[] = [];
      for (const [data, inTwo, at] of messages) {
        const cut = Math.min(at, data.length);
        if (inTwo) sender.sendData(data.slice(0, cut), false);
        sender.sendData(inTwo ? data.slice(cut) : data);
      }
      while (sender.bufferedAmount > 0) {
        for (const event of feed(receiver, sender.bytesToSend(piece + 1))) {
          if (event.type !== "textReceived" && event.type !== "bytesReceived") throw new Error(event.type);
          parts.push(event.data);
          if (!event.messageFinished) continue;
          told.push(event.type === "textReceived" ? parts.join("") : join(...parts.map((part) => part as Bytes)));
          parts.length = 0;
        }
      }
      expect(told).toEqual(messages.map(([data]) => (typeof data === "string" ? data : join(data))));
    }),
    { numRuns: 300 },
  );
});
