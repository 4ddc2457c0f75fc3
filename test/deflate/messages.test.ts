/** RFC 7692 §6, §7.2: compressed messages, received and sent. */
import { describe, expect, test } from "vitest";
import { permessageDeflate, type DeflateOptions } from "../../src/deflate/index.ts";
import { RemoteProtocolError, type WSConnection } from "../../src/index.ts";
import { frame, framesIn, MessageOracle, messagesOf, openDeflate } from "../support/deflate.ts";
import { binary, more, ping, text } from "../support/events.ts";
import {
  everyByte,
  everyWay,
  expectClosed,
  feed,
  hex,
  join,
  joined,
  pairOf,
  pull,
  readClose,
  toHex,
} from "../support/wire.ts";

/** Expects that a client yields these events for these bytes, in any split. */
function expectRead(bytes: string, expected: object[], options: DeflateOptions = {}): void {
  everyWay(
    () => openDeflate("client", options),
    hex(bytes),
    ({ events }) => expect(joined(events)).toEqual(joined(expected as never)),
  );
}

/** Expects that these bytes fail the connection, in any split. */
function expectRefused(
  bytes: string,
  code: string,
  closeCode: number,
  section: string,
  options?: DeflateOptions,
): void {
  everyWay(
    () => openDeflate("client", options),
    hex(bytes),
    ({ events, sent }) => {
      const { error } = expectClosed(events);
      expect(error).toBeInstanceOf(RemoteProtocolError);
      expect(error).toMatchObject({ code, closeCode, section });
      expect(readClose(sent).code).toBe(closeCode);
    },
  );
}

const forgetting = { serverNoContextTakeover: true, clientNoContextTakeover: true };

describe("§7.2.3 the examples, received", () => {
  test("§7.2.3.1 a message of one block, in one frame and in two", () => {
    expectRead("c1 07 f2 48 cd c9 c9 07 00", [text("Hello")]);
    expectRead("41 03 f2 48 cd 80 04 c9 c9 07 00", [text("He", more), text("llo")]);
  });
  test("§7.2.3.2 a second message that refers to the first", () => {
    expectRead("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00", [text("Hello"), text("Hello")]);
  });
  test("§7.2.3.3 a block that is not compressed", () => {
    expectRead("c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", [text("Hello")]);
  });
  test("§7.2.3.4 a final block", () => {
    expectRead("c1 08 f3 48 cd c9 c9 07 00 00", [text("Hello")]);
  });
  test("§7.2.3.5 two blocks in a message", () => {
    expectRead("c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00", [text("Hello")]);
  });
  test("§7.2.3.6 an empty message", () => {
    expectRead("c1 01 00 c2 01 00", [text(""), binary(hex(""))]);
  });
});

describe("§6 the bit says which messages are compressed", () => {
  const hello = "c1 07 f2 48 cd c9 c9 07 00";
  test("one by one, and uncompressed ones leave the window unchanged", () => {
    expectRead(`81 03 61 62 63 ${hello} 82 01 ff c1 05 f2 00 11 00 00`, [
      text("abc"),
      text("Hello"),
      binary(hex("ff")),
      text("Hello"),
    ]);
  });
  test("a control frame inside a compressed message is not a part of it (lws #1470, wsproto #205)", () => {
    expectRead("41 03 f2 48 cd 89 02 f2 48 00 02 c9 c9 80 02 07 00", [
      text("He", more),
      ping(hex("f2 48")),
      text("ll", more),
      text("o"),
    ]);
  });
  test("RSV1 on a continuation is refused (websockets 16.1)", () => {
    expectRefused("41 03 f2 48 cd c0 04 c9 c9 07 00", "reservedBits", 1002, "RFC 7692 §6");
    expectRefused("01 01 61 c0 01 62", "reservedBits", 1002, "RFC 7692 §6");
  });
  test.each(["c8 00", "c9 00", "ca 00", "41 03 f2 48 cd c9 00"])("RSV1 on a control frame is refused: %s", (bytes) => {
    expectRefused(bytes, "reservedBits", 1002, "RFC 7692 §6");
  });
  test.each(["a1 00", "91 00", "e1 00", "d1 00"])("the other bits stay reserved: %s", (bytes) => {
    expectRefused(bytes, "reservedBits", 1002, "RFC 6455 §5.2");
  });
});

describe("§7.2.1 final blocks are accepted anywhere, with takeover and without", () => {
  const hello = "f3 48 cd c9 c9 07 00";
  test("the next message may refer back across it (okhttp #8551)", () => {
    expectRead(`c1 08 ${hello} 00 c1 05 f2 00 11 00 00`, [text("Hello"), text("Hello")]);
  });
  test("blocks may follow it in the same message, and refer back across it (okhttp #8610)", () => {
    expectRead(`c1 0e ${hello} f2 48 cd c9 c9 07 00`, [text("HelloHello")]);
    expectRead(`c1 0c ${hello} f2 00 11 00 00`, [text("HelloHello")]);
    expectRead(`c1 0f ${hello} ${hello} 00`, [text("HelloHello")], forgetting);
  });
  test("it may end a fragment, and the message continues", () => {
    expectRead(`41 07 ${hello} 00 09 f2 00 11 00 00 00 00 ff ff 80 01 00`, [
      text("Hello", more),
      text("Hello", more),
      text(""),
    ]);
    expectRead(`41 07 ${hello} 80 00`, [text("Hello", more), text("")]);
  });
  test("the byte for an empty block after it may be missing", () => {
    expectRead(`c1 07 ${hello} c1 05 f2 00 11 00 00`, [text("Hello"), text("Hello")]);
  });
  test("an empty one ends the message, and its last four bytes were removed", () => {
    expectRead("c1 01 01 c1 0c f2 48 cd c9 c9 07 00 00 00 ff ff 01 c1 05 f2 00 11 00 00", [
      text(""),
      text("Hello"),
      text("Hello"),
    ]);
    expectRead(`41 0b f2 48 cd c9 c9 07 00 00 00 ff ff 80 01 01 c1 08 ${hello} 01`, [
      text("Hello", more),
      text(""),
      text("Hello"),
    ]);
    const long = join(hex("00 00 08 ff f7 61*2048"), hex("01"));
    expect(feed(openDeflate("client"), frame("c1", long)).at(-1)).toMatchObject({ messageFinished: true });
  });
  test("thousands of empty ones", () => {
    const connection = openDeflate("client");
    expect(feed(connection, frame("c1", join(hex("0300*50000"), hex("00"))))).toEqual([text("")]);
    expect(feed(connection, hex("c1 07 f2 48 cd c9 c9 07 00"))).toEqual([text("Hello")]);
  });
});

describe("§7.2.2 empty frames", () => {
  test("are parts of a message like others", () => {
    expectRead("41 00 00 03 f2 48 cd 00 00 80 04 c9 c9 07 00", [
      text("", more),
      text("He", more),
      text("", more),
      text("llo"),
    ]);
    expectRead("41 07 f2 48 cd c9 c9 07 00 80 00 c1 05 f2 00 11 00 00", [text("Hello", more), text(""), text("Hello")]);
  });
  test("alone are an empty message, which leaves the window unchanged", () => {
    expectRead("c1 07 f2 48 cd c9 c9 07 00 c1 00 41 00 80 00 c1 05 f2 00 11 00 00", [
      text("Hello"),
      text(""),
      text("", more),
      text(""),
      text("Hello"),
    ]);
  });
});

describe("§7.2.2 corrupt data fails the connection with 1007 (RFC 6455 §7.4.1)", () => {
  test.each([
    ["a block of the reserved type", "c1 02 07 00"],
    ["a length that differs from its complement", "c1 06 00 05 00 fb ff 48"],
    ["codes that are no Huffman code", "c1 04 04 00 fe ff"],
    ["a distance that reaches back before the first byte", "c1 05 f2 00 11 00 00"],
    ["a message that ends within a block", "c1 03 f2 48 cd"],
    ["a message that ends within a block that is not compressed", "c1 08 00 05 00 fa ff 48 65 6c"],
    ["a message that ends within the length of a block", "c1 03 00 05 00"],
    ["a message in fragments that ends within a block", "41 02 f2 48 80 01 cd"],
    ["a message that ends within a block after a final one", "c1 09 f3 48 cd c9 c9 07 00 f2 48"],
    ["something else than DEFLATE", "c1 05 48 65 6c 6c 6f"],
  ])("%s", (_, bytes) => expectRefused(bytes, "compressedDataInvalid", 1007, "RFC 7692 §7.2.2"));

  test("a distance into the message before, without context takeover", () => {
    const bytes = "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00";
    expectRefused(bytes, "compressedDataInvalid", 1007, "RFC 7692 §7.2.2", forgetting);
  });
  test("data before the error is delivered", () => {
    for (const bytes of [
      "41 07 f2 48 cd c9 c9 07 00 00 06 00 00 ff ff 07 00",
      "c1 0d f2 48 cd c9 c9 07 00 00 00 ff ff 07 00",
    ]) {
      const events = joined(feed(openDeflate("client"), hex(bytes)));
      expect(events).toMatchObject([{ data: "Hello" }, { type: "connectionClosed" }]);
    }
  });
  test("inflated text must be UTF-8, and is refused at the first invalid byte", () => {
    // A stored block: 61 ff, and the message goes on.
    expectRefused("41 07 00 02 00 fd ff 61 ff", "invalidUtf8", 1007, "RFC 6455 §8.1");
  });
  test("what the application could not have pulled before is not inflated after the end", () => {
    const connection = openDeflate("client");
    expectClosed(feed(connection, hex("c1 02 07 00")));
    expect(feed(connection, hex("c1 07 f2 48 cd c9 c9 07 00"))).toEqual([]);
  });
});

test("a large compressed message is delivered as it arrives", () => {
  const { client, server } = pairOf([permessageDeflate()], [permessageDeflate()]);
  const data = Uint8Array.from({ length: 400_000 }, (_, i) => (Math.imul(i + 1, 0x9e37_79b1) >>> 20) & 15);
  server.sendData(data);
  const wire = server.bytesToSend();
  let received = 0;
  const tenth = Math.ceil(wire.length / 10);
  for (let at = 0; at < wire.length; at += tenth) {
    for (const event of feed(client, wire.slice(at, at + tenth))) {
      expect(event.type).toBe("bytesReceived");
      if (event.type === "bytesReceived") received += event.data.length;
    }
    const share = Math.min(1, (at + tenth) / wire.length);
    expect(received).toBeGreaterThan(data.length * share - 80_000);
  }
  expect(received).toBe(data.length);
});

describe("§7.2.1 what is sent", () => {
  const sent = (connection: WSConnection): string => toHex(connection.bytesToSend());

  test("§7.2.3 the examples", () => {
    const server = openDeflate("server");
    server.sendData("Hello");
    server.sendData("Hello");
    server.sendData("");
    server.sendData(new Uint8Array(0));
    expect(sent(server)).toBe("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00 c1 01 00 c2 01 00");
  });
  test("without takeover each message is compressed like the first", () => {
    const server = openDeflate("server", forgetting);
    for (let i = 0; i < 3; i++) server.sendData("Hello");
    expect(sent(server)).toBe("c1 07 f2 48 cd c9 c9 07 00 ".repeat(3).trim());
  });
  test("context takeover is kept, also over messages in fragments (soketto #49)", () => {
    const { client, server } = pairOf([permessageDeflate()], [permessageDeflate()]);
    const phrase = "the same long phrase, word for word, again and again";
    const sizes = Array.from({ length: 4 }, (_, i) => {
      client.sendData(phrase.slice(0, 10 * i), false);
      client.sendData(phrase.slice(10 * i));
      const bytes = client.bytesToSend();
      expect(messagesOf(feed(server, bytes))).toEqual([phrase]);
      return bytes.length;
    });
    for (const size of sizes.slice(1)) expect(size).toBeLessThan(sizes[0]! / 2);
  });
  test("every fragment can be read when it has arrived", () => {
    const { client, server } = pairOf([permessageDeflate()], [permessageDeflate()]);
    for (const piece of ["one ", "", "two ", "three ö"]) {
      client.sendData(piece, false);
      expect(joined(feed(server, client.bytesToSend()))).toMatchObject([{ data: piece, messageFinished: false }]);
    }
    client.ping(hex("01"));
    client.sendData("");
    expect(feed(server, client.bytesToSend())).toEqual([ping(hex("01")), text("")]);
    client.sendData("and on");
    expect(messagesOf(feed(server, client.bytesToSend()))).toEqual(["and on"]);
  });
  test("a message in empty fragments", () => {
    const server = openDeflate("server");
    server.sendData("", false);
    server.sendData("", false);
    server.sendData("");
    expect(sent(server)).toBe("41 00 00 00 80 01 00");
  });
  test("the windows stay in step if some messages are sent uncompressed (sockudo-ws #14)", () => {
    const { client, server } = pairOf([permessageDeflate()], [permessageDeflate()]);
    const phrases = Array.from({ length: 40 }, (_, i) => `phrase ${i % 3} of the ones that repeat themselves`);
    for (const [i, phrase] of phrases.entries()) {
      client.sendData(phrase, true, i % 4 === 1 ? { compress: false } : {});
      const bytes = client.bytesToSend();
      expect(bytes[0]).toBe(i % 4 === 1 ? 0x81 : 0xc1);
      expect(messagesOf(feed(server, bytes))).toEqual([phrase]);
    }
  });
  test("a message that does not get smaller is still sent compressed, to keep the windows in step", () => {
    const { client, server } = pairOf([permessageDeflate()], [permessageDeflate()]);
    const noise = [0, 1, 2].map((seed) =>
      Uint8Array.from({ length: 500 }, (_, i) => (Math.imul(i + 500 * seed + 1, 0x9e37_79b1) >>> 13) & 255),
    );
    for (const bytes of [...noise, ...noise]) client.sendData(bytes);
    expect(messagesOf(feed(server, client.bytesToSend()))).toEqual([...noise, ...noise]);
  });

  describe("the threshold and the switch", () => {
    const first = (connection: WSConnection): number => connection.bytesToSend()[0]!;
    test("a message below the threshold is sent uncompressed", () => {
      const server = openDeflate("server", { threshold: 6 });
      server.sendData("Hello");
      expect(first(server)).toBe(0x81);
      server.sendData("Hello!");
      expect(first(server)).toBe(0xc1);
      server.sendData("wörld");
      expect(first(server), "counted in bytes").toBe(0xc1);
    });
    test("compress overrides the threshold for one message", () => {
      const server = openDeflate("server", { threshold: 6 });
      server.sendData("Hello", true, { compress: true });
      expect(first(server)).toBe(0xc1);
      server.sendData("Hello, world", true, { compress: false });
      expect(first(server)).toBe(0x81);
      server.sendData("Hello, world");
      expect(first(server)).toBe(0xc1);
    });
    test("a message in fragments counts as long, and follows its first fragment", () => {
      const server = openDeflate("server", { threshold: 1000 });
      server.sendData("Hello", false);
      server.sendData("Hello", true, { compress: false });
      expect(framesIn(server.bytesToSend()).map(({ rsv }) => rsv)).toEqual([4, 0]);
      server.sendData("Hello", false, { compress: false });
      server.sendData("Hello", true, { compress: true });
      expect(sent(server)).toBe("01 05 48 65 6c 6c 6f 80 05 48 65 6c 6c 6f");
    });
    test("with a threshold of Infinity only requested messages are compressed", () => {
      const server = openDeflate("server", { threshold: Infinity });
      server.sendData("x".repeat(100_000));
      expect(first(server)).toBe(0x81);
      server.sendData("x".repeat(100_000), true, { compress: true });
      expect(first(server)).toBe(0xc1);
    });
  });

  test("messages that wait together do not share memory", () => {
    const { client, server } = pairOf([permessageDeflate()], [permessageDeflate()]);
    const noise = Uint8Array.from({ length: 200_000 }, (_, i) => (Math.imul(i + 1, 0x9e37_79b1) >>> 11) & 255);
    const sizes = [10, 3000, 20_000, 70_000, 200_000, 5];
    for (const size of sizes) client.sendData(noise.subarray(0, size));
    for (const size of sizes) server.sendData(noise.subarray(0, size));
    expect(messagesOf(feed(server, client.bytesToSend()))).toEqual(sizes.map((size) => noise.slice(0, size)));
    expect(messagesOf(feed(client, server.bytesToSend()))).toEqual(sizes.map((size) => noise.slice(0, size)));
  });
  test.each([true, false])("the caller's bytes are not changed (handOver: %s)", (handOver) => {
    const client = openDeflate("client", {}, { masking: true });
    const data = Uint8Array.from({ length: 5000 }, (_, i) => i & 7);
    client.sendData(data, true, { handOver });
    expect(data).toEqual(Uint8Array.from({ length: 5000 }, (_, i) => i & 7));
    expect(new MessageOracle().read(framesIn(client.bytesToSend())).bytes).toEqual(data);
  });
  test("the data of an event does not change while more is inflated", () => {
    const client = openDeflate("client");
    const [first] = feed(client, frame("c2", hex("00 05 00 fa ff 48 65 6c 6c 6f 00")));
    feed(client, frame("c2", hex("00 05 00 fa ff 4a 61 6c 6c 6f 00")));
    expect(first).toEqual(binary(hex("48 65 6c 6c 6f")));
  });
  test("a refused send compresses nothing, so the windows stay in step", () => {
    const { client, server } = pairOf([permessageDeflate()], [permessageDeflate()]);
    client.sendData("part one, ", false);
    expect(() => client.sendData(hex("00"), true)).toThrow("all text or all binary");
    client.sendData("part two");
    expect(messagesOf(feed(server, client.bytesToSend()))).toEqual(["part one, part two"]);
  });
});

test("many messages, cut anywhere, arrive unchanged", () => {
  const { client, server } = pairOf([permessageDeflate()], [permessageDeflate(forgetting)]);
  const phrases = ["", "a", "one two three", "one two three four", "ö".repeat(300)];
  for (const phrase of phrases) server.sendData(phrase);
  const wire = server.bytesToSend();
  expect(messagesOf(feed(client, wire, everyByte(wire)))).toEqual(phrases);
  expect(pull(client)).toEqual([]);
});
