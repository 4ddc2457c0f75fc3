/** Captures as pcapng: byte by byte where that is short, and as tshark reads them, which agrees on every frame. */
import { describe, expect, test } from "vitest";
import { permessageDeflate } from "../../../src/deflate/index.ts";
import { decode, tap, toPcapng, type Capture, type FrameRecord } from "../../../src/inspect/index.ts";
import { ascii, hex, join, toHex, type Bytes } from "../../support/wire.ts";
import { converse } from "../captures.ts";

interface Block {
  readonly type: number;
  readonly body: DataView;
}

/** The blocks of a file, whose lengths have to be right at both ends. */
function blocksOf(file: Bytes): Block[] {
  const blocks: Block[] = [];
  const view = new DataView(file.buffer);
  for (let at = 0; at < file.length;) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    blocks.push({ type: view.getUint32(at, true), body: new DataView(file.buffer, at + 8, length - 12) });
    at += length;
  }
  return blocks;
}

/** Each packet's TCP payload. */
function payloadsOf(file: Bytes): string[] {
  return blocksOf(file)
    .filter(({ type }) => type === 6)
    .map(({ body }) => {
      const packet = new Uint8Array(body.buffer, body.byteOffset + 20, body.getUint32(12, true));
      expect(new DataView(packet.buffer, packet.byteOffset).getUint16(2)).toBe(packet.length);
      return toHex(packet.subarray(20 + (packet[32]! >> 4) * 4));
    });
}

const capture = (streams: { client?: Bytes; server?: Bytes }): Capture => ({
  role: "client",
  records: decode(streams),
});

describe("toPcapng", () => {
  test("section, interface, and the opening of a TCP connection", () => {
    const file = toPcapng({
      ...capture({ client: hex("82 80 00*4") }),
      clock: { timeMs: 0, epochMs: 1_700_000_000_000 },
    });
    const [section, description, syn, synAck, ack] = blocksOf(file);
    expect([section!.type, section!.body.getUint32(0, true)]).toEqual([0x0a0d0d0a, 0x1a2b3c4d]);
    expect([description!.type, description!.body.getUint16(0, true)]).toEqual([1, 101]);
    for (const { type, body } of [syn!, synAck!, ack!]) {
      expect(type).toBe(6);
      const microseconds = (BigInt(body.getUint32(4, true)) << 32n) | BigInt(body.getUint32(8, true));
      expect(microseconds).toBe(1_700_000_000_000_000n);
    }
    expect(toHex(new Uint8Array(syn!.body.buffer, syn!.body.byteOffset + 20, 48))).toBe(
      "45 00 00 30 00 00 40 00 40 06 b6 c4 c0 00 02 01 c0 00 02 02 " +
        "c0 00 00 50 00 00 00 00 00 00 00 00 70 02 ff ff 45 99 00 00 02 04 ff d7 01 03 03 0e",
    );
  });

  test("chunks are packets of at most 64 KiB", () => {
    const records: FrameRecord[] = [];
    const { client, server } = converse({ handshake: "none" }, { handshake: "none" });
    const trace = tap(client, { maxPayloadBytes: Infinity });
    server.sendData("a");
    server.sendData("b");
    client.receiveBytes(server.bytesToSend());
    server.sendData(new Uint8Array(150_000));
    client.receiveBytes(server.bytesToSend());
    expect(records).toEqual([]);
    const lengths = payloadsOf(toPcapng(trace)).map((payload) => (payload === "" ? 0 : payload.split(" ").length));
    // Three of TCP's own, the handshake that was made up, two messages in one chunk, one message in three packets.
    expect(lengths.slice(0, 3)).toEqual([0, 0, 0]);
    expect(lengths.slice(5)).toEqual([6, 65_495, 65_495, 150_010 - 2 * 65_495]);
  });

  test("bytes that were not kept are zeros, and redacted ones have the same length", () => {
    const client = hex("81 86 01 02 03 04 60 60 60 60 60 60");
    const cut = { role: "client" as const, records: decode({ client }, { maxPayloadBytes: 2 }) };
    expect(payloadsOf(toPcapng(cut)).at(-1)).toBe("81 86 01 02 03 04 60 60 03 04 01 02");
    const redacted = payloadsOf(toPcapng(capture({ client }), { redact: { payload: "length" } })).at(-1);
    expect(redacted).toBe("81 86 01 02 03 04 79 7a 7b 7c 79 7a");
    const shorter = payloadsOf(toPcapng(capture({ client }), { redact: { payload: () => "hi" } })).at(-1);
    expect(shorter).toBe("81 86 01 02 03 04 69 6b 23 24 21 22");
  });

  test("secret headers are redacted by default", () => {
    const { client, carry } = converse({ headers: { cookie: "sid=s3cr3t" } });
    const trace = tap(client);
    carry();
    const secret = toHex(ascii("s3cr3t"));
    expect(payloadsOf(toPcapng(trace)).join("\n")).not.toContain(secret);
    expect(payloadsOf(toPcapng(trace, { redact: { headers: [], tokens: false } })).join("\n")).toContain(secret);
  });

  test("no capture, several captures, and invalid ports", () => {
    expect(blocksOf(toPcapng([]))).toHaveLength(2);
    expect(blocksOf(toPcapng({ role: "server", records: [] }))).toHaveLength(5);
    const ports = blocksOf(toPcapng([capture({}), capture({})]))
      .filter(({ type }) => type === 6)
      .map(({ body }) => [body.getUint16(40), body.getUint16(42)]);
    expect(ports).toEqual(
      [49_152, 49_153].flatMap((port) => [
        [port, 80],
        [80, port],
        [port, 80],
      ]),
    );
    for (const port of [0, 65_536, 1.5, NaN]) expect(() => toPcapng([], { port })).toThrow(RangeError);
  });

  test("any capture can be written", () => {
    for (const bytes of ["ff*300", "82 7f 80 00*7 01", "47", "00*40", "81 fe ff ff 01 02"]) {
      for (const sender of ["client", "server"]) {
        expect(blocksOf(toPcapng(capture({ [sender]: hex(bytes) }))).length).toBeGreaterThan(5);
      }
    }
  });

  test("all bytes on the wire are in the packets", () => {
    const extensions = [permessageDeflate()];
    const { client, server, carry, sent } = converse({ extensions }, { extensions });
    const trace = tap(server, { extensions });
    carry();
    for (const size of [0, 1, 125, 126, 65_535])
      client.sendData(new Uint8Array(size).fill(size), true, { compress: false });
    server.sendData("compressed ".repeat(50));
    carry();
    client.close(1000);
    carry();
    const file = toPcapng(trace);
    const packets = blocksOf(file).filter(({ type }) => type === 6);
    const streams = { client: [] as string[], server: [] as string[] };
    payloadsOf(file).forEach((payload, i) => {
      const sender = packets[i]!.body.getUint16(40) === 80 ? "server" : "client";
      if (payload !== "") streams[sender].push(payload);
    });
    expect(streams.client.join(" ")).toBe(toHex(sent.client));
    expect(streams.server.join(" ")).toBe(toHex(join(sent.server)));
  });
});
