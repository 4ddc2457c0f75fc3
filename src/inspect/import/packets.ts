/** Capture files → packets: pcap, and pcapng (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng). */
import { CaptureError } from "./captured.ts";

export interface Packet {
  /** The kind of its first header, a number of the registry of link types. */
  readonly linkType: number;
  /** When it was captured, in milliseconds since 1970. */
  readonly timeMs: number;
  /** As much of it as was captured; a view into the file. */
  readonly bytes: Uint8Array;
}

const PCAP_MICROSECONDS = 0xa1b2_c3d4;
const PCAP_NANOSECONDS = 0xa1b2_3c4d;
const SECTION_HEADER = 0x0a0d_0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;

const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const OPTION_END = 0;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

/**
 * Reads the packets in the order of the file. A file that was cut off ends before its incomplete last packet. Throws
 * {@link CaptureError} for anything else that can't be read.
 */
export function* packetsIn(file: Uint8Array): Generator<Packet> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < 4) throw new CaptureError("the file is too short for a capture", "format", 0);
  if (view.getUint32(0) === SECTION_HEADER) {
    yield* pcapngPackets(file, view);
    return;
  }
  for (const littleEndian of [false, true]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === PCAP_MICROSECONDS || magic === PCAP_NANOSECONDS) {
      yield* pcapPackets(file, view, littleEndian, magic === PCAP_NANOSECONDS ? 1e6 : 1e3);
      return;
    }
  }
  throw new CaptureError("this is neither pcap nor pcapng: its first four bytes are none of theirs", "format", 0);
}

function* pcapPackets(file: Uint8Array, view: DataView, littleEndian: boolean, unitsPerMs: number): Generator<Packet> {
  if (file.length < 24) return;
  // The upper bits hold the length of the frame check sequence.
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  for (let at = 24; at + 16 <= file.length;) {
    const timeMs = view.getUint32(at, littleEndian) * 1000 + view.getUint32(at + 4, littleEndian) / unitsPerMs;
    const length = view.getUint32(at + 8, littleEndian);
    const start = at + 16;
    if (start + length > file.length) return;
    yield { linkType, timeMs, bytes: file.subarray(start, start + length) };
    at = start + length;
  }
}

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly unitsPerMs: number;
  readonly offsetMs: number;
}

function* pcapngPackets(file: Uint8Array, view: DataView): Generator<Packet> {
  let littleEndian = false;
  let interfaces: Interface[] = [];
  for (let at = 0; at + 12 <= file.length;) {
    if (view.getUint32(at) === SECTION_HEADER) {
      littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      if (!littleEndian && view.getUint32(at + 8) !== BYTE_ORDER_MAGIC) {
        throw new CaptureError("a section of the pcapng file tells no byte order", "damaged", at + 8);
      }
      interfaces = [];
    }
    const type = view.getUint32(at, littleEndian);
    const length = view.getUint32(at + 4, littleEndian);
    if (length < 12 || length % 4 !== 0) {
      throw new CaptureError(`a block of the pcapng file has the impossible length ${length}`, "damaged", at + 4);
    }
    if (at + length > file.length) return;
    const body = new DataView(view.buffer, view.byteOffset + at + 8, length - 12);
    const packet = readBlock(type, body, littleEndian, interfaces, at);
    if (packet !== undefined) yield packet;
    at += length;
  }
}

function readBlock(
  type: number,
  body: DataView,
  littleEndian: boolean,
  interfaces: Interface[],
  offset: number,
): Packet | undefined {
  const need = (length: number): void => {
    if (length > body.byteLength) {
      throw new CaptureError("a block of the pcapng file is shorter than its contents", "damaged", offset);
    }
  };
  const packet = (id: number, start: number, length: number, timeUnits: number | undefined): Packet => {
    need(start + length);
    const from = interfaces[id];
    if (from === undefined) {
      throw new CaptureError(
        `a packet is from interface ${id}, which the pcapng file does not describe`,
        "damaged",
        offset,
      );
    }
    const { linkType, unitsPerMs, offsetMs } = from;
    const timeMs = timeUnits === undefined ? 0 : offsetMs + timeUnits / unitsPerMs;
    return { linkType, timeMs, bytes: new Uint8Array(body.buffer, body.byteOffset + start, length) };
  };
  const time = (at: number): number =>
    body.getUint32(at, littleEndian) * 2 ** 32 + body.getUint32(at + 4, littleEndian);
  switch (type) {
    case INTERFACE_DESCRIPTION:
      need(8);
      interfaces.push({
        linkType: body.getUint16(0, littleEndian),
        snapLength: body.getUint32(4, littleEndian),
        ...timeOptions(body, littleEndian),
      });
      return undefined;
    case ENHANCED_PACKET:
      need(20);
      return packet(body.getUint32(0, littleEndian), 20, body.getUint32(12, littleEndian), time(4));
    case OBSOLETE_PACKET:
      need(20);
      return packet(body.getUint16(0, littleEndian), 20, body.getUint32(12, littleEndian), time(4));
    case SIMPLE_PACKET: {
      need(4);
      const snapLength = interfaces[0]?.snapLength || Infinity;
      return packet(0, 4, Math.min(body.getUint32(0, littleEndian), snapLength, body.byteLength - 4), undefined);
    }
    default:
      return undefined; // names, statistics, secrets: "MUST skip over"
  }
}

/** Times count microseconds unless an option says otherwise (§4.2). */
function timeOptions(body: DataView, littleEndian: boolean): { unitsPerMs: number; offsetMs: number } {
  let unitsPerMs = 1000;
  let offsetMs = 0;
  for (let at = 8; at + 4 <= body.byteLength;) {
    const code = body.getUint16(at, littleEndian);
    const length = body.getUint16(at + 2, littleEndian);
    const start = at + 4;
    if (code === OPTION_END || start + length > body.byteLength) break;
    if (code === OPTION_TIME_RESOLUTION && length === 1) {
      const resolution = body.getUint8(start);
      unitsPerMs = (resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution) / 1000;
    }
    if (code === OPTION_TIME_OFFSET && length === 8) {
      offsetMs = Number(body.getBigInt64(start, littleEndian)) * 1000;
    }
    at = start + ((length + 3) & ~3);
  }
  return { unitsPerMs, offsetMs };
}
