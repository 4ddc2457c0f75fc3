/** Captured bytes as records: every field of every frame, and every broken rule, however the bytes arrive. */
import fc from "../../support/properties.ts";
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import { WSConnection, type ConnectionOptions, type WSEvent } from "../../../src/index.ts";
import {
  contentOf,
  decode,
  Decoder,
  maskedPayload,
  type DecoderOptions,
  type FrameRecord,
  type HeadRecord,
  type Role,
  type TraceRecord,
} from "../../../src/inspect/index.ts";
import { ascii, everyByte, head, hex, join, toHex, type Bytes } from "../../support/wire.ts";
import { compressed, converse } from "../captures.ts";

/** Decodes the bytes of one sender in every way that they can come, which must make no difference. */
function decodeEveryWay(sender: Role, bytes: Bytes, options: DecoderOptions = {}): TraceRecord[] {
  const ways = [[], everyByte(bytes), [Math.floor(bytes.length / 2)]].map((cuts) => {
    const records: TraceRecord[] = [];
    const decoder = new Decoder({ handshake: "none", ...options, onRecord: (record) => (records[record.id] = record) });
    let start = 0;
    for (const end of [...cuts, bytes.length]) {
      decoder.receive(sender, bytes.slice(start, end));
      start = end;
    }
    return records;
  });
  for (const records of ways) expect(records.map(withoutChunks)).toEqual(ways[0]!.map(withoutChunks));
  return ways[0]!;
}

const withoutChunks = (record: TraceRecord): object => ({ ...record, chunks: [], chunkCount: 0 });

function frames(sender: Role, text: string | Bytes, options?: DecoderOptions): FrameRecord[] {
  const records = decodeEveryWay(sender, typeof text === "string" ? hex(text) : text, options);
  return records.filter((record) => record.kind === "frame");
}

const violations = (records: readonly TraceRecord[]): string[] =>
  records.flatMap((record) => record.violations.map(({ code, section }) => `${code} ${section}`));

describe("RFC 6455 §5.2, §5.7 frames", () => {
  test("a single-frame unmasked text message", () => {
    const [frame] = frames("server", "81 05 48 65 6c 6c 6f");
    expect(frame).toMatchObject({
      kind: "frame",
      sender: "server",
      direction: "received",
      offset: 0,
      length: 7,
      complete: true,
      fin: true,
      rsv: 0,
      opcode: 1,
      masked: false,
      lengthForm: 7,
      maskingKey: undefined,
      payloadLength: 5,
      messageNumber: 0,
      fragment: 0,
      messageType: "text",
      violations: [],
    });
    expect(frame!.header).toEqual(hex("81 05"));
    expect(frame!.payload).toEqual(ascii("Hello"));
  });

  test("a single-frame masked text message", () => {
    const [frame] = frames("client", "81 85 37 fa 21 3d 7f 9f 4d 51 58");
    expect(frame).toMatchObject({ direction: "sent", masked: true, length: 11, payloadLength: 5 });
    expect(frame!.maskingKey).toEqual(hex("37 fa 21 3d"));
    expect(frame!.payload).toEqual(ascii("Hello"));
    expect(maskedPayload(frame!)).toEqual(hex("7f 9f 4d 51 58"));
  });

  test("fragments with a ping between them are one message", () => {
    const [hel, ping, lo, next] = frames("server", "01 03 48 65 6c 89 01 21 80 02 6c 6f 82 00");
    expect([hel, ping, lo, next].map((frame) => [frame!.messageNumber, frame!.fragment, frame!.messageType])).toEqual([
      [0, 0, "text"],
      [undefined, undefined, undefined],
      [0, 1, "text"],
      [1, 0, "binary"],
    ]);
    expect([hel, ping, lo, next].map((frame) => frame!.offset)).toEqual([0, 5, 8, 12]);
  });

  test.each([
    ["7 bits", "82 7d", 125, 7],
    ["16 bits", "82 7e 00 7e", 126, 16],
    ["16 bits, the longest", "82 7e ff ff", 65_535, 16],
    ["64 bits", "82 7f 00 00 00 00 00 01 00 00", 65_536, 64],
  ] as const)("a length in %s", (_, header, payloadLength, lengthForm) => {
    const bytes = join(hex(header), new Uint8Array(payloadLength).fill(7));
    for (const cuts of [[], [1], [3], [header.length / 3]]) {
      const records: TraceRecord[] = [];
      const decoder = new Decoder({ handshake: "none", onRecord: (record) => (records[record.id] = record) });
      for (const [i, end] of [...cuts, bytes.length].entries()) {
        decoder.receive("server", bytes.slice(i === 0 ? 0 : cuts[i - 1], end));
      }
      expect(records).toHaveLength(1);
      expect(records[0]).toMatchObject({ payloadLength, lengthForm, complete: true, violations: [] });
      expect((records[0] as FrameRecord).payload).toEqual(new Uint8Array(payloadLength).fill(7));
    }
  });

  test("the part of a frame that has arrived is reported as it arrives", () => {
    const seen: unknown[] = [];
    const decoder = new Decoder({
      handshake: "none",
      onRecord: (record) => {
        const { header, payload, complete, length, lastMs } = record as FrameRecord;
        seen.push([toHex(header), toHex(payload), complete, length, lastMs]);
      },
    });
    for (const [i, byte] of hex("82 02 aa bb").entries()) decoder.receive("server", Uint8Array.of(byte), i);
    expect(seen).toEqual([
      ["82", "", false, 1, 0],
      ["82 02", "", false, 2, 1],
      ["82 02", "aa", false, 3, 2],
      ["82 02", "aa bb", true, 4, 3],
    ]);
  });

  test("chunks are numbered across both directions, and each record lists its parts of them", () => {
    const records: TraceRecord[] = [];
    const decoder = new Decoder({ handshake: "none", onRecord: (record) => (records[record.id] = record) });
    decoder.receive("server", hex("82 01 aa 82 01"), 10);
    decoder.receive("client", hex("89 80 00 00 00 00"), 11);
    decoder.receive("server", hex("bb"), 12);
    expect(records.map(({ chunks }) => chunks)).toEqual([
      [{ chunk: 0, offset: 0, length: 3, timeMs: 10 }],
      [
        { chunk: 0, offset: 3, length: 2, timeMs: 10 },
        { chunk: 2, offset: 5, length: 1, timeMs: 12 },
      ],
      [{ chunk: 1, offset: 0, length: 6, timeMs: 11 }],
    ]);
    expect(records[1]).toMatchObject({ firstMs: 10, lastMs: 12 });
  });
});

describe("a broken rule is reported, and decoding continues", () => {
  test.each([
    ["§5.2 a reserved bit", "server", "a1 00", ["reservedBits RFC 6455 §5.2"]],
    ["§5.2 two of them", "server", "b1 00", ["reservedBits RFC 6455 §5.2", "reservedBits RFC 6455 §5.2"]],
    ["§5.2 a reserved opcode", "server", "83 00", ["reservedOpcode RFC 6455 §5.2"]],
    ["§5.5 a control frame in fragments", "server", "09 00", ["controlFrameFragmented RFC 6455 §5.5"]],
    ["§5.5 a ping of 126 bytes", "server", `89 7e 00 7e aa*126`, ["controlFrameTooLong RFC 6455 §5.5"]],
    ["§5.1 a client that does not mask", "client", "81 00", ["maskMissing RFC 6455 §5.1"]],
    ["§5.1 a server that masks", "server", "81 80 00*4", ["maskUnexpected RFC 6455 §5.1"]],
    ["§5.2 a length of 16 bits that fits 7", "server", "82 7e 00 01 aa", ["lengthNotMinimal RFC 6455 §5.2"]],
    ["§5.2 one of 64 bits that fits 16", "server", "82 7f 00*6 00 01 aa", ["lengthNotMinimal RFC 6455 §5.2"]],
    ["§5.2 the longest of 64 bits that fits 16", "server", "82 7f 00*6 ff ff aa", ["lengthNotMinimal RFC 6455 §5.2"]],
    ["§5.2 one beyond 63 bits", "server", "82 7f 80 00*7 aa", ["lengthTooLarge RFC 6455 §5.2"]],
    ["§10.4 one beyond 2^53", "server", "82 7f 00 20 00*6 aa", ["lengthTooLarge RFC 6455 §10.4"]],
    ["§5.4 a continuation of nothing", "server", "80 00", ["continuationWithoutStart RFC 6455 §5.4"]],
    ["§5.4 a message in the middle of one", "server", "01 00 81 00", ["messageInterrupted RFC 6455 §5.4"]],
    ["§8.1 text that is not UTF-8", "server", "81 02 41 ff", ["invalidUtf8 RFC 6455 §8.1"]],
    ["§8.1 text that ends in a character", "server", "01 01 c3 80 00", ["invalidUtf8 RFC 6455 §8.1"]],
    ["§5.5.1 a Close frame of one byte", "server", "88 01 03", ["closeBodyTooShort RFC 6455 §5.5.1"]],
    ["§7.4 close code 1005", "server", "88 02 03 ed", ["closeCodeInvalid RFC 6455 §7.4"]],
    ["§8.1 a reason that is not UTF-8", "server", "88 03 03 e8 ff", ["invalidUtf8 RFC 6455 §8.1"]],
    ["§5.5.1 a frame behind a Close", "server", "88 00 81 00", ["frameAfterClose RFC 6455 §5.5.1"]],
  ] as const)("%s", (_, sender, bytes, expected) => {
    const followed = join(hex(bytes), /80 00\*7 aa|20 00\*6/.test(bytes) ? hex("") : hex("8a 00"));
    const records = frames(sender, followed, sender === "client" ? { masking: true } : {});
    expect(violations(records).slice(0, expected.length)).toEqual(expected);
  });

  test("several violations in one frame are all reported, with their positions", () => {
    const [frame] = frames("client", "0b 7e 00 01 aa");
    expect(frame!.violations.map(({ code, field, offset }) => [code, field, offset])).toEqual([
      ["reservedOpcode", "opcode", 0],
      ["controlFrameFragmented", "fin", 0],
      ["controlFrameTooLong", "payloadLength", 0],
      ["maskMissing", "mask", 0],
      ["lengthNotMinimal", "extendedPayloadLength", 0],
    ]);
  });

  test("invalid UTF-8 is reported at its byte", () => {
    const [, second] = frames("server", "01 02 68 c3 80 03 a9 69 ff");
    expect(second!.violations.map(({ offset }) => offset)).toEqual([8]);
  });

  test("masking: false allows unmasked frames of clients", () => {
    expect(violations(frames("client", "81 00 81 80 00*4", { masking: false }))).toEqual([]);
  });
});

describe("RFC 6455 §4 heads", () => {
  const request = [
    "GET /chat?room=1 HTTP/1.1",
    "Host: example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
  ];
  const answer = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  ];

  test("the RFC's handshake, and a frame after each head", () => {
    const records = decode({
      client: join(head(...request), hex("81 80 00*4")),
      server: join(head(...answer), hex("81 00")),
    });
    expect(records.map(({ kind, sender, offset }) => [kind, sender, offset])).toEqual([
      ["head", "client", 0],
      ["head", "server", 0],
      ["frame", "server", head(...answer).length],
      ["frame", "client", head(...request).length],
    ]);
    expect(violations(records)).toEqual([]);
    const [asked, answered] = records as HeadRecord[];
    expect(asked).toMatchObject({ message: "request", startLine: request[0], status: undefined });
    expect(asked!.fields.map(({ name, value }) => `${name}: ${value}`)).toEqual(request.slice(1));
    expect(answered).toMatchObject({ message: "response", status: 101, requestKey: "dGhlIHNhbXBsZSBub25jZQ==" });
  });

  test.each([
    ["no Host", request.filter((line) => !line.startsWith("Host")), ["hostInvalid RFC 6455 §4.2.1"]],
    ["two Hosts", [...request, "Host: b"], ["hostInvalid RFC 6455 §4.2.1"]],
    ["another version", request.map((line) => line.replace("13", "8")), ["versionInvalid RFC 6455 §4.4"]],
    ["a short key", request.map((line) => line.replace("dGhl", "")), ["keyInvalid RFC 6455 §4.2.1"]],
    ["POST", request.map((line) => line.replace("GET", "POST")), ["methodInvalid RFC 6455 §4.2.1"]],
    ["HTTP/1.0", request.map((line) => line.replace("HTTP/1.1", "HTTP/1.0")), ["httpVersionInvalid RFC 6455 §4.2.1"]],
    ["a space before the colon", [...request, "X : y"], ["headMalformed RFC 9112 §5"]],
    ["two Origins", [...request, "Origin: http://a", "Origin: http://a"], ["headMalformed RFC 6454 §7.3"]],
    ["Connection on two lines", [...request, "Connection: keep-alive"], []],
    ["Upgrade on two lines", [...request, "Upgrade: h2c"], []],
    ["an absolute target", request.map((line) => line.replace("/chat", "WSS://b?x")), []],
    ["an invalid port", request.map((line) => line.replace(".com", ".com:99999")), ["hostInvalid RFC 6455 §4.2.1"]],
    [
      "an invalid port in its target",
      request.map((line) => line.replace("/chat", "http://a:99999")),
      ["targetInvalid RFC 6455 §4.2.1"],
    ],
    [
      "a user in its target",
      request.map((line) => line.replace("/chat", "ws://me@a")),
      ["targetInvalid RFC 6455 §4.2.1"],
    ],
    ["a body", [...request, "Content-Length: 3"], ["requestBody RFC 6455 §4.1"]],
    [
      "nothing right",
      ["hello"],
      [
        "headMalformed RFC 6455 §4.1",
        "hostInvalid RFC 6455 §4.2.1",
        "upgradeInvalid RFC 6455 §4.2.1",
        "connectionInvalid RFC 6455 §4.2.1",
        "versionInvalid RFC 6455 §4.4",
        "keyInvalid RFC 6455 §4.2.1",
      ],
    ],
  ])("a request with %s", (_, lines, expected) => {
    expect(violations(decodeEveryWay("client", head(...lines), { handshake: "http1" }))).toEqual(expected);
  });

  test.each([
    ["the wrong accept", answer.map((line) => line.replace("s3pP", "aaaa")), ["acceptInvalid RFC 6455 §4.1"]],
    ["no accept", answer.slice(0, 3), ["acceptInvalid RFC 6455 §4.1"]],
    [
      "a subprotocol that nobody offered",
      [...answer, "Sec-WebSocket-Protocol: x"],
      ["subprotocolInvalid RFC 6455 §4.1"],
    ],
    [
      "an extension that nobody offered",
      [...answer, "Sec-WebSocket-Extensions: x"],
      ["extensionsInvalid RFC 6455 §4.1"],
    ],
    ["another protocol", answer.map((line) => line.replace("websocket", "h2c")), ["upgradeInvalid RFC 6455 §4.1"]],
    ["two Upgrades", [...answer, "Upgrade: websocket"], ["upgradeInvalid RFC 6455 §4.1"]],
    ["Connection on two lines", [...answer, "Connection: keep-alive"], []],
  ])("an answer with %s", (_, lines, expected) => {
    expect(violations(decode({ client: head(...request), server: head(...lines) }))).toEqual(expected);
  });

  test("a response other than 101 is followed by its body, an interim one by the next response", () => {
    const server = join(
      head("HTTP/1.1 103 Early Hints"),
      head("HTTP/1.1 403 Forbidden", "Content-Length: 2"),
      ascii("no"),
    );
    const records = decode({ client: head(...request), server });
    expect(records.map((record) => record.kind)).toEqual(["head", "head", "head", "body"]);
    expect(records[3]).toMatchObject({ message: "rejection", bytes: ascii("no"), length: 2 });
  });

  test("a line that ends in LF alone", () => {
    const bytes = ascii(request.join("\n") + "\n\n");
    expect(violations(decodeEveryWay("client", bytes, { handshake: "http1" }))).toEqual([
      "headMalformed RFC 9112 §2.2",
    ]);
  });

  test("an endless head is abandoned, and the rest is not decoded", () => {
    const options = { handshake: "http1", maxHeadBytes: 16 } as const;
    const records = decodeEveryWay("client", ascii("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), options);
    expect(violations(records)).toEqual(["headTooLarge RFC 9112 §2.3"]);
    expect(records.map((record) => [record.kind, record.complete])).toEqual([
      ["head", false],
      ["body", false],
    ]);
    expect(records[1]).toMatchObject({ message: "unreadable" });
  });

  test("the first byte distinguishes a head from a frame, unless an option says which", () => {
    expect(decode({ client: head(...request) })[0]!.kind).toBe("head");
    expect(decode({ client: hex("81 80 00*4"), server: hex("01 00") }).map((record) => record.kind)).toEqual([
      "frame",
      "frame",
    ]);
    expect(decode({ server: hex("41 00") }, { handshake: "http1" })[0]!.kind).toBe("head");
  });
});

describe("RFC 7692 permessage-deflate", () => {
  const extensions = [permessageDeflate()];

  test("§7.2.3.2 two messages that share a window", () => {
    const bytes = "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00";
    const [first, second] = frames("server", bytes, { extensions });
    for (const frame of [first!, second!]) {
      expect(contentOf(frame)).toEqual(ascii("Hello"));
      expect(frame.inflatedLength).toBe(5);
    }
    expect(toHex(second!.payload)).toBe("f2 00 11 00 00");
  });

  test("§7.2.3.1 a message in fragments, and a ping between them", () => {
    const [first, , second] = frames("server", "41 03 f2 48 cd 89 00 80 04 c9 c9 07 00", { extensions });
    expect(toHex(join(contentOf(first!), contentOf(second!)))).toBe(toHex(ascii("Hello")));
    expect(first!.inflatedLength! + second!.inflatedLength!).toBe(5);
  });

  test.each([
    ["with context takeover", {}],
    ["without", { serverNoContextTakeover: true, clientNoContextTakeover: true }],
    ["with small windows", { serverMaxWindowBits: 9, clientMaxWindowBits: 9 }],
  ])("frames are read with what the captured handshake negotiated, %s", (_, options) => {
    const { client, server, sent, carry } = compressed(options);
    carry();
    const texts = ["same same same", "same same same", "x".repeat(3000), "same same same"];
    for (const text of texts) {
      client.sendData(text);
      server.sendData(text, false);
      server.sendData(text);
    }
    carry();
    const records = decode(sent, { extensions });
    expect(violations(records)).toEqual([]);
    for (const sender of ["client", "server"] as const) {
      const read = records.filter((record) => record.kind === "frame" && record.sender === sender) as FrameRecord[];
      const whole = new Map<number, string>();
      for (const frame of read) {
        const before = whole.get(frame.messageNumber!) ?? "";
        whole.set(frame.messageNumber!, before + new TextDecoder().decode(contentOf(frame)));
      }
      expect([...whole.values()]).toEqual(texts.map((text) => (sender === "client" ? text : text + text)));
    }
  });

  test("without an inflater the payload is shown compressed, and RSV1 is valid", () => {
    const { client, sent, carry } = compressed();
    carry();
    client.sendData("hello hello hello");
    carry();
    const frame = decode(sent).at(-1) as FrameRecord;
    expect(frame).toMatchObject({ rsv: 4, inflated: undefined, violations: [] });
  });

  test("§6 RSV1 on a continuation and on a control frame", () => {
    expect(violations(frames("server", "01 00 c0 00 c9 00", { extensions }))).toEqual([
      "reservedBits RFC 7692 §6",
      "reservedBits RFC 7692 §6",
    ]);
  });

  test("§7.2.2 corrupt data", () => {
    const [frame, next] = frames("server", "c1 02 ff ff c1 07 f2 48 cd c9 c9 07 00", { extensions });
    expect(violations([frame!])).toEqual(["compressedDataInvalid RFC 7692 §7.2.2"]);
    expect([frame!.inflationStopped, next!.inflationStopped]).toEqual([true, true]);
  });

  test("a bomb is cut at the limit, in pieces of any size", () => {
    const { server, sent, carry } = compressed();
    carry();
    server.sendData(new Uint8Array(5_000_000));
    server.sendData("after");
    carry();
    const limits = { maxInflatedBytes: 100_000, maxPayloadBytes: 1000 };
    const [bomb, after] = decode(sent, { extensions, ...limits }).slice(-2) as [FrameRecord, FrameRecord];
    expect(bomb).toMatchObject({ inflationStopped: true, violations: [], messageType: "binary" });
    expect(bomb.inflated).toHaveLength(1000);
    expect(bomb.inflatedLength).toBeGreaterThan(100_000);
    expect(bomb.inflatedLength).toBeLessThan(200_000);
    expect(after).toMatchObject({ inflationStopped: true, inflated: undefined });
  });

  test("and without context takeover the next message is decoded again", () => {
    const { server, sent, carry } = compressed({ serverNoContextTakeover: true });
    carry();
    server.sendData(new Uint8Array(5_000_000));
    server.sendData("after");
    carry();
    const after = decode(sent, { extensions, maxInflatedBytes: 100_000 }).at(-1) as FrameRecord;
    expect(new TextDecoder().decode(contentOf(after))).toBe("after");
    expect(after.inflationStopped).toBe(false);
  });
});

describe("bounds", () => {
  test("the first bytes of a payload are kept, and all are counted; control frames are kept whole", () => {
    const [data, ping] = frames("server", join(hex("82 7e 01 00"), new Uint8Array(256).fill(1), hex("89 02 aa bb")), {
      maxPayloadBytes: 1,
    });
    expect(data).toMatchObject({ payloadLength: 256, length: 260, complete: true });
    expect([data!.payload, ping!.payload]).toEqual([hex("01"), hex("aa bb")]);
  });

  test("a header that promises exabytes takes no memory", () => {
    const [frame] = frames("server", "82 7f 00 1f ff*6 aa");
    expect(frame!.payload.buffer.byteLength).toBeLessThanOrEqual(65_536);
    expect(frame).toMatchObject({ complete: false, payload: hex("aa") });
  });

  test("invalid limits are refused", () => {
    for (const limit of [-1, 1.5, NaN]) {
      expect(() => new Decoder({ maxPayloadBytes: limit })).toThrow(RangeError);
    }
    expect(() => new Decoder().receive("client", "text" as never)).toThrow(TypeError);
  });
});

/** How a connection would call what the decoder found first. */
function libraryVerdict(role: Role, bytes: Bytes, cuts: number[], options: ConnectionOptions): string | undefined {
  const connection = new WSConnection(role, { handshake: "none", ...options });
  const events: WSEvent[] = [];
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    connection.receiveBytes(bytes.slice(start, end));
    events.push(...connection.events());
    start = end;
  }
  const last = events.at(-1);
  return last?.type === "connectionClosed" ? (last.error?.code ?? "closed") : undefined;
}

describe("agrees with the library's reader", () => {
  const payload = fc.uint8Array({ maxLength: 200 });
  const anyFrame = fc.record({
    first: fc.oneof(
      fc.constantFrom(0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88),
      fc.integer({ min: 0, max: 255 }),
    ),
    masked: fc.oneof({ weight: 9, arbitrary: fc.constant("right") }, { weight: 1, arbitrary: fc.constant("wrong") }),
    form: fc.oneof({ weight: 9, arbitrary: fc.constant("shortest") }, fc.constantFrom("16", "64")),
    key: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    payload: fc.oneof(
      payload,
      fc.string({ unit: "binary", maxLength: 60 }).map((text) => ascii(text)),
    ),
  });

  function write(
    sender: Role,
    given: { first: number; masked: string; form: string; key: Uint8Array; payload: Uint8Array },
  ): Bytes {
    const { first, form, key, payload: content } = given;
    const masked = (sender === "client") === (given.masked === "right");
    const { length } = content;
    const short = form === "64" ? 127 : form === "16" || length > 125 ? 126 : length;
    const header = new Uint8Array(2 + (short === 127 ? 8 : short === 126 ? 2 : 0));
    header[0] = first;
    header[1] = short | (masked ? 0x80 : 0);
    if (short === 126) new DataView(header.buffer).setUint16(2, length);
    if (short === 127) new DataView(header.buffer).setBigUint64(2, BigInt(length));
    return masked
      ? join(
          header,
          key,
          content.map((byte, i) => byte ^ key[i & 3]!),
        )
      : join(header, content);
  }

  const runs = 1500;

  test.each([
    ["client", "plain"],
    ["server", "plain"],
    ["client", "deflate"],
    ["server", "deflate"],
  ] as const)("on what a %s sends, %s, cut anywhere", (sender, kind) => {
    const extensions = kind === "deflate" ? [permessageDeflate()] : [];
    const receiver = sender === "client" ? "server" : "client";
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 6 }), (given, places) => {
        const bytes = join(...given.map((frame) => write(sender, frame)));
        const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
        const records = decode({ [sender]: bytes }, { handshake: "none", extensions });
        const first = records.flatMap((record) => [
          ...record.violations.map(({ code }) => code),
          ...(record.kind === "frame" && record.opcode === 8 && record.complete ? ["closed"] : []),
        ])[0];
        expect(first).toBe(libraryVerdict(receiver, bytes, cuts, { extensions }));
      }),
      { numRuns: runs },
    );
  });

  test("and on the messages", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ data: payload, final: fc.boolean() }), { maxLength: 8 }), (pieces) => {
        const { client, sent, carry } = compressed();
        carry();
        for (const { data, final } of pieces) client.sendData(data, final);
        const told = carry().server.flatMap((event) => (event.type === "bytesReceived" ? [event] : []));
        const records = decode(sent, { extensions: [permessageDeflate()] }).filter(
          (record): record is FrameRecord => record.kind === "frame" && record.sender === "client",
        );
        expect(records.map((frame) => toHex(contentOf(frame)))).toEqual(pieces.map(({ data }) => toHex(data)));
        expect(toHex(join(...records.map(contentOf)))).toBe(toHex(join(...told.map(({ data }) => data))));
      }),
      { numRuns: 100 },
    );
  });

  test("and on heads: the first error of the reader is the first that the decoder finds", () => {
    const lines = fc.shuffledSubarray([
      "Host: a",
      "Host: ,",
      "Host: a:x",
      "Upgrade: websocket",
      "Upgrade: h2c",
      "Upgrade:",
      "Connection: keep-alive, Upgrade",
      "Connection: upgrade",
      "Connection: close",
      "Origin: http://a",
      "Origin: http://b",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Version: 8",
      "Sec-WebSocket-Protocol: a, a",
      "Sec-WebSocket-Extensions: ;",
      "Content-Length: 1",
      " folded",
      "X: \u0001",
    ]);
    const start = fc.constantFrom(
      "GET / HTTP/1.1",
      "GET  / HTTP/1.1",
      "PUT / HTTP/1.1",
      "GET x HTTP/1.1",
      "GET Https://a:1?x HTTP/1.1",
      "GET ws://a:x/ HTTP/1.1",
      "GET ws://me@a/ HTTP/1.1",
      "GET / HTTP/1.0",
    );
    fc.assert(
      fc.property(start, lines, (first, others) => {
        const bytes = head(first, ...others);
        const connection = new WSConnection("server");
        connection.receiveBytes(bytes.slice());
        const [event] = [...connection.events()];
        const error = event?.type === "connectionClosed" ? event.error?.code : undefined;
        expect(decode({ client: bytes }, { handshake: "http1" })[0]!.violations[0]?.code).toBe(error);
      }),
      { numRuns: 1000 },
    );
  });

  test("and never throws, whatever the bytes and however they arrive", () => {
    const conversation = converse();
    conversation.carry();
    const { sent } = conversation;
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      // A conversation that something has gone wrong with.
      fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 60 })).map(([at, flip, more]) => {
        const bytes = join(sent.client, more);
        bytes[at % bytes.length]! ^= flip;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(anyBytes, anyBytes, fc.constantFrom("http1", "none", undefined), (client, server, handshake) => {
        const records = decode({ client, server }, { handshake, extensions: [permessageDeflate()] });
        for (const [sender, bytes] of Object.entries({ client, server })) {
          const own = records.filter((record) => record.sender === sender);
          // Every byte is in one record, in order.
          let at = 0;
          for (const record of own) {
            expect(record.offset).toBe(at);
            at += record.length;
          }
          expect(at).toBe(bytes.length);
        }
      }),
      { numRuns: runs },
    );
  });
});
