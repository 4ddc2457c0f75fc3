/** Capture files of any kind, made from bytes of both ends. */
import type { Role } from "../../../src/inspect/index.ts";
import { ascii, join, type Bytes } from "../../support/wire.ts";

export const CLIENT = { address: [127, 0, 0, 1], port: 49_152 };
export const SERVER = { address: [127, 0, 0, 2], port: 80 };

export interface Flags {
  readonly syn?: boolean;
  readonly ack?: boolean;
}

function number(bits: 8 | 16 | 32, value: number, littleEndian = false): Bytes {
  const bytes = new Uint8Array(bits / 8);
  for (let i = 0; i < bytes.length; i++) {
    const place = littleEndian ? i : bytes.length - 1 - i;
    bytes[place] = Math.floor(value / 2 ** (8 * i)) & 0xff;
  }
  return bytes;
}

const u8 = (...values: number[]): Bytes => Uint8Array.from(values);
const u16 = (value: number): Bytes => number(16, value);
const u32 = (value: number): Bytes => number(32, value);

/** A TCP segment (RFC 9293 §3.1). */
export function tcp(sender: Role, sequence: number, payload: Bytes = u8(), { syn, ack = true }: Flags = {}): Bytes {
  const [from, to] = sender === "client" ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const flags = (syn ? 2 : 0) | (ack ? 16 : 0);
  return join(u16(from.port), u16(to.port), u32(sequence >>> 0), u32(0), u8(0x50, flags), u16(0xffff), u32(0), payload);
}

/** An IPv4 packet (RFC 791 §3.1). */
export function ipv4(sender: Role, segment: Bytes, { protocol = 6, fragment = 0 } = {}): Bytes {
  const [from, to] = sender === "client" ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const start = join(u8(0x45, 0), u16(20 + segment.length), u16(1), u16(fragment), u8(64, protocol), u16(0));
  return join(start, u8(...from.address, ...to.address), segment);
}

/** An IPv6 packet (RFC 8200 §3), with extension headers if there are any. */
export function ipv6(sender: Role, segment: Bytes, next = 6, extensions: Bytes = u8()): Bytes {
  const address = (last: number): Bytes => join(u16(0x2001), u16(0xdb8), new Uint8Array(10), u16(last));
  const [from, to] = sender === "client" ? [1, 2] : [2, 1];
  const length = u16(extensions.length + segment.length);
  return join(u8(0x60, 0, 0, 0), length, u8(next, 64), address(from), address(to), extensions, segment);
}

const MACS = new Uint8Array(12);

/** The packet behind the headers of a link type. */
export const links: Readonly<Record<string, { readonly type: number; readonly wrap: (packet: Bytes) => Bytes }>> = {
  Ethernet: { type: 1, wrap: (packet) => join(MACS, etherType(packet), packet) },
  "Ethernet with two VLAN tags": {
    type: 1,
    wrap: (packet) => join(MACS, u16(0x88a8), u16(1), u16(0x8100), u16(2), etherType(packet), packet),
  },
  "loopback of BSD": { type: 0, wrap: (packet) => join(u8(2, 0, 0, 0), packet) },
  "loopback of OpenBSD": { type: 108, wrap: (packet) => join(u8(0, 0, 0, 2), packet) },
  "Linux cooked": { type: 113, wrap: (packet) => join(new Uint8Array(14), etherType(packet), packet) },
  "Linux cooked, version 2": { type: 276, wrap: (packet) => join(etherType(packet), new Uint8Array(18), packet) },
  "raw IP": { type: 101, wrap: (packet) => packet },
};

function etherType(packet: Bytes): Bytes {
  return u16(packet[0]! >> 4 === 6 ? 0x86dd : 0x0800);
}

export interface FileOptions {
  readonly linkType?: number;
  readonly littleEndian?: boolean;
  readonly nanoseconds?: boolean;
}

/** A pcap file (draft-ietf-opsawg-pcap). Packet i was captured at second 1000 + i. */
export function pcap(packets: readonly Bytes[], options: FileOptions = {}): Bytes {
  const { linkType = 101, littleEndian = true, nanoseconds = false } = options;
  const u = (bits: 16 | 32, value: number): Bytes => number(bits, value, littleEndian);
  const fraction = nanoseconds ? 500_000_000 : 500_000;
  const magic = u(32, nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4);
  const records = packets.map((packet, i) =>
    join(u(32, 1000 + i), u(32, fraction), u(32, packet.length), u(32, packet.length), packet),
  );
  return join(magic, u(16, 2), u(16, 4), u(32, 0), u(32, 0), u(32, 65_535), u(32, linkType), ...records);
}

export function block(type: number, body: Bytes, littleEndian = true): Bytes {
  const padded = new Uint8Array((body.length + 3) & ~3);
  padded.set(body);
  const length = number(32, 12 + padded.length, littleEndian);
  return join(number(32, type, littleEndian), length, padded, length);
}

export function section(littleEndian = true): Bytes {
  const u = (bits: 16 | 32, value: number): Bytes => number(bits, value, littleEndian);
  return block(0x0a0d_0d0a, join(u(32, 0x1a2b_3c4d), u(16, 1), u(16, 0), new Uint8Array(8).fill(0xff)), littleEndian);
}

export function interfaceBlock(linkType: number, options: Bytes = u8(), littleEndian = true): Bytes {
  const u = (bits: 16 | 32, value: number): Bytes => number(bits, value, littleEndian);
  return block(1, join(u(16, linkType), u(16, 0), u(32, 0), options), littleEndian);
}

/** An enhanced packet block; the time in units of its interface. */
export function packetBlock(packet: Bytes, time: number, { id = 0, littleEndian = true } = {}): Bytes {
  const u = (value: number): Bytes => number(32, value, littleEndian);
  const times = [u(Math.floor(time / 2 ** 32)), u(time >>> 0)];
  return block(6, join(u(id), ...times, u(packet.length), u(packet.length), packet), littleEndian);
}

/** The opening handshake of RFC 6455 §1.2, a "Hello" each way (§5.7), and both Closes. */
export const CONVERSATION: readonly (readonly [Role, Bytes])[] = [
  [
    "client",
    ascii(
      "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    ),
  ],
  [
    "server",
    ascii(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    ),
  ],
  ["client", u8(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58)],
  ["server", u8(0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f)],
  ["client", u8(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8)],
  ["server", u8(0x88, 0x02, 0x03, 0xe8)],
];

export const BYTES: Readonly<Record<Role, Bytes>> = {
  client: join(...CONVERSATION.filter(([sender]) => sender === "client").map(([, bytes]) => bytes)),
  server: join(...CONVERSATION.filter(([sender]) => sender === "server").map(([, bytes]) => bytes)),
};

/** The segments of the conversation, both SYNs first. Sequence numbers start where `start` says. */
export function segments(start: Readonly<Record<Role, number>> = { client: 100, server: 200 }): [Role, Bytes][] {
  const next = { client: start.client + 1, server: start.server + 1 };
  const opening: [Role, Bytes][] = [
    ["client", tcp("client", start.client, u8(), { syn: true, ack: false })],
    ["server", tcp("server", start.server, u8(), { syn: true })],
    ["client", tcp("client", next.client)],
  ];
  const data = CONVERSATION.map(([sender, bytes]): [Role, Bytes] => {
    const segment = tcp(sender, next[sender], bytes);
    next[sender] += bytes.length;
    return [sender, segment];
  });
  return [...opening, ...data];
}
