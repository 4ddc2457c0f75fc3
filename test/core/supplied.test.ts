/**
 * Code of the application, such as codecs and `random`, may throw anything at any time: one connection ends, and
 * nothing else.
 */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import {
  LocalProtocolError,
  RemoteProtocolError,
  WSConnection,
  type ConnectionClosed,
  type ConnectionOptions,
  type ConnectionRequested,
  type ConnectionType,
  type Extension,
  type ExtensionCodec,
  type WSEvent,
} from "../../src/index.ts";
import { asked, client, request, response } from "../handshake/heads.ts";
import { expectClosed, feed, hex, open, pull, readClose, toHex } from "../support/wire.ts";

const thrown = new Error("as thrown");

function fails(): never {
  throw thrown;
}

/** An open connection at which these codecs work. */
function openWith(
  type: ConnectionType,
  codecs: Partial<ExtensionCodec>[],
  options: ConnectionOptions = {},
): WSConnection {
  const extensions = codecs.map((codec, i) => ({
    name: `x-${i}`,
    parameters: [],
    codec: { reservedBits: 4 >> i, ...codec },
  }));
  return open(type, { masking: false, extensions, ...options });
}

/** An extension that agrees on whatever is offered. */
function extensionOf(hooks: Partial<Extension>, codec: ExtensionCodec = { reservedBits: 4 }): Extension {
  return {
    name: "x-0",
    offer: () => [[]],
    accept: () => ({ parameters: [], codec }),
    confirm: () => codec,
    ...hooks,
  };
}

/** Expects that our side failed, by default with `thrown` as the cause, and that the connection is over. */
function expectFailure(
  connection: WSConnection,
  events: readonly WSEvent[],
  code: "extensionFailed" | "randomFailed",
  ...causes: unknown[]
): ConnectionClosed {
  const closed = expectClosed(events);
  expect(closed.error).toBeInstanceOf(LocalProtocolError);
  expect(closed.error).toMatchObject({ code, closeCode: 1011 });
  expect(closed.error).toMatchObject({ cause: causes.length > 0 ? causes[0] : thrown });
  expect(closed.wasClean).toBe(false);
  expect([connection.state, connection.nextDeadlineMs, connection.unreadAmount]).toEqual(["closed", undefined, 0]);
  expect(feed(connection, hex("82 01 61"))).toEqual([]);
  return closed;
}

describe("a codec that throws while events are pulled ends the connection with Close 1011", () => {
  const hooks: [string, Partial<ExtensionCodec>][] = [
    ["receiveFrame", { receiveFrame: fails }],
    ["decode", { decode: fails }],
    ["what decode returns, when it is asked for its iterator", { decode: () => ({ [Symbol.iterator]: fails }) }],
    ["the first piece", { decode: () => ({ [Symbol.iterator]: () => ({ next: fails }) }) }],
  ];
  test.each(hooks)("%s", (_, codec) => {
    for (const type of ["client", "server"] as const) {
      const connection = openWith(type, [codec]);
      const closed = expectFailure(connection, feed(connection, hex("82 01 61")), "extensionFailed");
      expect(closed).toMatchObject({ code: 1006, reason: "", initiator: "local" });
      expect(closed.received).toBeUndefined();
      const { code, reason } = readClose(connection.bytesToSend());
      expect([code, reason]).toEqual([1011, "the extension x-0 failed"]);
      expect(closed.sent).toEqual({ code, reason });
      expect(closed.error?.message).toBe(reason);
    }
  });

  test("each of several codecs", () => {
    for (const i of [0, 1]) {
      const harmless: Partial<ExtensionCodec> = { decode: (payload) => [payload] };
      const codecs = [harmless, harmless].with(i, { decode: fails });
      const connection = openWith("client", codecs);
      const { error } = expectFailure(connection, feed(connection, hex("82 01 61")), "extensionFailed");
      expect(error?.message).toBe(`the extension x-${i} failed`);
    }
  });

  test("after the pieces before it have been delivered", () => {
    const connection = openWith("client", [
      {
        *decode() {
          yield hex("61");
          yield hex("62");
          fails();
        },
      },
    ]);
    const events = feed(connection, hex("82 01 00"));
    expect(events.slice(0, -1)).toMatchObject([{ data: hex("61") }, { data: hex("62"), messageFinished: false }]);
    expectFailure(connection, events, "extensionFailed");
  });

  test.each<[string, unknown]>([
    ["a string", "oops"],
    ["nothing", undefined],
    ["an object without a prototype", Object.create(null)],
    ["a LocalProtocolError", new LocalProtocolError("x", { code: "wrongState" })],
  ])("whatever is thrown becomes the cause: %s", (_, value) => {
    const codec: Partial<ExtensionCodec> = {
      decode() {
        throw value;
      },
    };
    const connection = openWith("client", [codec]);
    expectFailure(connection, feed(connection, hex("82 01 61")), "extensionFailed", value);
  });

  test.each<[string, unknown]>([
    ["a promise", Promise.resolve()],
    ["nothing", undefined],
    ["a list of text", ["a"]],
    ["a list of text, one by one", new Set(["a"])],
    ["an iterator that yields nothing that is one", { [Symbol.iterator]: () => ({ next: () => null }) }],
  ])("decode must return bytes: %s", (_, pieces) => {
    const connection = openWith("client", [{ decode: () => pieces as Iterable<never> }]);
    const { cause } = expectClosed(feed(connection, hex("82 01 61"))).error!;
    expect(cause).toBeInstanceOf(TypeError);
    expect(readClose(connection.bytesToSend()).code).toBe(1011);
  });

  test("a RemoteProtocolError counts as the peer's fault, not as a failure of the codec", () => {
    const error = new RemoteProtocolError("no", { code: "extensionFault", closeCode: 1002 });
    const codec: Partial<ExtensionCodec> = {
      receiveFrame() {
        throw error;
      },
    };
    const connection = openWith("client", [codec]);
    expect(expectClosed(feed(connection, hex("82 01 61"))).error).toBe(error);
    expect(readClose(connection.bytesToSend()).code).toBe(1002);
  });

  test.each([1005, 99_999, 1000.5, NaN])(
    "a RemoteProtocolError with the close code %s ends it without a Close",
    (closeCode) => {
      const codec: Partial<ExtensionCodec> = {
        receiveFrame() {
          throw new RemoteProtocolError("no", { code: "extensionFault", closeCode });
        },
      };
      const connection = openWith("client", [codec]);
      expect(expectClosed(feed(connection, hex("82 01 61"))).sent).toBeUndefined();
      expect(connection.bytesToSend()).toHaveLength(0);
    },
  );

  test("after our Close there is no second one", () => {
    const connection = openWith("client", [{ receiveFrame: fails }]);
    connection.close(4000);
    const closed = expectFailure(connection, feed(connection, hex("82 01 61")), "extensionFailed");
    expect(closed).toMatchObject({ initiator: "local", sent: { code: 4000 } });
    expect(toHex(connection.bytesToSend())).toBe("88 02 0f a0");
  });

  test("if random also fails, the connection ends without a Close", () => {
    const connection = openWith("client", [{ receiveFrame: fails }], { masking: true, random: fails });
    const closed = expectFailure(connection, feed(connection, hex("82 01 61")), "extensionFailed");
    expect(closed.sent).toBeUndefined();
    expect(closed.initiator).toBeUndefined();
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test("every codec is released once, even if one throws in release(), and a clean end stays clean", () => {
    const released: number[] = [];
    const codecs = [0, 1, 2].map((i) => ({
      release() {
        released.push(i);
        if (i < 2) fails();
      },
    }));
    const connection = openWith("client", codecs);
    expect(expectClosed(feed(connection, hex("88 02 03 e8")))).toMatchObject({ code: 1000, wasClean: true });
    expect(pull(connection)).toEqual([]);
    expect(released).toEqual([0, 1, 2]);
  });
});

describe("a client's extension that throws at the server's response ends the connection", () => {
  const answer = response("+Sec-WebSocket-Extensions: x-0");
  const reservedBits = { get: fails };

  test.each<[string, Extension, unknown]>([
    ["confirm", extensionOf({ confirm: fails }), thrown],
    [
      "a codec's property",
      extensionOf({}, Object.defineProperty({} as ExtensionCodec, "reservedBits", reservedBits)),
      thrown,
    ],
    ["null for a codec", extensionOf({ confirm: () => null as never }), expect.any(TypeError)],
  ])("%s", (_, extension, cause) => {
    const connection = client({ extensions: [extension] });
    connection.bytesToSend();
    const closed = expectFailure(connection, feed(connection, answer), "extensionFailed", cause);
    expect(closed).toMatchObject({ code: 1006, wasClean: false });
    expect(connection.bytesToSend()).toHaveLength(0);
  });
});

describe("an automatic reply without a mask ends the connection, and nothing is thrown", () => {
  test("the pong", () => {
    const connection = open("client", { random: fails });
    expectFailure(connection, feed(connection, hex("89 01 61")), "randomFailed");
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test("the pong that had no room", () => {
    let works = true;
    const random = (): void => void (works || fails());
    const connection = open("client", { random, limits: { maxQueuedReplies: 1 } });
    expect(feed(connection, hex("89 01 61 89 01 62"))).toHaveLength(2);
    works = false;
    expect(toHex(connection.bytesToSend().subarray(0, 2))).toBe("8a 81");
    expectFailure(connection, pull(connection), "randomFailed");
  });

  test("the Close: the peer's was received, and is not answered", () => {
    const connection = open("client", { random: fails });
    const closed = expectFailure(connection, feed(connection, hex("88 05 03 e8 62 79 65")), "randomFailed");
    expect(closed).toMatchObject({ code: 1000, reason: "bye", initiator: "remote", received: { code: 1000 } });
    expect(closed.sent).toBeUndefined();
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test("the Close, if the next draw succeeds: it names the failure", () => {
    let draws = 0;
    const connection = open("client", { random: () => void (draws++ > 0 || fails()) });
    const closed = expectFailure(connection, feed(connection, hex("88 02 03 e8")), "randomFailed");
    expect(closed).toMatchObject({ code: 1000, wasClean: false, initiator: "remote", sent: { code: 1011 } });
    expect(readClose(connection.bytesToSend()).code).toBe(1011);
  });

  test("a keepalive ping", () => {
    const connection = open("client", { random: fails, keepalive: { intervalMs: 10, timeoutMs: 10 } });
    connection.advanceTime(0);
    connection.advanceTime(10);
    expectFailure(connection, pull(connection), "randomFailed");
    expect(connection.bytesToSend()).toHaveLength(0);
  });

  test("the Close of a deadline", () => {
    const connection = open("client", { random: fails, messageTimeoutMs: 10 });
    connection.advanceTime(0);
    feed(connection, hex("82"));
    connection.advanceTime(10);
    const closed = expectClosed(pull(connection));
    expect(closed.error).toMatchObject({ name: "RemoteProtocolError", code: "messageTimeout" });
    expect(closed.sent).toBeUndefined();
  });

  test("a server draws no mask, and neither does a client that does not mask", () => {
    for (const connection of [open("server", { random: fails }), open("client", { masking: false, random: fails })]) {
      feed(connection, connection.type === "server" ? hex("89 80 00 00 00 00") : hex("89 00"));
      expect(toHex(connection.bytesToSend())).toBe("8a 00");
    }
  });
});

describe("a call throws what random throws; nothing is sent or changed, and the call can be repeated", () => {
  test.each<[string, (connection: WSConnection) => void, string]>([
    ["sendData", (connection) => connection.sendData("hi"), "81 82 00 00 00 00 68 69"],
    ["sendData of bytes", (connection) => connection.sendData(hex("61")), "82 81 00 00 00 00 61"],
    ["sendData of a fragment", (connection) => connection.sendData("a", false), "01 81 00 00 00 00 61"],
    ["ping", (connection) => connection.ping(), "89 80 00 00 00 00"],
    ["pong", (connection) => connection.pong(hex("61")), "8a 81 00 00 00 00 61"],
    ["close", (connection) => connection.close(1000), "88 82 00 00 00 00 03 e8"],
  ])("%s", (_, call, sent) => {
    let works = false;
    const random = (bytes: Uint8Array): void => (works ? void bytes.fill(0) : fails());
    const connection = open("client", { random });
    for (let i = 0; i < 2; i++) {
      expect(() => call(connection)).toThrow(thrown);
      expect([connection.state, connection.bufferedAmount]).toEqual(["open", 0]);
    }
    expect(pull(connection)).toEqual([]);
    works = true;
    call(connection);
    expect(toHex(connection.bytesToSend())).toBe(sent);
  });

  test("half a character that waits for the next fragment still waits", () => {
    let works = true;
    const random = (bytes: Uint8Array): void => (works ? void bytes.fill(0) : fails());
    const connection = open("client", { random });
    connection.sendData("\ud83d", false);
    works = false;
    expect(() => connection.sendData("\ude00")).toThrow(thrown);
    works = true;
    connection.sendData("\ude00");
    expect(toHex(connection.bytesToSend())).toBe("01 80 00 00 00 00 80 84 00 00 00 00 f0 9f 98 80");
  });
});

describe("a call throws what encode throws, and the connection ends, because the codec may have encoded what is never sent", () => {
  test.each<[string, Partial<ExtensionCodec>[]]>([
    ["the only codec", [{ encode: fails }]],
    ["the first of two", [{ encode: fails }, {}]],
    ["the second of two", [{ encode: (frame) => frame }, { encode: fails }]],
  ])("%s", (_, codecs) => {
    const connection = openWith("server", codecs);
    expect(() => connection.sendData("a")).toThrow(thrown);
    expect(() => connection.sendData("a")).toThrow(LocalProtocolError);
    const closed = expectFailure(connection, pull(connection), "extensionFailed");
    expect(closed.sent?.code).toBe(1011);
    expect(readClose(connection.bytesToSend()).code).toBe(1011);
  });

  test("in the middle of a message: what was sent of it stays, and the Close follows", () => {
    let frames = 0;
    const connection = openWith("server", [{ encode: (frame) => (frames++ === 0 ? frame : fails()) }]);
    connection.sendData("a", false);
    expect(() => connection.sendData("b")).toThrow(thrown);
    expect(toHex(connection.bytesToSend().subarray(0, 7))).toBe("01 01 61 88 1a 03 f3");
  });

  test("encode must return bytes", () => {
    const connection = openWith("server", [{ encode: (frame) => ({ ...frame, payload: "a" as never }) }]);
    expect(() => connection.sendData("a")).toThrow(TypeError);
    expect(expectClosed(pull(connection)).error?.cause).toBeInstanceOf(TypeError);
  });

  test("a RemoteProtocolError is also thrown unchanged", () => {
    const error = new RemoteProtocolError("no", { code: "extensionFault", closeCode: 1002 });
    const connection = openWith("server", [
      {
        encode() {
          throw error;
        },
      },
    ]);
    expect(() => connection.sendData("a")).toThrow(error);
    expect(expectClosed(pull(connection)).error).toBe(error);
  });
});

describe("errors while a connection is created or accepted are thrown to the caller", () => {
  test("random, for the key of the request", () => {
    expect(() => client({ random: fails })).toThrow(thrown);
  });

  test("offer", () => {
    expect(() => client({ extensions: [extensionOf({ offer: fails })] })).toThrow(thrown);
  });

  test.each<[ConnectionType, keyof Extension]>([
    ["client", "offer"],
    ["client", "accept"],
    ["client", "confirm"],
    ["server", "accept"],
  ])("a %s that opens by prior knowledge: %s", (type, hook) => {
    const extensions = [extensionOf({ [hook]: fails })];
    expect(() => new WSConnection(type, { handshake: "none", extensions })).toThrow(thrown);
  });

  test("accept, and the request still waits for an answer", () => {
    let works = false;
    const codec: ExtensionCodec = { reservedBits: 4 };
    const accept: Extension["accept"] = () => (works ? { parameters: [], codec } : fails());
    const server = new WSConnection("server", { extensions: [extensionOf({ accept })] });
    const [requested] = feed(server, request("+Sec-WebSocket-Extensions: x-0"));
    expect(() => server.accept(requested as ConnectionRequested)).toThrow(thrown);
    expect([server.state, server.bufferedAmount]).toEqual(["connecting", 0]);
    expect(pull(server)).toEqual([]);
    works = true;
    server.accept(requested as ConnectionRequested);
    expect(server.extensions).toEqual([{ name: "x-0", parameters: [] }]);
  });

  test("a property of the accepted codec, on any read", () => {
    for (let reads = 0; reads < 4; reads++) {
      let left = reads;
      const reservedBits = { get: () => (left-- > 0 ? 4 : fails()) };
      const codec = Object.defineProperty({} as ExtensionCodec, "reservedBits", reservedBits);
      const server = new WSConnection("server", { extensions: [extensionOf({}, codec)] });
      const [requested] = feed(server, request("+Sec-WebSocket-Extensions: x-0"));
      try {
        server.accept(requested as ConnectionRequested);
        expect(server.state).toBe("open");
      } catch (error) {
        expect(error).toBe(thrown);
        expect([server.state, server.bufferedAmount]).toEqual(["connecting", 0]);
      }
    }
  });

  test("headers of an answer", () => {
    const { server, requested } = asked();
    const headers = Object.defineProperty({}, "a", { enumerable: true, get: fails });
    expect(() => server.accept(requested, { headers })).toThrow(thrown);
    expect([server.state, server.bufferedAmount]).toEqual(["connecting", 0]);
  });
});

describe("whatever throws", () => {
  type Step = (connection: WSConnection) => void;
  const steps: readonly Step[] = [
    ...["82 01 61", "01 01 61", "80 01 62", "c2 02 61 62", "89 01 70", "8a 00", "88 02 03 e8"].map(
      (bytes): Step =>
        (connection) =>
          connection.receiveBytes(hex(bytes)),
    ),
    (connection) => connection.receiveBytes(null),
    (connection) => connection.sendData("a"),
    (connection) => connection.sendData("b", false),
    (connection) => connection.ping(),
    (connection) => connection.pong(),
    (connection) => connection.close(),
  ];

  test("there is one end, the last event; only calls throw, and the connection is unchanged or ended", () => {
    const codes = new Set<string | undefined>();
    fc.assert(
      fc.property(
        fc.constantFrom<ConnectionType>("client", "server"),
        fc.array(fc.constantFrom(...steps), { maxLength: 12 }),
        fc.infiniteStream(fc.nat(12)),
        (type, sequence, chances) => {
          const mayThrow = (): void => void (chances.next().value === 0 && fails());
          const codec: ExtensionCodec = {
            reservedBits: 4,
            receiveFrame: mayThrow,
            *decode(payload) {
              mayThrow();
              yield payload;
              mayThrow();
            },
            encode(frame) {
              mayThrow();
              return frame;
            },
            release: mayThrow,
          };
          const connection = new WSConnection(type, {
            handshake: "none",
            extensions: [{ name: "x", parameters: [], codec }],
            masking: type === "client",
            random: mayThrow,
            limits: { maxQueuedReplies: 1 },
            keepalive: { intervalMs: 10, timeoutMs: 25 },
          });
          const events: WSEvent[] = [];
          let nowMs = 0;
          for (const step of sequence) {
            connection.advanceTime((nowMs += 5));
            const before = [connection.state, connection.bufferedAmount];
            try {
              step(connection);
            } catch (error) {
              expect(error === thrown || error instanceof LocalProtocolError).toBe(true);
              if (!connection.closed) expect([connection.state, connection.bufferedAmount]).toEqual(before);
            }
            events.push(...connection.events());
            connection.bytesToSend();
          }
          if (!connection.closed) connection.receiveBytes(null);
          events.push(...connection.events());
          codes.add(expectClosed(events).error?.code);
          expect(connection.state).toBe("closed");
        },
      ),
      { numRuns: 2000 },
    );
    for (const code of ["extensionFailed", "randomFailed", "keepaliveTimeout", undefined])
      expect(codes).toContain(code);
  });
});
