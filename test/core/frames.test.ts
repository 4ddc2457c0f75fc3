/** RFC 6455 §5.1–§5.3, §5.5, §5.7: frames, as bytes on the wire and as events. */
import { describe, expect, test } from "vitest";
import { writeFrame } from "../../src/core/frameWriter.ts";
import { OutputQueue } from "../../src/core/outputQueue.ts";
import { binary, more, ping, pong, text } from "../support/events.ts";
import { expectClosed, expectEvents, expectViolation, feed, hex, open, pull, toHex } from "../support/wire.ts";

/** Node, where four gigabytes of zeros use no memory until they are written to. */
const inNode = typeof navigator !== "object" || navigator.userAgent.startsWith("Node");

describe("§5.7 the examples of the specification", () => {
  test("an unmasked text message", () => expectEvents("client", "81 05 48 65 6c 6c 6f", [text("Hello")]));
  test("a masked text message", () => expectEvents("server", "81 85 37 fa 21 3d 7f 9f 4d 51 58", [text("Hello")]));
  test("a fragmented unmasked text message", () =>
    expectEvents("client", "01 03 48 65 6c 80 02 6c 6f", [text("Hel", more), text("lo")]));
  test("an unmasked ping, and its masked answer", () => {
    const client = open("client", { random: (bytes) => bytes.set(hex("37 fa 21 3d")) });
    expect(feed(client, hex("89 05 48 65 6c 6c 6f"))).toEqual([ping(hex("48 65 6c 6c 6f"))]);
    expect(toHex(client.bytesToSend())).toBe("8a 85 37 fa 21 3d 7f 9f 4d 51 58");
  });
  test("256 bytes of binary in one frame", () => expectEvents("client", "82 7e 01 00 ab*256", [binary(hex("ab*256"))]));
});

describe("§5.2 payload length", () => {
  if (inNode) {
    test("beyond 32 bits it is written in 64", () => {
      const output = new OutputQueue();
      writeFrame(output, 0x82, new Uint8Array(0x1_0203_0405), undefined, true);
      expect(toHex(output.takeChunks()[0]!)).toBe("82 7f 00 00 00 01 02 03 04 05");
    });
  }
  const lengths = [
    ["00", 0],
    ["01", 1],
    ["7d", 125],
    ["7e 00 7e", 126],
    ["7e 00 7f", 127],
    ["7e 01 00", 256],
  ] as const;
  test.each(lengths)("frameReader reads %s as %i bytes", (encoded, length) =>
    expectEvents("client", `82 ${encoded} 61*${length}`, [binary(hex(`61*${length}`))]),
  );
  // The largest ones are not fed byte by byte: only their ends matter.
  test.each([
    ["7e ff ff", 65_535],
    ["7f 00 00 00 00 00 01 00 00", 65_536],
  ] as const)("frameReader reads %s as %i bytes", (encoded, length) => {
    const client = open("client");
    const events = feed(client, hex(`82 ${encoded} 61*${length} 82 00`), [1, 2, 3, 9, 10, 11, 12, 50, length]);
    expect(events.at(-1)).toEqual(binary(hex("")));
    const data = events.slice(0, -1).map((event) => (event.type === "bytesReceived" ? event.data.length : NaN));
    expect(data.reduce((sum, part) => sum + part)).toBe(length);
  });

  test.each([0, 1, 125, 126, 127, 65_535, 65_536])("frameWriter writes %i bytes with the shortest length", (length) => {
    const server = open("server");
    server.sendData(new Uint8Array(length).fill(0x61));
    const bytes = server.bytesToSend();
    const header =
      length < 126
        ? [length]
        : length < 65_536
          ? [126, length >> 8, length & 255]
          : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
    expect([...bytes.subarray(0, 1 + header.length)]).toEqual([0x82, ...header]);
    expect(bytes.length).toBe(1 + header.length + length);
    expect(bytes.subarray(1 + header.length).every((byte) => byte === 0x61)).toBe(true);
  });

  const tooLong = [
    ["7e 00 00", 0],
    ["7e 00 7d", 125],
    ["7f 00 00 00 00 00 00 00 7d", 125],
    ["7f 00 00 00 00 00 00 ff ff", 65_535],
  ] as const;
  test.each(tooLong)("frameReader refuses %s, more bytes than %i needs", (encoded) =>
    expectViolation("client", `82 ${encoded}`, "lengthNotMinimal", 1002),
  );
  test.each(["80 00 00 00 00 00 00 00", "ff ff ff ff ff ff ff ff"])("frameReader refuses a length of %s", (length) =>
    expectViolation("client", `82 7f ${length}`, "lengthTooLarge", 1002),
  );
  test.each(["00 20 00 00 00 00 00 00", "7f ff ff ff ff ff ff ff"])(
    "frameReader refuses a length of %s, beyond exact integers",
    (length) =>
      expectViolation("client", `82 7f ${length}`, "lengthTooLarge", 1009, { limits: { maxFrameBytes: Infinity } }),
  );
  test.each([
    "00 00 00 00 80 00 00 00",
    "00 00 00 00 ff ff ff ff",
    "00 1f ff ff ff ff ff ff",
    "00 00 00 01 00 00 00 00",
  ])("frameReader reads a length of %s as a large positive number", (length) => {
    const client = open("client", { limits: { maxFrameBytes: Infinity, maxMessageBytes: Infinity } });
    expect(feed(client, hex(`82 7f ${length} 61`))).toEqual([
      binary(hex("61"), { frameFinished: false, messageFinished: false }),
    ]);
  });
});

describe("§5.2 reserved bits and opcodes", () => {
  test.each(["c1", "a1", "91", "f1", "c0", "92", "c8", "a9", "9a"])("frameReader refuses the first byte %s", (first) =>
    expectViolation("client", `${first} 00`, "reservedBits", 1002),
  );
  test.each(["83", "84", "85", "86", "87", "8b", "8c", "8d", "8e", "8f", "03", "0b"])(
    "frameReader refuses the opcode of %s",
    (first) => expectViolation("client", `${first} 00`, "reservedOpcode", 1002),
  );
  test("frameReader refuses an invalid frame before its length has arrived", () => {
    expect(expectClosed(feed(open("client"), hex("c1 7f")))).toMatchObject({ error: { code: "reservedBits" } });
  });
});

describe("§5.1, §5.3 masking", () => {
  test("a server refuses a frame that is not masked", () =>
    expectViolation("server", "81 05 48 65 6c 6c 6f", "maskMissing", 1002, { masking: true }));
  test("a client refuses a frame that is masked", () =>
    expectViolation("client", "81 85 37 fa 21 3d 7f 9f 4d 51 58", "maskUnexpected", 1002));
  test("a server that agreed to unmasked frames accepts both kinds", () =>
    expectEvents("server", "81 02 68 69 81 82 01 02 03 04 69 6b", [text("hi"), text("hi")]));
  test("a client that agreed to unmasked frames masks none", () => {
    const client = open("client", { masking: false });
    client.sendData("hi");
    expect(toHex(client.bytesToSend())).toBe("81 02 68 69");
  });
  test("a key of zeros counts as masking", () => expectEvents("server", "81 82 00 00 00 00 68 69", [text("hi")]));

  test.each([0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 64, 100, 200, 1000, 1550, 4099])(
    "a server unmasks %i bytes at any alignment and in any pieces, and touches no neighbour",
    (length) => {
      for (let shift = 0; shift < 8; shift++) {
        for (const tail of [0, 1, 2, 3]) {
          const header = length < 126 ? [0x82, 0x80 | length] : [0x82, 0xfe, length >> 8, length & 255];
          const key = [0x12, 0x34, 0xf6, 0x08];
          const wire = [...header, ...key, ...Array.from({ length }, (_, i) => (i * 7) ^ key[i & 3]!)].map(
            (b) => b & 255,
          );
          const buffer = new Uint8Array(shift + wire.length + tail).fill(0xaa);
          buffer.set(wire, shift);
          const server = open("server");
          const cut = shift + Math.floor((wire.length * (tail + 1)) / 5);
          server.receiveBytes(buffer.subarray(shift, cut));
          const events = pull(server);
          server.receiveBytes(buffer.subarray(cut, shift + wire.length));
          events.push(...pull(server));
          const data = events.flatMap((event) => (event.type === "bytesReceived" ? [...event.data] : []));
          expect(data).toEqual(Array.from({ length }, (_, i) => (i * 7) & 255));
          expect([...buffer.subarray(0, shift), ...buffer.subarray(shift + wire.length)]).toEqual(
            Array.from({ length: shift + tail }, () => 0xaa),
          );
        }
      }
    },
  );

  test("each frame has a separate key, drawn from the given source", () => {
    let drawn = 0;
    const client = open("client", { random: (bytes) => bytes.fill(++drawn) });
    client.sendData("a");
    client.sendData("b");
    client.ping();
    expect(toHex(client.bytesToSend())).toBe("81 81 01 01 01 01 60 81 81 02 02 02 02 60 89 80 03 03 03 03");
  });
  test("the platform's source gives different keys", () => {
    const client = open("client");
    const keys = Array.from({ length: 2000 }, () => {
      client.sendData("");
      return toHex(client.bytesToSend().subarray(2));
    });
    expect(new Set(keys).size).toBeGreaterThan(1990);
  });
});

describe("§5.5 control frames", () => {
  test("a ping is reported, and answered with its payload (§5.5.2, §5.5.3)", () =>
    expectEvents("server", "89 82 00 00 00 00 68 69", [ping(hex("68 69"))], "8a 02 68 69"));
  test("a ping may be empty", () => expectEvents("server", "89 80 00 00 00 00", [ping(hex(""))], "8a 00"));
  test("a ping may have 125 bytes", () =>
    expectEvents("server", "89 fd 00 00 00 00 fe*125", [ping(hex("fe*125"))], "8a 7d fe*125"));
  test("ten pings get ten pongs, in order", () => {
    const numbers = Array.from({ length: 10 }, (_, i) => `0${i}`);
    expectEvents(
      "server",
      numbers.map((n) => `89 81 00 00 00 00 ${n}`).join(" "),
      numbers.map((n) => ping(hex(n))),
      numbers.map((n) => `8a 01 ${n}`).join(" "),
    );
  });
  test("an unsolicited pong is reported and not answered", () =>
    expectEvents("server", "8a 82 00 00 00 00 68 69", [pong(hex("68 69"))]));
  test("frameReader refuses a ping of 126 bytes", () =>
    expectViolation("client", "89 7e 00 7e 00*126", "controlFrameTooLong", 1002));
  test("frameReader refuses a Close frame of 126 bytes", () =>
    expectViolation("client", "88 7e 00 7e", "controlFrameTooLong", 1002));
  test("frameReader refuses a pong with a 64-bit length", () =>
    expectViolation("client", "8a 7f 00 00 00 00 00 00 00 01", "controlFrameTooLong", 1002));
  test.each(["08", "09", "0a"])("frameReader refuses the fragmented control frame %s", (first) =>
    expectViolation("client", `${first} 00`, "controlFrameFragmented", 1002),
  );
  test("without autoPong the application answers pings", () => {
    const server = open("server", { autoPong: false });
    expect(feed(server, hex("89 81 00 00 00 00 07"))).toEqual([ping(hex("07"))]);
    expect(toHex(server.bytesToSend())).toBe("");
    server.pong(hex("07"));
    expect(toHex(server.bytesToSend())).toBe("8a 01 07");
  });
  test("ping and pong send up to 125 bytes", () => {
    const server = open("server");
    server.ping();
    server.ping(new ArrayBuffer(2));
    server.pong(hex("ab*125"));
    expect(toHex(server.bytesToSend())).toBe(toHex(hex("89 00 89 02 00 00 8a 7d ab*125")));
  });
  test("the payload of a ping outlives its chunk", () => {
    const server = open("server");
    const chunk = hex("89 82 00 00 00 00 68 69");
    server.receiveBytes(chunk);
    pull(server);
    chunk.fill(0);
    expect(toHex(server.bytesToSend())).toBe("8a 02 68 69");
  });
});

test("frameRemaining is the announced length minus what has been pulled", () => {
  const connection = open("client");
  expect(connection.frameRemaining).toBe(0);
  connection.receiveBytes(hex("82 7e 03 e8 00*100"));
  expect(connection.frameRemaining).toBe(0);
  expect(pull(connection)).toHaveLength(1);
  expect(connection.frameRemaining).toBe(900);
  connection.receiveBytes(hex("00*900 82 01 00"));
  const left: number[] = [];
  for (const event of connection.events()) left.push("data" in event ? connection.frameRemaining : -1);
  expect(left).toEqual([0, 0]);
});
