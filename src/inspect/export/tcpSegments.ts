/** Synthetic TCP over IPv4 (RFC 9293, RFC 791) around captured bytes, because dissectors require it. */
import type { Bytes } from "../../core/bytes.ts";
import { other, type Role } from "../role.ts";

const FIN = 0x01;
const SYN = 0x02;
const PSH = 0x08;
const ACK = 0x10;

const IP_HEADER = 20;
const TCP_HEADER = 20;
/** The most that one IPv4 packet can carry (RFC 791 §3.1). */
export const MAX_SEGMENT_BYTES: number = 65_535 - IP_HEADER - TCP_HEADER;

/** Addresses reserved for documentation (RFC 5737). */
const ADDRESSES = { client: [192, 0, 2, 1], server: [192, 0, 2, 2] } as const;

/** A maximum segment of 65,495 bytes, and a window scaled by 2^14, so that no sender seems to wait. */
const SYN_OPTIONS = Uint8Array.of(2, 4, MAX_SEGMENT_BYTES >> 8, MAX_SEGMENT_BYTES & 0xff, 1, 3, 3, 14);

/** One connection, packet by packet. Each is a complete IPv4 packet. */
export class TCPConversation {
  readonly #ports: Readonly<Record<Role, number>>;
  /** The next sequence number of each sender, from the SYN on. */
  readonly #sequence: Record<Role, number> = { client: 0, server: 0 };
  #packets = 0;

  constructor(ports: Readonly<Record<Role, number>>) {
    this.#ports = ports;
  }

  /** The three packets that open the connection, with their senders. */
  open(): [Role, Bytes][] {
    return [
      ["client", this.#packet("client", SYN, SYN_OPTIONS)],
      ["server", this.#packet("server", SYN | ACK, SYN_OPTIONS)],
      ["client", this.#packet("client", ACK)],
    ];
  }

  /** Bytes that one end sends, at most {@link MAX_SEGMENT_BYTES}. */
  send(sender: Role, bytes: Uint8Array): Bytes {
    return this.#packet(sender, PSH | ACK, undefined, bytes);
  }

  /** The three packets that close the connection, with their senders. The second end closes immediately. */
  close(first: Role): [Role, Bytes][] {
    const second = other(first);
    return [
      [first, this.#packet(first, FIN | ACK)],
      [second, this.#packet(second, FIN | ACK)],
      [first, this.#packet(first, ACK)],
    ];
  }

  #packet(sender: Role, flags: number, options = new Uint8Array(0), payload = new Uint8Array(0) as Uint8Array): Bytes {
    const tcpLength = TCP_HEADER + options.length + payload.length;
    const packet = new Uint8Array(IP_HEADER + tcpLength);
    const view = new DataView(packet.buffer);
    packet[0] = 0x45; // version 4, five words of header
    view.setUint16(2, packet.length);
    view.setUint16(4, this.#packets++ & 0xffff);
    view.setUint16(6, 0x4000); // do not fragment
    packet[8] = 64;
    packet[9] = 6; // TCP
    packet.set(ADDRESSES[sender], 12);
    packet.set(ADDRESSES[other(sender)], 16);
    view.setUint16(10, checksum(packet.subarray(0, IP_HEADER)));
    const tcp = IP_HEADER;
    view.setUint16(tcp, this.#ports[sender]);
    view.setUint16(tcp + 2, this.#ports[other(sender)]);
    view.setUint32(tcp + 4, this.#sequence[sender]);
    view.setUint32(tcp + 8, (flags & ACK) === 0 ? 0 : this.#sequence[other(sender)]);
    packet[tcp + 12] = ((TCP_HEADER + options.length) / 4) << 4;
    packet[tcp + 13] = flags;
    view.setUint16(tcp + 14, 0xffff);
    packet.set(options, tcp + TCP_HEADER);
    packet.set(payload, tcp + TCP_HEADER + options.length);
    view.setUint16(tcp + 16, checksum(packet.subarray(tcp), pseudoHeader(packet, tcpLength)));
    const counted = payload.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1);
    this.#sequence[sender] = (this.#sequence[sender] + counted) >>> 0;
    return packet;
  }
}

/** The sum of the pseudo-header: addresses, protocol and length (RFC 9293 §3.1). */
function pseudoHeader(packet: Uint8Array, tcpLength: number): number {
  return sumOf(packet.subarray(12, 20)) + 6 + tcpLength;
}

/** The Internet checksum (RFC 1071). */
function checksum(bytes: Uint8Array, start = 0): number {
  let sum = sumOf(bytes) + start;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  return sum;
}
