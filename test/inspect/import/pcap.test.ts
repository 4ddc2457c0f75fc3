/** Capture files: pcap and pcapng, the links below IP, and TCP as a network disorders it. */
import { describe, expect, test } from "vitest";
import {
  CaptureError,
  decode,
  fromPcap,
  messagesOf,
  toPcapng,
  type CapturedConnection,
} from "../../../src/inspect/index.ts";
import { Random } from "../../support/random.ts";
import { ascii, hex, join, toHex, type Bytes } from "../../support/wire.ts";
import { compressed } from "../captures.ts";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import {
  block,
  BYTES,
  CONVERSATION,
  interfaceBlock,
  ipv4,
  ipv6,
  links,
  packetBlock,
  pcap,
  section,
  segments,
  tcp,
} from "./packets.ts";

const PACKETS = segments().map(([sender, segment]) => ipv4(sender, segment));

function only(connections: readonly CapturedConnection[]): CapturedConnection {
  expect(connections).toHaveLength(1);
  return connections[0]!;
}

/** Checks that the connection is the conversation, whole. */
function expectConversation(connection: CapturedConnection): void {
  expect(toHex(connection.streams.client)).toBe(toHex(BYTES.client));
  expect(toHex(connection.streams.server)).toBe(toHex(BYTES.server));
  expect(connection).toMatchObject({ content: "websocket", missing: [] });
  const records = decode(connection.streams);
  expect(records.flatMap(({ violations }) => violations)).toEqual([]);
  const text = ({ content }: { content: Bytes }): string => new TextDecoder().decode(content);
  expect(
    messagesOf(records)
      .filter(({ opcode }) => opcode === 1)
      .map(text),
  ).toEqual(["Hello", "Hello"]);
}

function errorOf(file: Uint8Array): unknown {
  try {
    fromPcap(file);
  } catch (error) {
    return error;
  }
  return expect.fail("it was read");
}

describe("pcap", () => {
  for (const littleEndian of [true, false]) {
    for (const nanoseconds of [true, false]) {
      const order = littleEndian ? "little" : "big";
      test(`in ${order}-endian order with ${nanoseconds ? "nano" : "micro"}seconds is read`, () => {
        const connection = only(fromPcap(pcap(PACKETS, { littleEndian, nanoseconds })));
        expectConversation(connection);
        // The first three packets carry nothing.
        expect(connection.chunks[0]!.timeMs).toBe(1_003_500);
      });
    }
  }
  test("that was cut off anywhere counts as far as it goes", () => {
    const file = pcap(PACKETS);
    for (let length = 4; length < file.length; length++) {
      for (const { streams } of fromPcap(file.subarray(0, length))) {
        expect(toHex(BYTES.client).startsWith(toHex(streams.client))).toBe(true);
        expect(toHex(BYTES.server).startsWith(toHex(streams.server))).toBe(true);
      }
    }
  });
  test("is read from a Buffer and from any other view, which stays as it is", () => {
    const file = pcap(PACKETS);
    const padded = join(new Uint8Array(3), file, new Uint8Array(5));
    const before = toHex(padded);
    const connection = only(fromPcap(padded.subarray(3, 3 + file.length)));
    padded.fill(0);
    expectConversation(connection);
    expect(before).toContain(toHex(file));
  });
});

describe("pcapng", () => {
  const packets = (options?: { id?: number; littleEndian?: boolean }): Bytes[] =>
    PACKETS.map((packet, i) => packetBlock(packet, 1_000_000_000 + i, options));

  test.each([true, false])("with sections in either order of bytes is read: little-endian %s", (littleEndian) => {
    const file = join(section(littleEndian), interfaceBlock(101, hex(), littleEndian), ...packets({ littleEndian }));
    expectConversation(only(fromPcap(file)));
  });
  test("with blocks of unknown kinds, several sections, and interfaces of several links is read", () => {
    const [first, ...rest] = packets();
    const ethernet = ipv4("client", tcp("client", 100, hex(), { syn: true, ack: false }));
    const file = join(
      section(),
      block(0x0bad, ascii("unknown")),
      interfaceBlock(1),
      interfaceBlock(101),
      packetBlock(links.Ethernet!.wrap(ethernet), 1),
      section(false),
      interfaceBlock(101, hex(), false),
      block(5, new Uint8Array(12), false),
      section(),
      interfaceBlock(101),
      first!,
      ...rest,
    );
    expectConversation(only(fromPcap(file)));
  });
  test.each([
    ["microseconds by default", hex(), 1_000_000_000, 1_000_000],
    ["nanoseconds by option", hex("09 00 01 00 09 00 00 00"), 1_000_000_000, 1000],
    ["a power of two by option", hex("09 00 01 00 8a 00 00 00"), 1024 * 7, 7000],
    ["behind a comment, up to the end of options", hex("01 00 02 00 68 69 00 00 09 00 01 00 03 00 00 00"), 1000, 1000],
    ["with an offset in seconds", hex("0e 00 08 00 02 00 00 00 00 00 00 00 09 00 01 00 03"), 1000, 3000],
  ])("tells times in %s", (_, options, units, expected) => {
    const packet = ipv4("client", tcp("client", 1, ascii("x")));
    const file = join(section(), interfaceBlock(101, options), packetBlock(packet, units));
    expect(only(fromPcap(file)).chunks[0]!.timeMs).toBe(expected);
  });
  test("with simple and with obsolete packet blocks is read", () => {
    const packet = ipv4("client", tcp("client", 1, ascii("x")));
    const length = hex(packet.length.toString(16).padStart(2, "0"), "00 00 00");
    for (const blocks of [
      block(3, join(length, packet)),
      block(2, join(hex("00 00 00 00 00 00 00 00 00 00 00 00"), length, length, packet)),
    ]) {
      expect(toHex(only(fromPcap(join(section(), interfaceBlock(101), blocks))).streams.client)).toBe("78");
    }
  });
  test("of toPcapng brings the bytes back", () => {
    const { client, server, sent, carry } = compressed();
    carry();
    client.sendData("hello ".repeat(1000));
    server.sendData(new Uint8Array(70_000));
    carry();
    server.close(1000, "bye");
    carry();
    const extensions = [permessageDeflate()];
    const records = decode(sent, { extensions });
    const connection = only(fromPcap(toPcapng({ role: "client", records })));
    expect(toHex(connection.streams.client)).toBe(toHex(sent.client));
    expect(toHex(connection.streams.server)).toBe(toHex(sent.server));
    expect(connection.addresses).toEqual({ client: "192.0.2.1:49152", server: "192.0.2.2:80" });
    expect(messagesOf(decode(connection.streams, { extensions }))).toHaveLength(4);
  });
});

describe("links", () => {
  describe.each(Object.entries(links))("%s", (_, { type, wrap }) => {
    test("carries IPv4, and IPv6", () => {
      expectConversation(only(fromPcap(pcap(PACKETS.map(wrap), { linkType: type }))));
      const six = segments().map(([sender, segment]) => wrap(ipv6(sender, segment)));
      const connection = only(fromPcap(pcap(six, { linkType: type })));
      expectConversation(connection);
      expect(connection.addresses).toEqual({ client: "[2001:db8::1]:49152", server: "[2001:db8::2]:80" });
    });
  });
  test("pad short packets of Ethernet, which is not payload", () => {
    const padded = PACKETS.map((packet) => join(links.Ethernet!.wrap(packet), hex("ff*6")));
    expectConversation(only(fromPcap(pcap(padded, { linkType: 1 }))));
  });
  test("of other protocols are passed over: ARP, UDP, fragments, and extension headers that hide TCP", () => {
    const segment = tcp("client", 1, ascii("x"));
    const others = [
      join(new Uint8Array(12), hex("08 06"), new Uint8Array(28)),
      ...[
        ipv4("client", segment, { protocol: 17 }),
        ipv4("client", segment, { fragment: 0x2000 }),
        ipv4("client", segment, { fragment: 1 }),
        ipv6("client", segment, 17),
        ipv6("client", segment, 44, hex("06 00 00 08 00 00 00 01")),
        ipv6("client", segment, 59),
        ipv4("client", tcp("client", 1).subarray(0, 10)),
      ].map(links.Ethernet!.wrap),
      hex(""),
      hex("00"),
    ];
    expect(fromPcap(pcap(others, { linkType: 1 }))).toEqual([]);
  });
  test("with extension headers of IPv6 before TCP are read", () => {
    const extensions = hex("2b 00 01 04 00 00 00 00", "2c 00 00 00 00 00 00 00", "06 00 00 00 00 00 00 01");
    const packet = ipv6("client", tcp("client", 1, ascii("x")), 0, extensions);
    expect(toHex(only(fromPcap(pcap([packet]))).streams.client)).toBe("78");
  });
});

describe("TCP", () => {
  const order = (...packets: ["client" | "server", Bytes][]): CapturedConnection[] =>
    fromPcap(pcap(packets.map(([sender, segment]) => ipv4(sender, segment))));

  test("segments in any order, twice and in overlapping pieces, become the same streams", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Random(seed);
      // Near the end of the sequence numbers, which go round within the streams.
      const start = { client: 2 ** 32 - 50, server: 2 ** 32 - 20 };
      const packets: ["client" | "server", Bytes][] = [];
      for (const sender of ["client", "server"] as const) {
        const bytes = BYTES[sender];
        const pieces: [number, number][] = [[0, 0]];
        for (let at = 0; at < bytes.length; at += random.below(30) + 1) {
          pieces.push([Math.max(0, at - random.below(10)), Math.min(bytes.length, at + 30)]);
        }
        for (const [from, to] of pieces) {
          const segment = tcp(sender, start[sender] + 1 + from, bytes.subarray(from, to));
          packets.push([sender, segment]);
          if (random.oneIn(3)) packets.push([sender, segment]);
        }
      }
      for (let i = packets.length - 1; i > 0; i--) {
        const other = random.below(i + 1);
        [packets[i], packets[other]] = [packets[other]!, packets[i]!];
      }
      const opening = segments(start).slice(0, 2);
      expectConversation(only(order(...opening, ...packets)));
    }
  });
  test("chunks come in the order and at the time of what completed them", () => {
    const [syn, answer, , request] = segments();
    const chunks = only(
      order(
        syn!,
        answer!,
        ["server", tcp("server", 203, ascii("c"))],
        ["server", tcp("server", 201, ascii("a"))],
        request!,
        ["server", tcp("server", 202, ascii("b"))],
      ),
    ).chunks;
    expect(chunks.map(({ sender, bytes, timeMs }) => [sender, bytes.length, timeMs])).toEqual([
      ["server", 1, 1_003_500],
      ["client", CONVERSATION[0]![1].length, 1_004_500],
      ["server", 1, 1_005_500],
      ["server", 1, 1_005_500],
    ]);
  });
  test("keep-alive probes and acknowledgements carry nothing", () => {
    const [syn, answer, ack, ...rest] = segments();
    const probe: ["client" | "server", Bytes] = ["client", tcp("client", 100, hex("00"))];
    expectConversation(only(order(syn!, answer!, ack!, probe, ...rest, ack!)));
  });
  test("a gap ends its stream, and is reported; the other stream goes on", () => {
    const all = segments();
    const [, lost] = all[5]!;
    const connection = only(order(...all.filter(([, segment]) => segment !== lost)));
    const length = CONVERSATION[0]![1].length;
    expect(connection.missing).toEqual([{ sender: "client", offset: length, length: 11 }]);
    expect(toHex(connection.streams.client)).toBe(toHex(BYTES.client.subarray(0, length)));
    expect(toHex(connection.streams.server)).toBe(toHex(BYTES.server));
  });
  test("a packet that was captured in part is a gap", () => {
    const packets = PACKETS.map((packet, i) => (i === 3 ? packet.subarray(0, 60) : packet));
    const connection = only(fromPcap(pcap(packets)));
    expect(connection.streams.client).toHaveLength(20);
    expect(connection.missing[0]).toMatchObject({ sender: "client", offset: 20 });
  });
  test("the client is known without a SYN: by a head, by the mask of a frame, or by the higher port", () => {
    const says = (sender: "client" | "server", bytes: Bytes): CapturedConnection =>
      only(order([sender, tcp(sender, 7, bytes)]));
    // What the bytes say counts more than the ports.
    for (const bytes of [CONVERSATION[0]![1], CONVERSATION[2]![1]]) {
      for (const sender of ["client", "server"] as const) {
        expect(toHex(says(sender, bytes).streams.client)).toBe(toHex(bytes));
      }
    }
    expect(says("server", ascii("hello")).addresses).toMatchObject({ server: "127.0.0.2:80" });
    expect(says("client", ascii("HTTP/1.1 101 \r\n")).streams.server).toHaveLength(15);
  });
  test("several connections are kept apart, also one after the other on the same ports", () => {
    const again = segments({ client: 5000, server: 6000 });
    const connections = order(...segments(), ...again);
    expect(connections).toHaveLength(2);
    for (const connection of connections) expectConversation(connection);
    // The first SYN sent again is no new connection.
    const [syn, ...rest] = segments();
    expectConversation(only(order(syn!, syn!, ...rest)));
  });
  test("content says what the bytes look like", () => {
    const content = (client: string, server = ""): string =>
      only(order(["client", tcp("client", 1, ascii(client))], ["server", tcp("server", 1, ascii(server))])).content;
    expect(content("GET / HTTP/1.1\r\nupgrade: h2c, WebSocket\r\n\r\n")).toBe("websocket");
    expect(content("GET / HTTP/1.1\r\n\r\nUpgrade: websocket\r\n")).toBe("http");
    expect(content("\x16\x03\x01\x02")).toBe("tls");
    expect(content("\x81\x80aaaa")).toBe("unknown");
  });
});

describe("what can't be read", () => {
  test.each([
    ["nothing", hex(""), "format", 0],
    ["another kind of file", ascii("GIF89a and more of it"), "format", 0],
    ["a section without an order of bytes", hex("0a 0d 0d 0a 1c 00 00 00 00 00 00 00"), "damaged", 8],
    ["a block of an impossible length", join(section(), hex("06 00 00 00 0a 00 00 00 00 00 00 00")), "damaged", 32],
    ["a packet of an unknown interface", join(section(), packetBlock(PACKETS[3]!, 1)), "damaged", 28],
    [
      "a packet longer than its block",
      join(section(), interfaceBlock(101), block(6, hex("00*12 ff 00 00 00 00*4"))),
      "damaged",
      48,
    ],
    ["packets of another link", pcap(PACKETS, { linkType: 105 }), "unsupported", undefined],
  ])("%s is a CaptureError", (_, file, code, offset) => {
    const error = errorOf(file);
    expect(error).toBeInstanceOf(CaptureError);
    expect(error).toMatchObject({ name: "CaptureError", code, offset });
  });
  test("anything but an array of bytes is a TypeError", () => {
    for (const wrong of ["a path", undefined, {}, 5]) expect(() => fromPcap(wrong as never)).toThrow(TypeError);
  });
  test("files that were changed at random end in connections or in a CaptureError: 200 seeds", () => {
    const ng = join(
      section(),
      interfaceBlock(1, hex("09 00 01 00 06 00 00 00")),
      ...PACKETS.map((packet, i) => packetBlock(links.Ethernet!.wrap(packet), i)),
    );
    const six = segments().map(([sender, segment]) => ipv6(sender, segment, 0, hex("06 00 00 00 00 00 00 00")));
    const files = [
      ng,
      pcap(PACKETS),
      pcap(six, { littleEndian: false }),
      toPcapng({ role: "client", records: decode(BYTES) }),
    ];
    const ends = { read: 0, refused: 0 };
    for (let seed = 1; seed <= 200; seed++) {
      const random = new Random(seed);
      const file = files[seed % files.length]!.slice(0, random.oneIn(4) ? random.below(1500) : undefined);
      for (let i = random.below(8); i >= 0; i--) {
        const at = random.below(file.length);
        if (random.oneIn(2)) file[at] = random.pick([0, 1, 0x7f, 0x80, 0xff]);
        else file.set(random.bytes(Math.min(4, file.length - at)), at);
      }
      try {
        for (const { streams } of fromPcap(file)) decode(streams);
        ends.read++;
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(CaptureError);
        ends.refused++;
      }
    }
    expect(ends.read).toBeGreaterThan(20);
    expect(ends.refused).toBeGreaterThan(20);
  });
  test("many segments behind a gap take no long time", () => {
    const packets = Array.from({ length: 50_000 }, (_, i) =>
      ipv4("client", tcp("client", 500_000 - i * 2, ascii("x"))),
    );
    const file = pcap([ipv4("client", tcp("client", 1, hex(), { syn: true, ack: false })), ...packets]);
    expect(fromPcap(file)).toEqual([]);
  });
});
