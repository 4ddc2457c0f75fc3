/** Short texts sent in a row: encoded together, with the same bytes as if each were sent alone. */
import { describe, expect, test, vi } from "vitest";
import type { ConnectionType, WSConnection } from "../../../src/index.ts";
import { ascii, hex, join, open, type Bytes } from "../../support/wire.ts";

/** Texts of ASCII after which more are expected. */
const BEFORE = Array.from({ length: 8 }, (_, i) => `expected ${i}`);
const LONG = "x".repeat(60);

type Act = (connection: WSConnection) => void;

/** Sends all of it in one go. */
function together(role: ConnectionType, acts: readonly Act[]): Bytes {
  const connection = numbered(role);
  for (const act of acts) act(connection);
  return connection.bytesToSend();
}

/** Takes the output after each, so that nothing is queued. */
function oneByOne(role: ConnectionType, acts: readonly Act[]): Bytes {
  const connection = numbered(role);
  return join(
    ...acts.map((act) => {
      act(connection);
      return connection.bytesToSend();
    }),
  );
}

/** A connection whose masking keys are all different. */
function numbered(role: ConnectionType): WSConnection {
  let drawn = 0;
  return open(role, { random: (key) => key.set([++drawn, 0xfa, drawn >> 8, 0x80]) });
}

const text =
  (data: string): Act =>
  (connection) =>
    connection.sendData(data);

describe.each(["server", "client"] as const)("a %s", (role) => {
  test.each<[what: string, acts: Act[]]>([
    ["texts of ASCII", [text(LONG), text("a"), text(""), text("x".repeat(125)), text("\0\0\0\0\0\0")]],
    ["one that is not", [text(LONG), text("naïve"), text(LONG)]],
    ["one that becomes longer than 125 bytes", [text(LONG), text("é".repeat(63)), text("😀".repeat(40))]],
    ["one of 126 characters", [text(LONG), text("x".repeat(126)), text(LONG)]],
    ["half of a surrogate pair", [text(LONG), text("\ud83d"), text(LONG)]],
    ["bytes in between", [text(LONG), (c) => c.sendData(hex("01 02")), text(LONG)]],
    ["a ping in between", [text(LONG), (c) => c.ping(), text(LONG), (c) => c.pong(hex("01"))]],
    ["fragments in between", [text(LONG), (c) => c.sendData("a", false), (c) => c.sendData("b"), text(LONG)]],
    ["a Close behind them", [text(LONG), text(LONG), (c) => c.close(1000, "bye")]],
    ["more than is encoded at once", Array.from({ length: 700 }, () => text(LONG))],
  ])("sends %s as if each were alone", (_, acts) => {
    const all = [...BEFORE.map(text), ...acts];
    expect(together(role, all)).toEqual(oneByOne(role, all));
  });

  test("knows after each how many bytes are queued", () => {
    const connection = open(role);
    const headerLength = role === "client" ? 6 : 2;
    let bytes = 0;
    for (const data of [...BEFORE, LONG, "é", LONG, "last"]) {
      connection.sendData(data);
      bytes += headerLength + new TextEncoder().encode(data).length;
      expect(connection.bufferedAmount).toBe(bytes);
    }
  });
  test("returns the queued bytes in chunks, and in the amount requested", () => {
    const connection = open("server");
    for (const data of [...BEFORE, LONG, LONG]) connection.sendData(data);
    const expected = join(
      ...[...BEFORE, LONG, LONG].map((data) => join(hex("81"), new Uint8Array([data.length]), ascii(data))),
    );
    const first = connection.bytesToSend(5);
    expect(join(first, ...connection.chunksToSend())).toEqual(expected);
  });
  test("answers a ping after the texts that were sent before", () => {
    const connection = numbered(role);
    const acts = [...BEFORE, LONG, LONG].map(text);
    for (const act of acts) act(connection);
    const ping = role === "server" ? hex("89 80 00 00 00 00") : hex("89 00");
    connection.receiveBytes(ping);
    expect(connection.events().next().value).toMatchObject({ type: "pingReceived" });
    expect(connection.bytesToSend()).toEqual(oneByOne(role, [...acts, (c) => c.pong()]));
  });
});

describe("the encoder is called", () => {
  function calls(texts: readonly string[]): number {
    const encodeInto = vi.spyOn(TextEncoder.prototype, "encodeInto");
    try {
      const connection = open("server");
      for (const data of texts) connection.sendData(data);
      connection.bytesToSend();
      return encodeInto.mock.calls.length;
    } finally {
      encodeInto.mockRestore();
    }
  }

  test("once for all texts that follow eight of ASCII", () => {
    expect(calls([...BEFORE, ...Array<string>(100).fill(LONG)])).toBe(1);
  });
  test("for each while texts are not ASCII, and once in vain for those that were expected to be ASCII", () => {
    expect(calls(Array<string>(10).fill("é".repeat(40)))).toBe(10);
    expect(calls([...BEFORE, LONG, "é".repeat(40), "é".repeat(40)])).toBe(4);
  });
});

test("an error of random reaches the sender", () => {
  let drawn = 0;
  const client = open("client", {
    random(key) {
      if (++drawn > 10) throw new Error("no entropy");
      key.fill(drawn);
    },
  });
  for (const data of [...BEFORE, LONG, LONG]) client.sendData(data);
  expect(() => client.sendData(LONG)).toThrow("no entropy");
  expect(client.bytesToSend().length).toBe(8 * (6 + BEFORE[0]!.length) + 2 * (6 + LONG.length));
});
