/** A record in one sentence. */
import { expect, test } from "vitest";
import { sentenceOf } from "../../demo/inspector/sentence.ts";
import { permessageDeflate } from "../../src/deflate/index.ts";
import { fromHex } from "../../src/inspect/hex.ts";
import { decode, type TraceRecord } from "../../src/inspect/index.ts";

function said(records: readonly TraceRecord[]): string[] {
  return records.map((record) => {
    const { words, said } = sentenceOf(record);
    return said === undefined ? words : `${words}: ${said}`;
  });
}

test.each([
  ["client", "81 85 37 fa 21 3d 7f 9f 4d 51 58", "Text, a whole message, 5 bytes, masked: “Hello”"],
  ["server", "01 03 48 65 6c", "The first piece of a text message, 3 bytes, not masked: “Hel”"],
  ["server", "82 01 ff", "Binary data, a whole message, 1 byte, not masked"],
  ["server", "89 00", "Ping: the sender asks for a Pong, empty, not masked"],
  ["server", "88 06 03 e8 67 6f 6f 64", "Close: the sender ends the connection, code 1000, not masked: “good”"],
  ["server", "88 00", "Close: the sender ends the connection, not masked"],
  ["server", "80 00", "A continuation of nothing, empty, not masked"],
  ["server", "83 00", "A frame of the reserved kind 0x3, empty, not masked"],
  ["server", "81", "The beginning of a frame"],
] as const)("of the %s: %s", (role, hex, sentence) => {
  expect(said(decode({ [role]: fromHex(hex)! }, { handshake: "none" }))).toEqual([sentence]);
});

test("a message in pieces", () => {
  expect(said(decode({ server: fromHex("01 01 61 00 01 62 80 01 63")! }, { handshake: "none" })).slice(1)).toEqual([
    "Another piece of a text message, 1 byte, not masked: “b”",
    "The last piece of a text message, 1 byte, not masked: “c”",
  ]);
});

test("a compressed message says what it inflates to", () => {
  const server = fromHex("c1 07 f2 48 cd c9 c9 07 00")!;
  const records = decode({ server }, { handshake: "none", extensions: [permessageDeflate()] });
  expect(said(records)).toEqual(["Text, a whole message, 7 bytes, inflated to 5 bytes, not masked: “Hello”"]);
});

test("heads", () => {
  const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
  const client = bytes("GET /chat HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(said(decode({ client, server: bytes("HTTP/1.1 403 Forbidden\r\n\r\nno") }))).toEqual([
    "A request to speak WebSocket, in HTTP: GET /chat HTTP/1.1",
    "The server says no: HTTP/1.1 403 Forbidden",
    "The body of an answer, 2 bytes",
  ]);
  expect(said(decode({ server: bytes("HTTP/1.1 101 Switching Protocols\r\n\r\n") }))).toEqual([
    "The server says yes: from here on both speak WebSocket: HTTP/1.1 101 Switching Protocols",
  ]);
});
