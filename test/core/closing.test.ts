/** RFC 6455 §5.5.1, §7: the closing handshake, its codes, and the single terminal event. */
import { describe, expect, test } from "vitest";
import { answerLater } from "../../src/connection/connection.ts";
import type { CloseFrame } from "../../src/core/events.ts";
import { lifeCycle, WSConnection, type ConnectionOptions, type ConnectionState } from "../../src/index.ts";
import { text } from "../support/events.ts";
import {
  ascii,
  everyByte,
  everyWay,
  expectClosed,
  expectViolation,
  feed,
  hex,
  join,
  open,
  pull,
  readClose,
  toHex,
} from "../support/wire.ts";

/** A Close frame from the server. */
const close = (body: Uint8Array): Uint8Array => join(Uint8Array.of(0x88, body.length), body);
const closeWith = (code: number, reason = ""): Uint8Array =>
  close(join(Uint8Array.of(code >> 8, code & 255), ascii(reason)));

const MAY_BE_SENT = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const MAY_NOT = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

describe("§5.5.1 the peer closes", () => {
  test("its Close frame is echoed, and the connection is closed", () =>
    everyWay(
      () => open("client"),
      closeWith(1000, "bye"),
      ({ connection, events, sent }) => {
        expect(events).toEqual([
          {
            type: "connectionClosed",
            code: 1000,
            reason: "bye",
            wasClean: true,
            initiator: "remote",
            sent: { code: 1000, reason: "bye" },
            received: { code: 1000, reason: "bye" },
          },
        ]);
        expect(readClose(sent)).toEqual({ code: 1000, reason: "bye" });
        expect([connection.state, connection.closed]).toEqual(["closed", true]);
      },
    ));
  test("a Close frame without a body means code 1005, and the echo has none", () =>
    everyWay(
      () => open("server"),
      hex("88 80 00 00 00 00"),
      ({ events, sent }) => {
        expect(expectClosed(events)).toMatchObject({ code: 1005, reason: "", wasClean: true });
        expect(toHex(sent)).toBe("88 00");
      },
    ));
  test.each(MAY_BE_SENT)("code %i is accepted", (code) => {
    const client = open("client");
    expect(expectClosed(feed(client, closeWith(code)))).toMatchObject({ code, wasClean: true });
    expect(readClose(client.bytesToSend()).code).toBe(code);
  });
  test.each(MAY_NOT)("code %i is refused", (code) =>
    expectViolation("client", closeWith(code), "closeCodeInvalid", 1002),
  );
  test("a body of one byte is refused", () => expectViolation("client", "88 01 03", "closeBodyTooShort", 1002));
  test("a reason of 123 bytes is accepted", () => {
    const reason = "é".repeat(61) + "!";
    expect(expectClosed(feed(open("client"), closeWith(1000, reason)))).toMatchObject({ reason });
  });
  test.each(["ff", "c3", "ed a0 80", "61 c3"])("a reason that is not UTF-8 is refused: %s", (reason) =>
    expectViolation("client", close(hex("03 e8", reason)), "invalidUtf8", 1007),
  );
  test("it may close in the middle of a message, which then never finishes", () => {
    const events = feed(open("client"), join(hex("01 01 61"), closeWith(1001)));
    expect(events.map((event) => event.type)).toEqual(["textReceived", "connectionClosed"]);
    expect(expectClosed(events)).toMatchObject({ code: 1001, wasClean: true });
  });
  test("bytes after its Close frame are dropped (§5.5.1)", () => {
    const client = open("client");
    expect(feed(client, join(closeWith(1000), hex("81 01 61 ff ff")))).toHaveLength(1);
    client.receiveBytes(hex("81 01 61"));
    client.receiveBytes(null);
    client.receiveBytes(hex("81 01 61"));
    expect(pull(client)).toEqual([]);
  });
});

describe("§7.1.2 we close", () => {
  test.each(MAY_BE_SENT)("close(%i) sends that code", (code) => {
    const server = open("server");
    server.close(code, "why");
    expect(readClose(server.bytesToSend())).toEqual({ code, reason: "why" });
    expect(server.state).toBe("localClosing");
  });
  test("close() sends an empty Close frame; with a reason alone the code is 1000", () => {
    const [bare, explained] = [open("server"), open("server")];
    bare.close();
    explained.close(undefined, "why");
    expect(toHex(bare.bytesToSend())).toBe("88 00");
    expect(readClose(explained.bytesToSend())).toEqual({ code: 1000, reason: "why" });
  });
  test.each([...MAY_NOT, 1000.5, NaN, -1, Infinity])("close(%s) is a RangeError, and nothing is sent", (code) => {
    const server = open("server");
    expect(() => server.close(code)).toThrow(RangeError);
    expect(server.bytesToSend()).toHaveLength(0);
    expect(server.state).toBe("open");
  });
  test("a reason of more than 123 bytes is a RangeError, another type a TypeError", () => {
    const server = open("server");
    server.close(1000, "é".repeat(61) + "!");
    const other = open("server");
    expect(() => other.close(1000, "é".repeat(62))).toThrow(RangeError);
    expect(() => other.close(1000, 7 as never)).toThrow(TypeError);
    expect(() => other.close("1000" as never)).toThrow(RangeError);
    expect([other.bytesToSend().length, other.state]).toEqual([0, "open"]);
  });
  test("the peer's Close frame is the answer: it is not echoed again", () => {
    const client = open("client");
    client.close(4000, "mine");
    client.bytesToSend();
    expect(expectClosed(feed(client, closeWith(1000, "theirs")))).toEqual({
      type: "connectionClosed",
      code: 1000,
      reason: "theirs",
      wasClean: true,
      initiator: "local",
      sent: { code: 4000, reason: "mine" },
      received: { code: 1000, reason: "theirs" },
    });
    expect(client.bytesToSend()).toHaveLength(0);
  });
  test("both may close at the same time", () => {
    const [client, server] = [open("client"), open("server")];
    client.close(1000, "c");
    server.close(1001, "s");
    const [fromClient, fromServer] = [client.bytesToSend(), server.bytesToSend()];
    expect(expectClosed(feed(client, fromServer))).toMatchObject({ code: 1001, initiator: "local", wasClean: true });
    expect(expectClosed(feed(server, fromClient))).toMatchObject({ code: 1000, initiator: "local", wasClean: true });
    expect([client.bytesToSend().length, server.bytesToSend().length]).toEqual([0, 0]);
  });
  test("until the peer's Close frame arrives, its messages are delivered and its pings are not answered", () => {
    const client = open("client");
    client.close();
    client.bytesToSend();
    const events = feed(client, join(hex("81 01 61 89 00"), closeWith(1000)));
    expect(events.map((event) => event.type)).toEqual(["textReceived", "pingReceived", "connectionClosed"]);
    expect(client.bytesToSend()).toHaveLength(0);
  });
  test("a violation after our Close frame sends no second one", () => {
    const client = open("client");
    client.close();
    client.bytesToSend();
    expect(expectClosed(feed(client, hex("83 00")))).toMatchObject({ code: 1006, error: { code: "reservedOpcode" } });
    expect(client.bytesToSend()).toHaveLength(0);
  });
});

describe("§7.1.5, §7.1.7 the stream ends without a closing handshake", () => {
  const frames = join(hex("81 02 c3 a9 02 01 61 89 01 2a 80 7e 00 80 62*128"), closeWith(1000, "bye"));
  test.each([0, ...everyByte(frames)])("at byte %i: the code is 1006, once and last", (at) => {
    const client = open("client");
    const events = feed(client, frames.subarray(0, at));
    client.receiveBytes(null);
    events.push(...pull(client));
    expect(expectClosed(events)).toStrictEqual({ type: "connectionClosed", code: 1006, reason: "", wasClean: false });
    expect(pull(client)).toEqual([]);
    expect(client.state).toBe("closed");
  });
  test("messages before the end are delivered before it", () => {
    const client = open("client");
    client.receiveBytes(hex("81 01 61"));
    client.receiveBytes(null);
    expect(pull(client).map((event) => event.type)).toEqual(["textReceived", "connectionClosed"]);
  });
  test("after our Close frame: 1006, with the code that we sent", () => {
    const client = open("client");
    client.close(1000, "bye");
    client.receiveBytes(null);
    expect(expectClosed(pull(client))).toStrictEqual({
      type: "connectionClosed",
      code: 1006,
      reason: "",
      wasClean: false,
      initiator: "local",
      sent: { code: 1000, reason: "bye" },
    });
  });
  test("the end may be reported twice, and bytes after it are a LocalProtocolError", () => {
    const client = open("client");
    client.receiveBytes(null);
    client.receiveBytes(null);
    expect(() => client.receiveBytes(hex("81 00"))).toThrow(expect.objectContaining({ code: "inputEnded" }));
    expect(pull(client)).toHaveLength(1);
  });
});

describe("which calls are allowed when", () => {
  const calls: Record<string, (connection: WSConnection) => void> = {
    sendData: (connection) => connection.sendData("a"),
    ping: (connection) => connection.ping(),
    pong: (connection) => connection.pong(),
    close: (connection) => connection.close(),
  };
  const states: Record<string, () => WSConnection> = {
    connecting: () => new WSConnection("server"),
    localClosing: () => {
      const connection = open("server");
      connection.close();
      return connection;
    },
    closed: () => {
      const connection = open("server");
      connection.receiveBytes(null);
      pull(connection);
      return connection;
    },
  };
  for (const [state, make] of Object.entries(states)) {
    test.each(Object.keys(calls))(
      `while ${state} %s is a LocalProtocolError, and nothing is sent or changed`,
      (name) => {
        const connection = make();
        connection.bytesToSend();
        expect(connection.state).toBe(state);
        expect(() => calls[name]?.(connection)).toThrow(
          expect.objectContaining({ name: "LocalProtocolError", code: "wrongState" }),
        );
        expect(connection.bytesToSend()).toHaveLength(0);
        expect(connection.state).toBe(state);
      },
    );
  }
  test("lifeCycle reaches every state from the first, and every state but the last can be left", () => {
    const reached = new Set<ConnectionState>(["connecting"]);
    for (const state of reached) Object.values(lifeCycle[state]).forEach((next) => reached.add(next));
    expect([...reached].sort()).toEqual(Object.keys(lifeCycle).sort());
    for (const [state, row] of Object.entries(lifeCycle))
      expect(Object.keys(row).length > 0, state).toBe(state !== "closed");
  });
  test.each([undefined, 7, null, {}, ["a"], Symbol("s"), true])("sendData(%s) is a TypeError", (data) => {
    const server = open("server");
    expect(() => server.sendData(data as never)).toThrow(TypeError);
    if (data !== undefined) expect(() => server.ping(data as never)).toThrow(TypeError);
    if (data !== null) expect(() => server.receiveBytes(data as never)).toThrow(TypeError);
    expect(() => server.receiveBytes("text" as never)).toThrow(TypeError);
    expect(server.bytesToSend()).toHaveLength(0);
    server.sendData("still open");
    expect(server.bytesToSend()).toHaveLength(12);
  });
  test.each([126, 1000])("a ping of %i bytes is a RangeError", (length) => {
    const server = open("server");
    expect(() => server.ping(new Uint8Array(length))).toThrow(RangeError);
    expect(() => server.pong(new Uint8Array(length))).toThrow(RangeError);
    expect(server.bytesToSend()).toHaveLength(0);
  });
  test.each([-1, 0.5, NaN])("bytesToSend(%s) is a RangeError", (amount) => {
    const server = open("server");
    server.sendData("a");
    expect(() => server.bytesToSend(amount)).toThrow(RangeError);
    expect(server.bytesToSend()).toHaveLength(3);
  });
  test("a failing source of randomness sends nothing and changes nothing", () => {
    let fails = true;
    const client = open("client", {
      random: (bytes) => {
        if (fails) throw new Error("no entropy");
        bytes.fill(0);
      },
    });
    expect(() => client.sendData("a", false)).toThrow("no entropy");
    expect(() => client.close(1000)).toThrow("no entropy");
    expect([client.state, client.bytesToSend().length]).toEqual(["open", 0]);
    fails = false;
    client.sendData("b");
    expect(toHex(client.bytesToSend())).toBe("81 81 00 00 00 00 62");
  });
  test("the last bytes of a closed connection can still be sent", () => {
    const client = open("client");
    expect(joinedTypes(feed(client, join(hex("81 01 61"), closeWith(1000))))).toEqual([
      "textReceived",
      "connectionClosed",
    ]);
    expect(client.bufferedAmount).toBe(8);
    expect(client.bytesToSend()).toHaveLength(8);
  });
});

function joinedTypes(events: readonly { type: string }[]): string[] {
  return events.map(({ type }) => type);
}

test("the events of both sides, from open to closed", () => {
  const [client, server] = [open("client"), open("server")];
  client.sendData("ping?");
  expect(feed(server, client.bytesToSend())).toEqual([text("ping?")]);
  server.sendData("pong!");
  server.close(1000);
  expect(feed(client, server.bytesToSend()).map(({ type }) => type)).toEqual(["textReceived", "connectionClosed"]);
  expect(expectClosed(feed(server, client.bytesToSend()))).toMatchObject({ initiator: "local", wasClean: true });
});

describe("§5.5.1 the peer's Close waits for an answer, as a bridge lets it", () => {
  const CLOSE = closeWith(4000, "bye");
  /** A server whose application answers the Close itself, and the Closes that it received. */
  function answering(options: ConnectionOptions = {}): { server: WSConnection; told: CloseFrame[] } {
    const server = open("server", { masking: false, ...options });
    const told: CloseFrame[] = [];
    answerLater(server, (received) => told.push(received));
    return { server, told };
  }

  test("the application gets the Close after all data before it; nothing is sent, and the connection has not ended", () => {
    const bytes = join(hex("81 01 61"), CLOSE);
    for (const cuts of [[], everyByte(bytes)]) {
      const { server, told } = answering();
      expect(feed(server, bytes, cuts)).toMatchObject([{ type: "textReceived", data: "a" }]);
      expect(told).toEqual([{ code: 4000, reason: "bye" }]);
      expect([toHex(server.bytesToSend()), server.state, server.closed]).toEqual(["", "remoteClosing", false]);
    }
  });
  test("close() answers with its code, and ends the connection", () => {
    const { server } = answering();
    feed(server, CLOSE);
    server.close(4001, "ok");
    expect(toHex(server.bytesToSend())).toBe("88 04 0f a1 6f 6b");
    expect(pull(server)).toEqual([
      {
        type: "connectionClosed",
        code: 4000,
        reason: "bye",
        wasClean: true,
        initiator: "remote",
        sent: { code: 4001, reason: "ok" },
        received: { code: 4000, reason: "bye" },
      },
    ]);
    expect(server.closed).toBe(true);
    expect(() => server.close()).toThrow("can't sendClose while closed");
  });
  test("data and pings can be sent until then", () => {
    const { server } = answering();
    feed(server, CLOSE);
    server.sendData("hi");
    server.ping();
    server.pong();
    server.close();
    expect(toHex(server.bytesToSend())).toBe("81 02 68 69 89 00 8a 00 88 00");
  });
  test("everything after the Close is dropped, even the end of the stream", () => {
    const { server } = answering();
    expect(feed(server, join(CLOSE, hex("81 01 61")))).toEqual([]);
    expect(feed(server, hex("ff ff"))).toEqual([]);
    server.receiveBytes(null);
    expect(pull(server)).toEqual([]);
    expect(server.unreadAmount).toBe(0);
    server.close(1000);
    expect(expectClosed(pull(server))).toMatchObject({ code: 4000, wasClean: true });
  });
  test("a Close that answers ours ends the connection as always", () => {
    const { server, told } = answering();
    server.close(4001);
    expect(expectClosed(feed(server, CLOSE))).toMatchObject({ code: 4000, wasClean: true, initiator: "local" });
    expect(told).toEqual([]);
  });
  test("no timer runs meanwhile", () => {
    const { server } = answering({ keepalive: { intervalMs: 10, timeoutMs: 10 }, closeTimeoutMs: 10 });
    server.advanceTime(0);
    feed(server, CLOSE);
    server.advanceTime(1000);
    expect(server.nextDeadlineMs).toBeUndefined();
    expect(server.state).toBe("remoteClosing");
  });
  test("a failure of this side ends the connection, with the Close that tells of it", () => {
    const encode = (): never => {
      throw new Error("a defect");
    };
    const failing = { name: "x", parameters: [], codec: { reservedBits: 0, encode } };
    const { server } = answering({ extensions: [failing] });
    feed(server, CLOSE);
    expect(() => server.sendData("hi")).toThrow("a defect");
    expect(toHex(server.bytesToSend())).toMatch(/^88 .. 03 f3/);
    expect(expectClosed(pull(server))).toMatchObject({ code: 4000, wasClean: false });
  });
});
