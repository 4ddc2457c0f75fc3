/** Packets → TCP segments: below them Ethernet, loopback, Linux cooked or raw IP, then IPv4 or IPv6. */
import type { Packet } from "./packets.ts";

export interface Segment {
  /** Address and port, such as `"127.0.0.1:80"` or `"[::1]:80"`. */
  readonly source: string;
  readonly destination: string;
  readonly sequence: number;
  readonly syn: boolean;
  readonly ack: boolean;
  /** What was captured of its payload; a view into the file. */
  readonly payload: Uint8Array;
  readonly timeMs: number;
}

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** VLAN tags (IEEE 802.1Q, 802.1ad), which precede the type. */
const VLAN_TAGS = [0x8100, 0x88a8, 0x9100];
const TCP = 6;
/** Extension headers of IPv6 that may precede TCP (RFC 8200 §4): hop-by-hop, routing, destination. */
const EXTENSION_HEADERS = [0, 43, 60];
const FRAGMENT_HEADER = 44;

/** Whether the link type is one that can be read. */
export function isKnownLink(linkType: number): boolean {
  return networkLayers[linkType] !== undefined;
}

/** Returns where the IP header starts; `undefined` if there is none. */
type NetworkLayer = (bytes: Uint8Array) => number | undefined;

const word = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const rawIP: NetworkLayer = () => 0;
/** Four bytes of a protocol family, whose numbers differ between systems: the version of IP says enough. */
const loopback: NetworkLayer = () => 4;

/** By the numbers of the registry: https://www.tcpdump.org/linktypes.html. */
const networkLayers: Readonly<Record<number, NetworkLayer>> = {
  0: loopback,
  1: (bytes) => {
    let at = 12;
    while (VLAN_TAGS.includes(word(bytes, at))) at += 4;
    return afterType(bytes, at, at + 2);
  },
  12: rawIP,
  14: rawIP,
  101: rawIP,
  108: loopback,
  113: (bytes) => afterType(bytes, 14, 16), // Linux cooked
  228: rawIP,
  229: rawIP,
  276: (bytes) => afterType(bytes, 0, 20), // Linux cooked, version 2
};

function afterType(bytes: Uint8Array, typeAt: number, next: number): number | undefined {
  const type = word(bytes, typeAt);
  return type === IPV4 || type === IPV6 ? next : undefined;
}

/** The TCP segment in a packet; `undefined` if there is none, or only a fragment of one. */
export function segmentIn({ linkType, bytes, timeMs }: Packet): Segment | undefined {
  const start = networkLayers[linkType]?.(bytes);
  if (start === undefined || start >= bytes.length) return undefined;
  const ip = bytes.subarray(start);
  const layer = ip[0]! >> 4 === 4 ? ipv4(ip) : ip[0]! >> 4 === 6 ? ipv6(ip) : undefined;
  if (layer === undefined) return undefined;
  const { source, destination, tcp } = layer;
  if (tcp.length < 20) return undefined;
  const view = new DataView(tcp.buffer, tcp.byteOffset, tcp.length);
  const headerLength = (tcp[12]! >> 4) * 4;
  if (headerLength < 20) return undefined;
  const flags = tcp[13]!;
  return {
    source: `${source}:${view.getUint16(0)}`,
    destination: `${destination}:${view.getUint16(2)}`,
    sequence: view.getUint32(4),
    syn: (flags & 0x02) !== 0,
    ack: (flags & 0x10) !== 0,
    payload: tcp.subarray(headerLength),
    timeMs,
  };
}

interface InternetLayer {
  readonly source: string;
  readonly destination: string;
  /** Header and payload, without what a link appends to short packets. */
  readonly tcp: Uint8Array;
}

function ipv4(ip: Uint8Array): InternetLayer | undefined {
  const headerLength = (ip[0]! & 15) * 4;
  if (headerLength < 20 || ip.length < headerLength || ip[9] !== TCP) return undefined;
  const isFragment = (word(ip, 6) & 0x3fff) !== 0;
  if (isFragment) return undefined;
  // If the network card cuts the segments, the length is 0.
  const end = word(ip, 2) || ip.length;
  const address = (at: number): string => ip.subarray(at, at + 4).join(".");
  return { source: address(12), destination: address(16), tcp: ip.subarray(headerLength, end) };
}

function ipv6(ip: Uint8Array): InternetLayer | undefined {
  if (ip.length < 40) return undefined;
  const end = word(ip, 4) === 0 ? ip.length : 40 + word(ip, 4);
  let next = ip[6]!;
  let at = 40;
  while (next !== TCP) {
    if (at + 8 > ip.length) return undefined;
    if (next === FRAGMENT_HEADER) {
      if ((word(ip, at + 2) & 0xfff9) !== 0) return undefined;
      next = ip[at]!;
      at += 8;
    } else if (EXTENSION_HEADERS.includes(next)) {
      next = ip[at]!;
      at += (ip[at + 1]! + 1) * 8;
    } else {
      return undefined;
    }
  }
  const address = (from: number): string => {
    const groups = Array.from({ length: 8 }, (_, i) => word(ip, from + 2 * i).toString(16));
    // The parser of URLs writes addresses in their short form (RFC 5952).
    return new URL(`http://[${groups.join(":")}]`).hostname;
  };
  return { source: address(8), destination: address(24), tcp: ip.subarray(at, end) };
}
