/** RFC 6455 §5.4, §5.6, §6, §8.1: messages, whole and in fragments, text and binary. */
import { describe, expect, test } from "vitest";
import { binary, more, ping, text } from "../support/events.ts";
import {
  ascii,
  everyWay,
  expectClosed,
  expectEvents,
  expectViolation,
  feed,
  hex,
  join,
  joined,
  open,
  pull,
  toHex,
} from "../support/wire.ts";

const unmasked = (first: string, payload: Uint8Array): Uint8Array =>
  join(hex(first, payload.length.toString(16).padStart(2, "0")), payload);

describe("§5.4 fragmentation", () => {
  test("a message arrives in fragments, the first and the last with or without payload", () => {
    expectEvents("client", "02 01 61 00 00 00 02 62 63 80 00", [
      binary(hex("61"), more),
      binary(hex(""), more),
      binary(hex("62 63"), more),
      binary(hex("")),
    ]);
    expectEvents("client", "01 00 80 01 61", [text("", more), text("a")]);
  });
  test("control frames may come between fragments, and are answered at once", () =>
    expectEvents(
      "server",
      "01 81 00 00 00 00 61 89 81 00 00 00 00 2a 80 81 00 00 00 00 62",
      [text("a", more), ping(hex("2a")), text("b")],
      "8a 01 2a",
    ));
  test("a control frame of many bytes may come between fragments", () =>
    expectEvents("client", "01 01 61 8a 7d 2a*125 80 01 62", [
      text("a", more),
      { type: "pongReceived", payload: hex("2a*125") },
      text("b"),
    ]));
  test.each(["80 01 61", "00 00", "82 00 80 00"])(
    "messageReader refuses a continuation without a message: %s",
    (bytes) => expectViolation("client", bytes, "continuationWithoutStart", 1002),
  );
  test.each(["01 01 61 81 01 62", "01 00 01 00", "02 00 82 00", "02 00 01 00"])(
    "messageReader refuses a new message inside another: %s",
    (bytes) => expectViolation("client", bytes, "messageInterrupted", 1002),
  );

  test("sendData with final false sends fragments", () => {
    const server = open("server");
    server.sendData("a", false);
    server.sendData("", false);
    server.ping();
    server.sendData("b", true);
    server.sendData(hex("63"), false);
    server.sendData(hex("64"));
    expect(toHex(server.bytesToSend())).toBe("01 01 61 00 00 89 00 80 01 62 02 01 63 80 01 64");
  });
  test("sendData refuses text inside a binary message, and vice versa", () => {
    const server = open("server");
    server.sendData("a", false);
    expect(() => server.sendData(hex("62"))).toThrow(expect.objectContaining({ code: "messageTypeChanged" }));
    server.sendData("c");
    expect(toHex(server.bytesToSend())).toBe("01 01 61 80 01 63");
  });
});

describe("§6.2 delivery as the bytes arrive", () => {
  test("a frame of 16 MiB is delivered chunk by chunk, unmasked in place, without a copy", () => {
    for (const role of ["client", "server"] as const) {
      const mask = role === "server" ? "ff 00 00 00 00 01 00 00 00 01 02 03 04" : "7f 00 00 00 00 01 00 00 00";
      const connection = open(role);
      expect(feed(connection, hex("82", mask))).toEqual([]);
      let delivered = 0;
      for (let i = 0; i < 256; i++) {
        const chunk = new Uint8Array(65_536);
        connection.receiveBytes(chunk);
        const [event, ...others] = pull(connection);
        expect(others).toEqual([]);
        if (event?.type !== "bytesReceived") throw new Error(`unexpected ${event?.type ?? "nothing"}`);
        expect(event.data.buffer).toBe(chunk.buffer);
        expect(event.frameFinished).toBe(i === 255);
        delivered += event.data.length;
      }
      expect(delivered).toBe(16 * 1024 * 1024);
    }
  });
  test("nothing is parsed before it is pulled", () => {
    const client = open("client");
    client.receiveBytes(hex("81 01 61 81 01 62 83 00"));
    for (const event of client.events()) {
      expect(event).toEqual(text("a"));
      break; // leaving early loses nothing
    }
    expect(client.state).toBe("open");
    client.sendData("still open");
    expect(joined(pull(client))).toMatchObject([text("b"), { type: "connectionClosed", code: 1006 }]);
  });
  test("an unpulled chunk waits after the ones before it", () => {
    const client = open("client");
    for (const byte of hex("82 7e 01 00", "61*256", "81 01 62")) client.receiveBytes(Uint8Array.of(byte));
    client.receiveBytes(hex("82 7e 01 00", "63*256"));
    client.receiveBytes(hex("81 01 64"));
    expect(joined(pull(client))).toEqual(
      joined([binary(hex("61*256")), text("b"), binary(hex("63*256")), text("d")] as never),
    );
  });
});

describe("§8.1 text is UTF-8", () => {
  const sample = "Hello-µ@ßöäüàá-UTF-8!! κόσμε 日本語 \u{10000}\u{10ffff}\ufffd\u0000\ud7ff\ue000";
  test("characters of every length, in any pieces", () =>
    everyWay(
      () => open("client"),
      unmasked("81", ascii(sample)),
      ({ events }) => expect(joined(events)[0]).toEqual(text(sample)),
    ));
  test("every delivered piece is whole characters", () => {
    const events = feed(
      open("client"),
      unmasked("81", ascii("é日\u{1f600}")),
      Array.from({ length: 10 }, (_, i) => i + 1),
    );
    expect(events.map((event) => event.type === "textReceived" && event.data)).toEqual(["é", "日", "\u{1f600}"]);
  });
  test("a character is delivered with its last byte, not with the next bytes", () => {
    const client = open("client");
    feed(client, hex("01 09"));
    const told = Array.from(ascii("é日\u{1f600}"), (byte) =>
      feed(client, Uint8Array.of(byte)).map((event) => event.type === "textReceived" && event.data),
    );
    expect(told).toEqual([[], ["é"], [], [], ["日"], [], [], [], ["\u{1f600}"]]);
  });
  test("a frame boundary may split a character, and a control frame may come between the halves", () =>
    expectEvents("client", "01 01 c3 8a 00 80 01 a9", [
      text("", more),
      { type: "pongReceived", payload: hex("") },
      text("é"),
    ]));
  test("a byte order mark is part of the text", () => expectEvents("client", "81 04 ef bb bf 61", [text("\ufeffa")]));
  test("a long text in many chunks is delivered unchanged", () => {
    const long = sample.repeat(500);
    const bytes = ascii(long);
    const client = open("client");
    const events = feed(
      client,
      join(hex("81 7e"), Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes),
      Array.from({ length: 40 }, (_, i) => 401 * (i + 1)),
    );
    expect(joined(events)).toEqual(joined([text(long)] as never));
  });

  const bad: [string, string, string][] = [
    ["a continuation byte alone", "80", ""],
    ["bytes that never occur in UTF-8", "61 fe", "a"],
    ["bytes that never occur in UTF-8", "ff", ""],
    ["an overlong slash of two bytes", "61 c0 af", "a"],
    ["an overlong slash of three bytes", "e0 80 af", ""],
    ["an overlong slash of four bytes", "f0 80 80 af", ""],
    ["an overlong U+07FF", "e0 9f bf", ""],
    ["a lead that starts only overlong forms", "c1 bf", ""],
    ["the high surrogate U+D800", "c3 a9 ed a0 80", "é"],
    ["the low surrogate U+DFFF", "ed bf bf", ""],
    ["a surrogate pair in two times three bytes", "ed a1 8c ed be b4", ""],
    ["U+110000", "f4 90 80 80", ""],
    ["leads beyond U+10FFFF", "61 f5 80 80 80", "a"],
    ["leads beyond U+10FFFF", "f7 bf bf bf", ""],
    ["five bytes", "f8 88 80 80 80", ""],
    ["six bytes", "fc 84 80 80 80 80", ""],
    ["a lead in place of a continuation", "e2 82 e2 82 ac", ""],
    ["ASCII in place of a continuation", "61 f0 9f 98 61", "a"],
  ];
  test.each(bad)("messageReader refuses %s: %s", (_, bytes) => {
    const payload = hex(bytes);
    expectViolation("client", unmasked("81", payload), "invalidUtf8", 1007);
    expectViolation("client", join(unmasked("01", payload), hex("80 00")), "invalidUtf8", 1007);
  });
  test.each(bad)(
    "the text before is delivered, and the error has the position of the invalid byte: %s, %s",
    (_, bytes, before) => {
      const payload = hex(bytes);
      everyWay(
        () => open("client"),
        unmasked("81", payload),
        ({ events }) => {
          const closed = expectClosed(events);
          expect(events.flatMap((event) => (event.type === "textReceived" ? event.data : [])).join("")).toBe(before);
          const at = closed.error!.offset! - 2;
          // Before this byte it could still be UTF-8; with it, it can't.
          expect(canBecomeUtf8(payload.subarray(0, at))).toBe(true);
          expect(canBecomeUtf8(payload.subarray(0, at + 1))).toBe(false);
        },
      );
    },
  );
  test.each(["c3", "e2 82", "f0 9f 98"])(
    "messageReader refuses a message that ends within a character: %s",
    (bytes) => {
      expectViolation("client", unmasked("81", hex(bytes)), "invalidUtf8", 1007);
      expectViolation("client", join(unmasked("01", hex(bytes)), hex("80 00")), "invalidUtf8", 1007);
    },
  );
  test("messageReader fails at the first invalid byte, before the frame is finished", () => {
    for (const start of ["ed a0", "f4 90", "f5", "c0", "c1", "61 80", "e0 9f", "f0 8f"]) {
      const events = feed(open("client"), join(hex("81 7d"), hex(start)));
      expect(expectClosed(events).error, start).toMatchObject({ code: "invalidUtf8" });
    }
    for (const start of ["ed 9f", "f4 8f bf", "c2", "e0 a0", "f0 90"]) {
      expect(feed(open("client"), join(hex("81 7d"), hex(start))), start).toEqual([]);
    }
  });
  test("after invalid text nothing more is delivered", () => {
    const client = open("client");
    const events = feed(client, hex("81 02 61 ff 82 01 62 81 01 63"));
    expect(events.map((event) => event.type)).toEqual(["textReceived", "connectionClosed"]);
  });

  test.each([
    ["\u007f", "7f"],
    ["\u0080", "c2 80"],
    ["\u07ff", "df bf"],
    ["\u0800", "e0 a0 80"],
    ["\uffff", "ef bf bf"],
    ["\u{10000}", "f0 90 80 80"],
    ["\u{10ffff}", "f4 8f bf bf"],
  ])("sendData sends %j as %s", (text, encoded) => {
    const server = open("server");
    server.sendData(text);
    expect(toHex(server.bytesToSend())).toBe(`81 0${encoded.split(" ").length} ${encoded}`);
  });
  test("sendData sends lone surrogates as U+FFFD", () => {
    for (const lone of ["a\ud800b", "\udc00", "x".repeat(6000) + "\ud800"]) {
      const server = open("server");
      server.sendData(lone);
      const client = open("client");
      expect(joined(feed(client, server.bytesToSend()))).toEqual(
        joined([text(lone.replace(/[\ud800-\udfff]/, "\ufffd"))] as never),
      );
    }
  });
  test("sendData joins a surrogate pair that is split between two fragments", () => {
    const server = open("server");
    server.sendData("a\ud83d", false);
    server.sendData("", false);
    server.sendData("\ude00b");
    expect(toHex(server.bytesToSend())).toBe("01 01 61 00 00 80 05 f0 9f 98 80 62");
    server.sendData("\ud83d", false);
    server.sendData("!");
    expect(toHex(server.bytesToSend())).toBe("01 00 80 04 ef bf bd 21");
  });
  test.each([0, 1, 20, 63, 64, 65, 120, 125, 126, 200, 5461, 5462, 20_000, 70_000])(
    "sendData sends text of %i characters, ASCII and longer ones",
    (length) => {
      for (const character of ["a", "é", "日"]) {
        for (const role of ["client", "server"] as const) {
          const sent = "z".repeat(length >> 1) + character.repeat(length - (length >> 1));
          const sender = open(role);
          sender.sendData(sent);
          const receiver = open(role === "client" ? "server" : "client", { limits: { maxMessageBytes: Infinity } });
          const events = feed(receiver, sender.bytesToSend());
          expect(joined(events)).toEqual(joined([text(sent)] as never));
        }
      }
    },
  );
});

/** By the platform's own decoder, in the mode that keeps an unfinished character for the next piece. */
function canBecomeUtf8(bytes: Uint8Array): boolean {
  return ["", "80", "80 80", "80 80 80", "90 80 80", "a0 80", "90 80"].some((rest) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(join(bytes, hex(rest)));
      return true;
    } catch {
      return false;
    }
  });
}
