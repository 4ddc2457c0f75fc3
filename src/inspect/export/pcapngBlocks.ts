/** The blocks of a pcapng file (draft-ietf-opsawg-pcapng §4): a section, one raw IP interface, timestamped packets. */
import { concat, type Bytes } from "../../core/bytes.ts";
import { encodeText } from "../../core/utf8.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** LINKTYPE_RAW: packets start with their IPv4 or IPv6 header. */
const RAW_IP = 101;

const OPTION_COMMENT = 1;
const OPTION_USER_APPLICATION = 4;

export class PcapngWriter {
  readonly #blocks: Bytes[] = [];

  constructor() {
    const section = new Uint8Array(16);
    const view = new DataView(section.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint16(4, 1, true); // version 1.0
    view.setBigInt64(8, -1n, true); // section length not specified
    this.#write(SECTION_HEADER, section, option(OPTION_USER_APPLICATION, "websocket-over"));
    const description = new Uint8Array(8);
    new DataView(description.buffer).setUint16(0, RAW_IP, true);
    // No limit on the captured length of a packet. Times are in microseconds, the default.
    this.#write(INTERFACE_DESCRIPTION, description);
  }

  /** `epochMs` is in milliseconds since 1970. */
  packet(packet: Uint8Array, epochMs: number, comment?: string): void {
    const head = new Uint8Array(20);
    const view = new DataView(head.buffer);
    const microseconds = BigInt(Math.max(0, Math.round(epochMs * 1000)));
    view.setUint32(4, Number(microseconds >> 32n), true);
    view.setUint32(8, Number(microseconds & 0xffff_ffffn), true);
    view.setUint32(12, packet.length, true);
    view.setUint32(16, packet.length, true);
    const options = comment === undefined ? new Uint8Array(0) : option(OPTION_COMMENT, comment);
    this.#write(ENHANCED_PACKET, concat([head, aligned(packet)]), options);
  }

  finish(): Bytes {
    return concat(this.#blocks);
  }

  #write(type: number, body: Bytes, options: Bytes = new Uint8Array(0)): void {
    const end = options.length > 0 ? concat([options, new Uint8Array(4)]) : options;
    const length = 12 + body.length + end.length;
    const frame = new Uint8Array(8);
    const view = new DataView(frame.buffer);
    view.setUint32(0, type, true);
    view.setUint32(4, length, true);
    this.#blocks.push(concat([frame, body, end, frame.subarray(4)]));
  }
}

function option(code: number, text: string): Bytes {
  // The length field has 16 bits.
  const value = encodeText(text.slice(0, 10_000));
  const head = new Uint8Array(4);
  const view = new DataView(head.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  return concat([head, aligned(value)]);
}

/** Pads with zeros to a multiple of four bytes. */
function aligned(bytes: Uint8Array): Bytes {
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  return padded;
}
