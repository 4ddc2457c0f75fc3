/** What an inspector shows of a record: every bit, with its name, explanation and position. */
import fc from "../../support/properties.ts";
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import {
  acceptSteps,
  annotate,
  decode,
  Decoder,
  type Annotation,
  type DecoderOptions,
  type Role,
  type TraceRecord,
} from "../../../src/inspect/index.ts";
import { ascii, head, hex, join, toHex, type Bytes } from "../../support/wire.ts";
import { compressed } from "../captures.ts";

const annotated = (sender: Role, bytes: string, options: DecoderOptions = {}): Annotation[] =>
  annotate(decode({ [sender]: hex(bytes) }, { handshake: "none", ...options })[0]!);

const outline = (fields: readonly Annotation[]): unknown[] =>
  fields.map(({ name, start, end, bit, bits, display }) => [name, start, end, bit, bits, display]);

/** Fields follow each other without a gap, over the whole record. */
function expectCover(record: TraceRecord): void {
  const fields = annotate(record);
  let at = record.offset * 8;
  for (const field of fields) {
    expect(field.start * 8 + field.bit, field.name).toBe(at);
    at += field.bits;
    expect(field.explanation).toMatch(/^[A-Z0-9].*\.$/s);
    expect(field.section).toMatch(/^(RFC \d{4}|Fetch Standard) §/);
    expect(field.bytes.length).toBeLessThanOrEqual(field.end - field.start);
    for (const part of field.parts) {
      expect(part.start).toBeGreaterThanOrEqual(field.start);
      expect(part.end).toBeLessThanOrEqual(field.end);
      expect(part.explanation).toMatch(/^[A-Z0-9].*\.$/s);
    }
  }
  const length = record.kind === "head" ? record.bytes.length : record.length;
  expect(at).toBe((record.offset + length) * 8);
  const told = fields.flatMap((field) => [field, ...field.parts]).flatMap(({ violations }) => violations);
  expect(told).toHaveLength(record.violations.length);
}

describe("a frame", () => {
  test("of the client, bit by bit (RFC 6455 §5.2, §5.7)", () => {
    const fields = annotated("client", "81 85 37 fa 21 3d 7f 9f 4d 51 58");
    expect(outline(fields)).toEqual([
      ["fin", 0, 1, 0, 1, "1"],
      ["rsv1", 0, 1, 1, 1, "0"],
      ["rsv2", 0, 1, 2, 1, "0"],
      ["rsv3", 0, 1, 3, 1, "0"],
      ["opcode", 0, 1, 4, 4, "0x1 text"],
      ["mask", 1, 2, 0, 1, "1"],
      ["payloadLength", 1, 2, 1, 7, "5"],
      ["maskingKey", 2, 6, 0, 32, "37 fa 21 3d"],
      ["payload", 6, 11, 0, 40, "5 bytes"],
    ]);
    expect(toHex(fields.at(-1)!.bytes)).toBe("7f 9f 4d 51 58");
    expect(toHex(fields[0]!.bytes)).toBe("81");
  });

  test.each([
    ["82 7e 01 00", ["extendedPayloadLength", 2, 4, 0, 16, "256"], "126"],
    ["82 7f 00 00 00 00 00 01 00 00", ["extendedPayloadLength", 2, 10, 0, 64, "65536"], "127"],
    ["82 7f ff ff ff ff ff ff ff ff", ["extendedPayloadLength", 2, 10, 0, 64, "18446744073709551615"], "127"],
  ])("with a long length: %s", (bytes, expected, short) => {
    const fields = annotated("server", bytes);
    expect(outline(fields).at(-1)).toEqual(expected);
    expect(fields.find(({ name }) => name === "payloadLength")!.display).toBe(short);
  });

  test("that closes: the code and the reason", () => {
    const [payload] = annotated("server", "88 05 03 e8 62 79 65").slice(-1);
    expect(outline(payload!.parts)).toEqual([
      ["closeCode", 2, 4, 0, 16, "1000"],
      ["closeReason", 4, 7, 0, 24, '"bye"'],
    ]);
    expect(payload!.parts[0]!.explanation).toMatch(/^Normal/);
  });

  test.each([
    [1001, /user leaves the page/],
    [1006, /must not be sent/],
    [2000, /Reserved/],
    [3000, /IANA/],
    [4999, /up to the application/],
    [5000, /Not a close code/],
    [0, /Not a close code/],
  ])("close code %i", (code, words) => {
    const bytes = `88 02 ${toHex(Uint8Array.of(code >> 8, code & 255))}`;
    expect(annotated("server", bytes).at(-1)!.parts[0]!.explanation).toMatch(words);
  });

  test("that breaks rules lists each, with its position", () => {
    const broken = annotated("client", "3b 7e 00 01 aa").flatMap(({ name, violations }) =>
      violations.map(({ section }) => `${name} ${section}`),
    );
    expect(broken).toEqual([
      "fin RFC 6455 §5.5",
      "rsv2 RFC 6455 §5.2",
      "rsv3 RFC 6455 §5.2",
      "opcode RFC 6455 §5.2",
      "mask RFC 6455 §5.1",
      "payloadLength RFC 6455 §5.5",
      "extendedPayloadLength RFC 6455 §5.2",
    ]);
  });

  test("that is compressed gives both sizes", () => {
    const payload = annotated("server", "c1 07 f2 48 cd c9 c9 07 00", { extensions: [permessageDeflate()] }).at(-1)!;
    expect(payload.explanation).toMatch(/7 bytes inflate to 5/);
    expect(payload.section).toBe("RFC 7692 §7.2.2");
  });

  test("that is incomplete has the fields that have arrived", () => {
    const names = [...hex("81 fe 01 00 aa bb cc dd 01")].map((_, i, all) => {
      const fields = annotate(decode({ client: Uint8Array.from(all.slice(0, i + 1)) }, { handshake: "none" })[0]!);
      return fields.map(({ name }) => name).slice(5);
    });
    const [mask, key] = [["mask", "payloadLength"], "maskingKey"];
    expect(names).toEqual([
      [],
      mask,
      [...mask, "extendedPayloadLength"],
      [...mask, "extendedPayloadLength"],
      ...Array<string[]>(4).fill([...mask, "extendedPayloadLength", key]),
      [...mask, "extendedPayloadLength", key, "payload"],
    ]);
  });

  test("explains every opcode differently", () => {
    const words = Array.from({ length: 16 }, (_, opcode) => {
      const fields = annotated("server", `${toHex(Uint8Array.of(0x80 | opcode))} 00`);
      return fields.find(({ name }) => name === "opcode")!.explanation;
    });
    expect(new Set(words).size).toBe(8);
    expect(words[9]).toMatch(/still there/);
  });
});

describe("a handshake", () => {
  const request = head(
    "GET /chat HTTP/1.1",
    "Host:example.com  ",
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-other;a=1",
    "X-Odd:",
  );
  const answer = head(
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  );

  test("line by line, each explained, with the position of its parts", () => {
    const [asked] = decode({ client: request });
    const fields = annotate(asked!);
    expect(fields.map(({ name }) => name)).toEqual([
      "startLine",
      "header.host",
      "header.upgrade",
      "header.connection",
      "header.sec-websocket-key",
      "header.sec-websocket-version",
      "header.sec-websocket-extensions",
      "header.x-odd",
      "blankLine",
    ]);
    expect(fields[0]!.parts.map(({ name, display }) => [name, display])).toEqual([
      ["method", "GET"],
      ["target", "/chat"],
      ["httpVersion", "HTTP/1.1"],
    ]);
    for (const field of fields) {
      for (const part of field.parts) expect(toHex(part.bytes)).toBe(toHex(ascii(part.display)));
    }
    expect(fields[1]!.parts.map(({ display }) => display)).toEqual(["Host", "example.com"]);
    expect(fields[6]!.parts.slice(2).map(({ name, display }) => [name, display])).toEqual([
      ["extension", "permessage-deflate"],
      ["extensionParameter", "client_max_window_bits"],
      ["extension", "x-other"],
      ["extensionParameter", "a=1"],
    ]);
    expect(fields[7]!.parts).toHaveLength(1);
  });

  test("the accept key is right or wrong", () => {
    const value = (server: Bytes): string =>
      annotate(decode({ client: request, server })[1]!)
        .find(({ name }) => name === "header.sec-websocket-accept")!
        .parts.at(-1)!.explanation;
    expect(value(answer)).toMatch(/^Right/);
    const wrong = answer.slice();
    wrong[wrong.length - 8]! ^= 1;
    expect(value(wrong)).toMatch(/^Wrong: .* requires s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\.$/);
  });

  test("and is computed step by step (RFC 6455 §1.3)", () => {
    expect(acceptSteps("dGhlIHNhbXBsZSBub25jZQ==").map(({ value }) => value)).toEqual([
      "dGhlIHNhbXBsZSBub25jZQ==",
      "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
      "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea",
      "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]);
    expect(acceptSteps("not base64!")[0]!.explanation).toMatch(/should be/);
  });

  test.each([100, 200, 302, 401, 418, 426, 503])("a status of %i is explained", (status) => {
    const [response] = decode({ server: head(`HTTP/1.1 ${status} Whatever`) });
    expect(annotate(response!)[0]!.parts[1]!.display).toBe(`${status}`);
    expectCover(response!);
  });

  test("an incomplete head has the lines that have arrived", () => {
    const [begun] = decode({ client: request.slice(0, 43) }, { handshake: "http1" });
    expect(annotate(begun!).map(({ name }) => name)).toEqual(["startLine", "header.host", "header.upg"]);
  });

  test("a body, and bytes that can't be decoded", () => {
    const rejected = decode({ server: join(head("HTTP/1.1 403 Forbidden"), ascii("no")) });
    expect(annotate(rejected[1]!)[0]).toMatchObject({ label: "Body", display: "2 bytes" });
    const odd = decode({ server: join(head("SSH-2.0"), ascii("?")) }, { handshake: "http1" });
    expect(annotate(odd[1]!)[0]).toMatchObject({ label: "Not decoded" });
  });
});

describe("every bit is in one field, and every violation at one field", () => {
  const { client, server, sent, carry } = compressed();
  carry();
  client.sendData("hello");
  server.sendData(new Uint8Array(300), true, { compress: false });
  server.close(1000, "bye");
  carry();

  test("of a conversation", () => {
    for (const record of decode(sent, { extensions: [permessageDeflate()] })) expectCover(record);
  });

  test.each(["0a", "0d", "0d 0a", "0d 0a 0d", "0a 47"])("of a head that starts with an empty line: %s", (bytes) => {
    const records: TraceRecord[] = [];
    const decoder = new Decoder({ onRecord: (record) => (records[record.id] = record) });
    decoder.receive("client", hex(bytes));
    expect(records).toHaveLength(1);
    records.forEach(expectCover);
  });

  test("whatever the bytes, and however many have arrived", () => {
    const damaged = fc
      .tuple(fc.constantFrom("client", "server"), fc.nat(), fc.nat(255), fc.nat())
      .map(([sender, at, flip, length]): [Role, Bytes] => {
        const bytes = sent[sender].slice(0, length % (sent[sender].length + 1));
        if (bytes.length > 0) bytes[at % bytes.length]! ^= flip;
        return [sender, bytes];
      });
    const random = fc.tuple(fc.constantFrom("client", "server"), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(fc.oneof(damaged, random), fc.constantFrom("http1", "none"), ([sender, bytes], handshake) => {
        const records: TraceRecord[] = [];
        const decoder = new Decoder({ handshake, onRecord: (record) => (records[record.id] = record) });
        decoder.receive(sender, bytes);
        records.forEach(expectCover);
      }),
      { numRuns: 300 },
    );
  }, 30_000);
});
