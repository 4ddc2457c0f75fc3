/** Whole messages and fragments within one chunk: read together, with the same events as if each had arrived alone. */
import { describe, expect, test, vi } from "vitest";
import { WSConnection, type ConnectionOptions, type ConnectionType, type WSEvent } from "../../../src/index.ts";
import { binary, ping, text } from "../../support/events.ts";
import { expectEvents, expectViolation, hex, join, open, pull, type Bytes } from "../../support/wire.ts";

const texts = ["a", "", "naïve", "日本語", "😀", "\u{feff}mark", "x".repeat(125), "é".repeat(62), "\0", "last"];

function sent(role: ConnectionType, ...messages: (string | Uint8Array<ArrayBuffer>)[]): Bytes {
  const sender = open(role, { random: (key) => key.set(hex("91 a2 b3 c4")) });
  for (const message of messages) sender.sendData(message);
  return sender.bytesToSend();
}

/** A frame from the peer of `role`, masked if that is a client. */
function frame(role: ConnectionType, first: number, payload: Uint8Array<ArrayBuffer>): Bytes {
  const bytes = sent(role === "client" ? "server" : "client", payload);
  bytes[0] = first;
  return bytes;
}

function messagesOf(events: Iterable<WSEvent>): unknown[] {
  return [...events].map((event) => ("data" in event ? event.data : event.type));
}

describe.each(["client", "server"] as const)("a %s", (role) => {
  const peer = role === "client" ? "server" : "client";

  test("reads texts of every kind in one chunk", () => {
    const connection = open(role);
    connection.receiveBytes(sent(peer, ...texts, ...texts));
    expect(pull(connection)).toEqual([...texts, ...texts].map((data) => text(data)));
  });
  test("reads thousands of them, alternating between types", () => {
    const messages = Array.from({ length: 5000 }, (_, i) =>
      i % 7 < 4 ? texts[i % texts.length]! : hex("00 ff 81 82").subarray(0, i % 5),
    );
    const connection = open(role);
    connection.receiveBytes(sent(peer, ...messages));
    expect(messagesOf(pull(connection))).toEqual(messages);
  });
  test("reads them at any position of the buffer, up to its end, which may be within a word", () => {
    const messages = ["naïve", "日本語", "😀 and 😀", "é".repeat(40), "a", "ż", "€", "😀"];
    for (let shift = 0; shift < 8; shift++) {
      for (const last of ["a", "éa", "€", "😀"]) {
        const wire = sent(peer, ...messages, last);
        const memory = new Uint8Array(shift + wire.length);
        memory.set(wire, shift);
        const connection = open(role);
        connection.receiveBytes(memory.subarray(shift));
        expect(messagesOf(pull(connection))).toEqual([...messages, last]);
      }
    }
  });
  test("yields the texts before an invalid one, and its position", () => {
    const bad = hex("61 e2 82");
    for (let before = 0; before < 4; before++) {
      const connection = open(role);
      const prefix = sent(peer, ...texts.slice(0, before));
      const broken = sent(peer, bad);
      broken[0] = 0x81;
      connection.receiveBytes(join(prefix, broken, sent(peer, "never read")));
      const events = pull(connection);
      expect(events.slice(0, before)).toEqual(texts.slice(0, before).map((data) => text(data)));
      const last = events.at(-1);
      if (last?.type !== "connectionClosed") throw new Error("not closed");
      expect(last.error).toMatchObject({ code: "invalidUtf8", closeCode: 1007 });
      expect(last.error?.offset).toBe(prefix.length + broken.length);
      expect(connection.unreadAmount).toBe(0);
    }
  });
  test("counts unpulled messages as unread, one by one", () => {
    const connection = open(role);
    const [first, second, third] = [sent(peer, "one"), sent(peer, "second"), sent(peer, hex("03"))];
    connection.receiveBytes(join(first, second, third));
    const left: number[] = [];
    for (const event of connection.events()) {
      expect(event.type).toMatch(/Received$/);
      left.push(connection.unreadAmount);
    }
    expect(left).toEqual([second.length + third.length, third.length, 0]);
  });
  test("yields the rest after a Close that is sent in between, and nothing after the end", () => {
    const connection = open(role);
    connection.receiveBytes(join(sent(peer, "1", "2", "3"), closeOf(peer), sent(peer, "4")));
    const seen: unknown[] = [];
    for (const event of connection.events()) {
      seen.push("data" in event ? event.data : event.type);
      if (seen.length === 1) connection.close(1000);
    }
    expect(seen).toEqual(["1", "2", "3", "connectionClosed"]);
  });
  test("continues in the next chunk with a message that was cut, wherever it was", () => {
    const wire = sent(peer, "één", "twee", hex("03"), "vier");
    for (let cut = 0; cut <= wire.length; cut++) {
      const connection = open(role);
      connection.receiveBytes(wire.slice(0, cut));
      const events = pull(connection);
      connection.receiveBytes(wire.slice(cut));
      events.push(...pull(connection));
      const whole = events.map((event) => ("data" in event && typeof event.data === "string" ? event.data : ""));
      expect(whole.join("")).toBe("ééntweevier");
    }
  });
  test("applies the limits to every message of a run", () => {
    const connection = open(role, { limits: { maxMessageBytes: 4 } });
    connection.receiveBytes(sent(peer, "four", "1", "fives", "2"));
    const events = pull(connection);
    expect(messagesOf(events)).toEqual(["four", "1", "connectionClosed"]);
    expect(events.at(-1)).toMatchObject({ error: { code: "messageTooLarge" } });
  });
});

test("unmasked bytes are not changed", () => {
  const chunk = sent("server", ...texts, "x".repeat(126), "x".repeat(300), "x".repeat(1000), hex("01 02"));
  const before = chunk.slice();
  const connection = open("client");
  connection.receiveBytes(chunk);
  pull(connection);
  expect(chunk).toEqual(before);
});
test("a run ends at anything but a short message: a ping, a fragment, an extended length, an invalid frame", () => {
  expectEvents("client", "81 01 61 89 01 70 81 01 62", [text("a"), ping(hex("70")), text("b")], "8a 01 70");
  expectEvents("client", "82 01 61 82 7e 00 7e 62*126 82 01 63", [
    binary(hex("61")),
    binary(hex("62*126")),
    binary(hex("63")),
  ]);
  const connection = open("client");
  connection.receiveBytes(hex("81 01 61 81 01 62 91 01 63"));
  expect(messagesOf(pull(connection))).toEqual(["a", "b", "connectionClosed"]);
});

function closeOf(role: ConnectionType): Bytes {
  const sender = new WSConnection(role, { handshake: "none" });
  sender.close(1000);
  return sender.bytesToSend();
}

describe("a run of texts is read at once, as the chunk that is unmasked in place shows", () => {
  const MASKED = sent("client", "abcd");

  /** How many of the frames are unmasked once the first message has been pulled. */
  function unmaskedWithTheFirst(frames: readonly Uint8Array[], options: ConnectionOptions = {}): number {
    const server = open("server", options);
    const chunk = join(...frames);
    const before = chunk.slice();
    server.receiveBytes(chunk);
    server.events().next();
    let at = 0;
    return frames.filter(({ length }) =>
      chunk.subarray(at, (at += length)).some((byte, i) => byte !== before[at - length + i]),
    ).length;
  }

  test.each([
    [4, 209],
    [125, 16],
    [126, 15],
    [512, 4],
    [1000, 2],
    [1001, 1],
  ])("of up to 2,096 bytes: of texts of %i bytes, %i", (length, frames) => {
    expect(unmaskedWithTheFirst(Array<Bytes>(250).fill(sent("client", "a".repeat(length))))).toBe(frames);
  });
  test.each<[what: string, next: string]>([
    ["a message of the other type", "82 84 91 a2 b3 c4 91 a2 b3 c4"],
    ["a fragment", "01 84 91 a2 b3 c4 91 a2 b3 c4"],
    ["a length of more than 1,000 bytes", "81 fe 03 e9 91 a2 b3 c4 61*1001"],
    ["a length in more bytes than it needs", "81 fe 00 7d 91 a2 b3 c4 61*125"],
    ["a length in eight bytes", "81 ff 00 00 00 00 00 00 00 04 91 a2 b3 c4 61*4"],
    ["a length in eight bytes whose first two are of one", "81 ff 01 00 00 00 00 00 00 00 91 a2 b3 c4 61*256"],
    ["a frame that is cut", "81 85 91 a2 b3 c4 91 a2 b3 c4"],
    ["a longer frame that is cut", "81 fe 00 7e 91 a2 b3 c4 61*125"],
    ["a frame that is not masked", "81 04 91 a2 b3 c4"],
    ["a longer frame that is not masked", "81 7e 00 7e 61*130"],
  ])("%s is left to the general reader", (_, next) => {
    expect(unmaskedWithTheFirst([...Array<Bytes>(20).fill(MASKED), hex(next)])).toBe(20);
  });
  test.each([65, 201])("a message of %i bytes is read fast if one less is allowed", (length) => {
    const frames = [...Array<Bytes>(20).fill(MASKED), sent("client", "a".repeat(length))];
    expect(unmaskedWithTheFirst(frames, { limits: { maxMessageBytes: length - 1 } })).toBe(20);
  });
  test.each([125, 64, 126, 200])("a message of %i bytes is not, if as many are allowed", (length) => {
    const frame = sent("client", "a".repeat(length));
    expect(unmaskedWithTheFirst([MASKED, frame], { limits: { maxMessageBytes: length } })).toBe(2);
  });
});

test("bytes are read one message at a time, each unmasked when it is pulled", () => {
  const server = open("server");
  const one = sent("client", hex("01 02"));
  const chunk = join(one, one);
  server.receiveBytes(chunk);
  expect(server.events().next().value).toEqual(binary(hex("01 02")));
  expect(chunk.subarray(one.length)).toEqual(one);
  expect(pull(server)).toEqual([binary(hex("01 02"))]);
});

describe("longer messages that are one frame and lie whole in the chunk", () => {
  describe.each(["client", "server"] as const)("by a %s", (role) => {
    const peer = role === "client" ? "server" : "client";

    test.each([126, 127, 1000])("of %i bytes arrive unchanged, of either type, one after the other", (length) => {
      const messages = ["x".repeat(length), new Uint8Array(length).fill(0x2a), "é".repeat(length >> 1), "short"];
      expectEvents(
        role,
        sent(peer, ...messages),
        messages.map((m) => (typeof m === "string" ? text(m) : binary(m))),
      );
    });
    test("of any characters, in runs of every length, arrive unchanged", () => {
      const characters = ["x", "é", "日", "😀", "x😀é日"];
      const messages = Array.from({ length: 200 }, (_, i) => {
        const character = characters[i % 5]!;
        const bytes = new TextEncoder().encode(character).length;
        return character.repeat(Math.floor(((i * 53) % 997) / bytes)) + "x".repeat(i % 4);
      });
      const connection = open(role);
      connection.receiveBytes(sent(peer, ...messages));
      expect(messagesOf(pull(connection))).toEqual(messages);
      for (const character of characters.slice(0, 4)) {
        const longest = character.repeat(Math.floor(1000 / new TextEncoder().encode(character).length));
        const again = open(role);
        again.receiveBytes(sent(peer, longest, "é"));
        expect(messagesOf(pull(again))).toEqual([longest, "é"]);
      }
    });
    test("have the length that their two bytes give", () => {
      const connection = open(role);
      connection.receiveBytes(sent(peer, "x".repeat(65_535)));
      expect(pull(connection)).toEqual([text("x".repeat(65_535))]);
    });
    test("respect the limit, and the last one within it is read", () => {
      const connection = open(role, { limits: { maxMessageBytes: 200 } });
      connection.receiveBytes(sent(peer, "x".repeat(200), "y".repeat(201)));
      const events = pull(connection);
      expect(messagesOf(events)).toEqual(["x".repeat(200), "connectionClosed"]);
      expect(events.at(-1)).toMatchObject({ error: { code: "messageTooLarge" } });
    });
    test.each([300, 1001])("that are not UTF-8 end the connection at the invalid byte: of %i bytes", (length) => {
      const frame = sent(peer, new Uint8Array(length).fill(0x61).fill(0xff, 150, 151));
      frame[0] = 0x81;
      const connection = open(role);
      connection.receiveBytes(join(frame, sent(peer, "never read")));
      const [first, last] = pull(connection);
      expect(first).toMatchObject({ type: "textReceived", data: "a".repeat(150), messageFinished: false });
      expect(last).toMatchObject({
        error: { code: "invalidUtf8", closeCode: 1007, offset: frame.length - length + 150 },
      });
    });
  });
  test("a length of less than 126 in two bytes is refused", () => {
    expectViolation("client", "82 7e 00 7d 61*125", "lengthNotMinimal", 1002);
  });
});

describe("fragments of binary messages that lie whole in the chunk", () => {
  const piece = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, i) => i & 255);

  describe.each(["client", "server"] as const)("by a %s", (role) => {
    test("arrive one by one, of every length, with control frames in between", () => {
      const lengths = [0, 1, 125, 126, 127, 1000, 65_535, 65_536, 0, 3];
      const wire = [
        frame(role, 0x02, piece(5)),
        ...lengths.flatMap((length) => [frame(role, 0x00, piece(length)), frame(role, 0x89, piece(2))]),
        frame(role, 0x80, piece(7)),
        frame(role, 0x82, piece(9)),
      ];
      const connection = open(role);
      connection.receiveBytes(join(...wire));
      const fragment = (length: number, messageFinished: boolean): object => ({
        ...binary(piece(length)),
        messageFinished,
      });
      expect(pull(connection)).toEqual([
        fragment(5, false),
        ...lengths.flatMap((length) => [fragment(length, false), ping(piece(2))]),
        fragment(7, true),
        fragment(9, true),
      ]);
    });
    test.each([3, 4])("are limited in number to %i", (maxFragments) => {
      const connection = open(role, { limits: { maxFragments } });
      const wire = [0x02, 0x00, 0x00, 0x80].map((first) => frame(role, first, piece(200)));
      connection.receiveBytes(join(...wire));
      const events = pull(connection);
      expect(events.filter(({ type }) => type === "bytesReceived")).toHaveLength(maxFragments);
      if (maxFragments === 3) expect(events.at(-1)).toMatchObject({ error: { code: "tooManyFragments" } });
      else expect(events.at(-1)).toMatchObject({ messageFinished: true });
    });
    test.each([599, 600])("are limited in total length to %i", (maxMessageBytes) => {
      const connection = open(role, { limits: { maxMessageBytes } });
      const wire = [0x02, 0x00, 0x80].map((first) => frame(role, first, piece(200)));
      connection.receiveBytes(join(...wire));
      const last = pull(connection).at(-1);
      if (maxMessageBytes === 599) expect(last).toMatchObject({ error: { code: "messageTooLarge" } });
      else expect(last).toMatchObject({ messageFinished: true });
    });
    test("are limited in the length of a frame", () => {
      const connection = open(role, { limits: { maxFrameBytes: 199 } });
      connection.receiveBytes(join(frame(role, 0x02, piece(100)), frame(role, 0x00, piece(200))));
      expect(pull(connection).at(-1)).toMatchObject({ error: { code: "frameTooLarge" } });
    });
    test.each([
      ["of another type", 0x82, "messageInterrupted"],
      ["with a reserved bit", 0x40, "reservedBits"],
    ] as const)("end with a frame %s", (_, first, code) => {
      const connection = open(role);
      connection.receiveBytes(
        join(frame(role, 0x02, piece(1)), frame(role, 0x00, piece(2)), frame(role, first, piece(0))),
      );
      expect(messagesOf(pull(connection))).toEqual([piece(1), piece(2), "connectionClosed"]);
      const again = open(role);
      again.receiveBytes(join(frame(role, 0x02, piece(1)), frame(role, first, piece(0))));
      expect(pull(again).at(-1)).toMatchObject({ error: { code } });
    });
    test("are reported as far as they arrived if the chunk ends in one", () => {
      const connection = open(role);
      const next = frame(role, 0x80, piece(300));
      const cut = next.length - 100;
      connection.receiveBytes(join(frame(role, 0x02, piece(1)), next.subarray(0, cut)));
      const [, begun] = pull(connection);
      expect(begun).toEqual({ ...binary(piece(200)), frameFinished: false, messageFinished: false });
      expect(connection.frameRemaining).toBe(100);
      connection.receiveBytes(next.slice(cut));
      expect(messagesOf(pull(connection))).toEqual([piece(300).subarray(200)]);
      expect(connection.frameRemaining).toBe(0);
    });
  });
  test("whose length takes more bytes than necessary is refused", () => {
    expectViolation("client", "02 01 61 80 7e 00 7d 61*125", "lengthNotMinimal", 1002);
  });
  test("that is unmasked is refused by a server, and a masked one by a client", () => {
    const server = open("server");
    server.receiveBytes(join(frame("server", 0x02, piece(1)), hex("80 01 61")));
    expect(pull(server).at(-1)).toMatchObject({ error: { code: "maskMissing" } });
    expectViolation("client", "02 01 61 80 81 37 fa 21 3d 56", "maskUnexpected", 1002);
  });
});

describe("what the fast path reads is unmasked together with its key, which becomes zeros", () => {
  /** For each of these frames from a client, which come in one chunk, whether its key did. */
  function shortWay(frames: readonly Bytes[], options: ConnectionOptions = {}): boolean[] {
    const server = open("server", options);
    // Else a chunk may be so small that it is copied.
    const chunk = join(PING, ...frames);
    server.receiveBytes(chunk);
    pull(server);
    let end = PING.length;
    return frames.map((frame) => {
      const start = end;
      end += frame.length;
      const longer = [126, 127].indexOf(frame[1]! & 0x7f);
      const key = start + [2, 4, 10][longer + 1]!;
      return chunk.subarray(key, key + 4).every((byte) => byte === 0);
    });
  }
  const masked = (first: number, length: number): Bytes => frame("server", first, new Uint8Array(length).fill(0x61));
  const PING = masked(0x89, 64);

  test.each([0, 1, 125, 126, 127, 65_535])("bytes of %i, alone in the chunk or after others", (length) => {
    const limits = { maxMessageBytes: length, maxFrameBytes: Math.max(64, length) };
    expect(shortWay([masked(0x82, length)], { limits })).toEqual([true]);
    expect(shortWay([masked(0x82, length), masked(0x82, length)])).toEqual([true, true]);
  });
  test.each([0, 1, 125, 126, 127, 65_535])("a text of %i bytes, alone in the chunk or after others", (length) => {
    const limits = { maxMessageBytes: length, maxFrameBytes: Math.max(64, length) };
    expect(shortWay([masked(0x81, length)], { limits })).toEqual([true]);
    expect(shortWay([masked(0x81, length), masked(0x82, length), masked(0x81, length)])).toEqual([true, true, true]);
  });
  test.each([0, 1, 125, 126, 127, 65_535])("a fragment of %i bytes, except a first one", (length) => {
    const limits = { maxMessageBytes: 1 + 2 * length, maxFrameBytes: Math.max(64, length), maxFragments: 3 };
    const frames = [masked(0x02, 1), masked(0x00, length), masked(0x80, length)];
    expect(shortWay(frames, { limits })).toEqual([false, true, true]);
  });
  test.each([0x82, 0x81])("not a message of more than 65,535 bytes: %i", (first) => {
    expect(shortWay([masked(first, 65_536)])).toEqual([false]);
  });
  test("not a fragment of more, and not a text fragment", () => {
    expect(shortWay([masked(0x02, 1), masked(0x00, 65_536), masked(0x80, 1)])).toEqual([false, false, true]);
    expect(shortWay([masked(0x01, 1), masked(0x00, 200), masked(0x80, 1)])).toEqual([false, false, false]);
  });
});

describe("the decoder is called", () => {
  /** How often, to read these frames. */
  function calls(role: ConnectionType, wire: Bytes): number {
    const decode = vi.spyOn(TextDecoder.prototype, "decode");
    try {
      const connection = open(role);
      connection.receiveBytes(wire);
      pull(connection);
      return decode.mock.calls.length;
    } finally {
      decode.mockRestore();
    }
  }

  test.each(["client", "server"] as const)("once for all texts of a run, by a %s", (role) => {
    const peer = role === "client" ? "server" : "client";
    expect(calls(role, sent(peer, ...texts, ...texts))).toBe(1);
    const longer = ["x".repeat(126), "é".repeat(300), "x".repeat(1000)];
    expect(calls(role, sent(peer, ...longer))).toBe(1);
    expect(calls(role, sent(peer, hex("01"), ...longer))).toBe(1);
  });
  test("not for bytes", () => {
    expect(calls("client", sent("server", hex("01"), hex("02")))).toBe(0);
  });
});
