/** Recognizes the input (a capture, an archive, a vector, or bytes as text) and extracts its connections. */
import { CaptureError, fromHAR, fromPcap, type CapturedConnection, type Role } from "../../src/inspect/index.ts";
import { fromHex } from "../../src/inspect/hex.ts";
import { readBytes } from "../model/readBytes.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Chunk {
  readonly sender: Role;
  readonly bytes: Bytes;
  readonly timeMs: number;
}

/** One connection that was found. */
export interface Found {
  /** The label in the list of connections. */
  readonly label: string;
  readonly chunks: readonly Chunk[];
  readonly content: CapturedConnection["content"];
  readonly missing: CapturedConnection["missing"];
  /** Bytes of one direction, which may be the other one. */
  readonly oneWay: boolean;
}

export interface Recognised {
  /** What it was taken for, in words, such as “a Wireshark hex dump”. */
  readonly as: string;
  readonly found: readonly Found[];
  /** The frame headers are made up, because the file contains only messages. */
  readonly madeUp: boolean;
}

/** Returns a sentence for any other input. No input makes it throw. */
export function recogniseText(text: string): Recognised | string {
  const trimmed = text.trim();
  if (trimmed === "") return "There is nothing here yet: paste bytes, or choose a file.";
  if (trimmed.startsWith("{")) {
    const json = parseJSON(trimmed);
    if (json !== undefined) return recogniseJSON(json);
  }
  const head = new TextEncoder().encode(`${trimmed.replaceAll(/\r?\n/g, "\r\n")}\r\n\r\n`);
  if (isHead(head)) return recogniseRaw(head, "HTTP, with the line ends that it has to have");
  const read = readBytes(trimmed);
  if (typeof read === "string") return `These are no bytes that can be read here: ${lowerFirst(read)}`;
  if (read.bytes.length === 0) return "There are no bytes in this.";
  const as = `${article(read.spelling)} ${read.spelling}`.replace("a hex", "hex").replace("hex dump", "a hex dump");
  return recogniseRaw(read.bytes, as);
}

/** Recognizes a file. */
export function recogniseFile(bytes: Bytes): Recognised | string {
  if (bytes.length === 0) return "This file is empty.";
  if (isCapture(bytes)) return recogniseCapture(bytes);
  const text = textOf(bytes);
  if (text === undefined) return recogniseRaw(bytes, "a file of plain bytes");
  // A stream that begins with a head is text as well.
  return isHead(bytes) ? recogniseRaw(bytes, "a stream that begins with HTTP") : recogniseText(text);
}

function recogniseJSON(json: object): Recognised | string {
  const { log, format } = json as { readonly log?: unknown; readonly format?: unknown };
  if (log !== undefined) {
    return caught(() => {
      const connections = fromHAR(json);
      if (connections.length === 0) return "This HAR has no WebSocket in it.";
      return { as: "a HAR", found: connections.map(foundIn), madeUp: true };
    });
  }
  if (format === "websocket-over vector") return recogniseVector(json);
  return "This JSON is neither a HAR nor a test vector of this project.";
}

function recogniseVector(json: object): Recognised | string {
  const { role, steps } = json as { readonly role?: unknown; readonly steps?: unknown };
  if ((role !== "client" && role !== "server") || !Array.isArray(steps)) return "This test vector is not whole.";
  const peer = role === "client" ? "server" : "client";
  const chunks: Chunk[] = [];
  for (const step of steps as readonly unknown[]) {
    const { do: call, bytes, chunks: list } = (step ?? {}) as Readonly<Record<string, unknown>>;
    const sender =
      call === "receiveBytes" ? peer : call === "bytesToSend" || call === "chunksToSend" ? role : undefined;
    if (sender === undefined) continue;
    for (const one of Array.isArray(list) ? (list as readonly unknown[]) : [bytes]) {
      const read = typeof one === "string" ? fromHex(one) : undefined;
      if (read !== undefined && read.length > 0) chunks.push({ sender, bytes: read, timeMs: 0 });
    }
  }
  if (chunks.length === 0) return "This test vector has no bytes in it.";
  const found = { label: `as the ${role} saw it`, chunks, content: "websocket", missing: [], oneWay: false } as const;
  return { as: `a test vector of a ${role}`, found: [found], madeUp: false };
}

function recogniseCapture(bytes: Bytes): Recognised | string {
  return caught(() => {
    const connections = fromPcap(bytes);
    if (connections.length === 0) return "This capture has no TCP connection with bytes in it.";
    // Connections that may be WebSockets go first.
    const rank = ({ content }: Found): number => ["websocket", "unknown", "http", "tls"].indexOf(content);
    const found = connections.map(foundIn).sort((one, other) => rank(one) - rank(other));
    return {
      as: `a capture with ${connections.length === 1 ? "one connection" : `${connections.length} connections`}`,
      found,
      madeUp: false,
    };
  });
}

/** Bytes without a file around them: a whole packet, as Wireshark copies it, or what one end sent. */
function recogniseRaw(bytes: Bytes, as: string): Recognised | string {
  const packet = packetIn(bytes);
  const payload = packet ?? bytes;
  if (payload.length === 0) return "This packet carries no bytes of TCP.";
  const chunks = [{ sender: senderOf(payload), bytes: payload, timeMs: 0 }];
  const content = contentOf(payload);
  const found: Found = { label: "these bytes", chunks, content, missing: [], oneWay: true };
  return {
    as: packet === undefined ? as : `${as} of a whole packet, whose headers are left out`,
    found: [found],
    madeUp: false,
  };
}

function foundIn({ chunks, addresses, content, missing }: CapturedConnection): Found {
  const { client, server } = addresses;
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  const label = `${client === "" ? "client" : client} → ${server}, ${bytes.toLocaleString("en")} bytes, ${contents[content]}`;
  return { label, chunks, content, missing, oneWay: false };
}

const contents: Readonly<Record<Found["content"], string>> = {
  websocket: "WebSocket",
  http: "HTTP",
  tls: "encrypted",
  unknown: "no handshake",
};

/** Which end most probably sent them: clients mask, and ask in HTTP. */
export function senderOf(bytes: Bytes): Role {
  if (isHead(bytes)) return bytes[0] === 0x48 && bytes[1] === 0x54 ? "server" : "client"; // HT
  return ((bytes[1] ?? 0) & 0x80) !== 0 ? "client" : "server";
}

function contentOf(bytes: Bytes): Found["content"] {
  if (isHead(bytes)) return /^upgrade:[^\r\n]*\bwebsocket\b/im.test(headText(bytes, 64 * 1024)) ? "websocket" : "http";
  // A record of a TLS handshake (RFC 8446 §5.1).
  return bytes[0] === 22 && bytes[1] === 3 ? "tls" : "unknown";
}

function headText(bytes: Bytes, length: number): string {
  return new TextDecoder("latin1").decode(bytes.subarray(0, length));
}

function isHead(bytes: Bytes): boolean {
  return /^(?:GET |HTTP\/1\.|POST |[A-Z]{3,7} \S+ HTTP)/.test(headText(bytes, 200));
}

// Packets

/** Link types of the registry, and where IP begins in each. */
const LINKS: readonly { readonly type: number; readonly isIn: (bytes: Bytes) => boolean; readonly at: number }[] = [
  { type: 1, at: 14, isIn: (bytes) => isEtherType(bytes, 12) },
  { type: 113, at: 16, isIn: (bytes) => bytes[0] === 0 && bytes[1]! <= 4 && isEtherType(bytes, 14) },
  {
    type: 0,
    at: 4,
    isIn: (bytes) => [2, 10, 24, 28, 30].includes(bytes[0]! | bytes[3]!) && bytes[1] === 0 && bytes[2] === 0,
  },
  { type: 101, at: 0, isIn: () => true },
];
const TCP = 6;

function isEtherType(bytes: Bytes, at: number): boolean {
  return (bytes[at] === 0x08 && bytes[at + 1] === 0x00) || (bytes[at] === 0x86 && bytes[at + 1] === 0xdd);
}

/** The payload of TCP in it, or `undefined` if it is not a packet. */
function packetIn(bytes: Bytes): Bytes | undefined {
  const link = LINKS.find(({ at, isIn }) => bytes.length > at + 40 && isIn(bytes) && isIP(bytes.subarray(at)));
  if (link === undefined) return undefined;
  const file = new Uint8Array(40 + bytes.length);
  const view = new DataView(file.buffer);
  // The header of a pcap file, and that of its packet (draft-ietf-opsawg-pcap).
  for (const [at, value] of [
    [0, 0xa1b2_c3d4],
    [4, 0x0002_0004],
    [16, 0xffff],
    [20, link.type],
    [32, bytes.length],
    [36, bytes.length],
  ] as const) {
    view.setUint32(at, value);
  }
  file.set(bytes, 40);
  const read = caught(() => fromPcap(file));
  if (typeof read === "string") return undefined;
  return read[0]?.chunks[0]?.bytes ?? new Uint8Array(0);
}

/** Whether a complete packet of TCP over IP starts here. */
function isIP(bytes: Bytes): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = bytes[0]! >> 4;
  if (version === 4)
    return bytes[9] === TCP && (bytes[0]! & 15) >= 5 && view.getUint16(2) <= bytes.length && view.getUint16(2) >= 40;
  return version === 6 && bytes[6] === TCP && view.getUint16(4) + 40 <= bytes.length;
}

function isCapture(bytes: Bytes): boolean {
  const magic = fromHexMagic(bytes);
  return ["0a0d0d0a", "a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1"].includes(magic);
}

function fromHexMagic(bytes: Bytes): string {
  return Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Decodes UTF-8; `undefined` if it is not text. */
function textOf(bytes: Bytes): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /[\0-\x08\x0e-\x1a]/.test(text.slice(0, 4096)) ? undefined : text;
  } catch {
    return undefined;
  }
}

function parseJSON(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

function caught<T>(read: () => T | string): T | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof CaptureError) return `This file can't be read: ${error.message}.`;
    throw error;
  }
}

function article(spelling: string): string {
  return /^a/i.test(spelling) ? "an" : "a";
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
