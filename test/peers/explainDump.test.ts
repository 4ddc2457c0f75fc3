/** Dumps that tshark prints, explained by the playground. */
import { expect, test } from "vitest";
import { asItLooks, explanationOf } from "../../demo/explain/explanation.ts";
import { recogniseFile, recogniseText } from "../../demo/explain/recognise.ts";
import { decode, toPcapng } from "../../src/inspect/index.ts";
import { findTshark, framesSeen, tshark } from "./tshark.ts";

const client =
  "GET /chat HTTP/1.1\r\nHost: server.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const server =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const long = [0x82, 0x7e, 0x0f, 0xa0, ...new Uint8Array(4000).fill(0x61)];

const bytes = (head: string, frames: readonly number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([...new TextEncoder().encode(head), ...frames]);

function capture(): Uint8Array<ArrayBuffer> {
  return toPcapng({ role: "client", records: decode({ client: bytes(client, hello), server: bytes(server, long) }) });
}

test.skipIf(findTshark() === undefined)("a packet is explained by its frame, whatever headers are around it", () => {
  const given = recogniseText(tshark(capture(), "-x", "-Y", "websocket.opcode == 1"));
  if (typeof given === "string") throw new Error(given);
  expect(given.as).toBe("a hex dump of a whole packet, whose headers are left out");
  expect(explanationOf(given.found[0]!, asItLooks).verdict.sentence).toBe(
    "Nothing is wrong: 1 text message from the client that says “Hello”.",
  );
});

test.skipIf(findTshark() === undefined)(
  "a packet that ends a longer frame is explained by what tshark put together",
  () => {
    const given = recogniseText(tshark(capture(), "-x", "-Y", "websocket.opcode == 2"));
    if (typeof given === "string") throw new Error(given);
    expect(explanationOf(given.found[0]!, asItLooks).verdict.sentence).toMatch(
      /^Nothing is wrong: .*1 binary message from the server\.$/,
    );
  },
);

test.skipIf(findTshark() === undefined)("several packets are asked for one at a time, or as a capture", () => {
  expect(recogniseText(tshark(capture(), "-x"))).toContain("this dump has several packets");
});

test.skipIf(findTshark() === undefined)("a capture is explained as tshark dissects it", () => {
  const file = capture();
  const given = recogniseFile(file);
  if (typeof given === "string") throw new Error(given);
  const { records } = explanationOf(given.found[0]!, asItLooks);
  const frames = records.flatMap((record) =>
    record.kind === "frame"
      ? [{ sender: record.sender, opcode: record.opcode, length: record.payloadLength, masked: record.masked }]
      : [],
  );
  const seen = framesSeen(file).map(({ sender, opcode, length, masked }) => ({ sender, opcode, length, masked }));
  const order = (one: { readonly sender: string }, other: { readonly sender: string }): number =>
    one.sender.localeCompare(other.sender);
  expect(frames.sort(order)).toEqual(seen.sort(order));
});
