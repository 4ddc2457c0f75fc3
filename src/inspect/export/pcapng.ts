/** Exports captures as a pcapng file (draft-ietf-opsawg-pcapng) that Wireshark and tshark dissect as WebSocket. */
import { concat, type Bytes } from "../../core/bytes.ts";
import { checkOptions, type OptionTable } from "../../core/options.ts";
import { PcapngWriter } from "./pcapngBlocks.ts";
import { maskedPayload, type TraceRecord } from "../record.ts";
import type { Role } from "../role.ts";
import { exported, redactionTable, Redactor, type Redaction } from "../redact.ts";
import { syntheticHandshake } from "./syntheticHandshake.ts";
import { MAX_SEGMENT_BYTES, TCPConversation } from "./tcpSegments.ts";
import { capturesOf, type Capture } from "../trace.ts";

/** The options of {@link toPcapng}. */
export interface PcapngOptions {
  /** The server's port; 80 by default, where dissectors expect HTTP. */
  readonly port?: number | undefined;
  /** By default secrets in heads are overwritten, because captures are made to be shared. */
  readonly redact?: Redaction | undefined;
}

const table: OptionTable<PcapngOptions> = { port: "a number", redact: redactionTable };

/** The first of the dynamic ports, which clients use (RFC 6335 §6). */
const FIRST_CLIENT_PORT = 49_152;

/**
 * Creates a file with one synthetic TCP connection for each capture. Addresses and ports are invented. Each chunk
 * becomes a packet, or several of at most 64 KiB. Payload bytes that the capture has not kept are zeros, dropped
 * records are left out, and a handshake that was not captured is made up; a comment marks each of these. Redacted data
 * keeps its length on the wire. Throws `RangeError` if the port is invalid.
 *
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { writeFile } from "node:fs/promises";
 * import { WSConnection } from "websocket-over";
 * import { fromPcap, tap, toPcapng } from "websocket-over/inspect";
 *
 * const client = new WSConnection("client", { host: "example.com", resource: "/chat" });
 * const trace = tap(client);
 * client.bytesToSend();
 * const file = toPcapng(trace);
 * await writeFile(`${tmpdir()}/chat.pcapng`, file); // for Wireshark
 * console.log(fromPcap(file).map(({ content }) => content)); // → [ 'websocket' ]
 * ```
 */
export function toPcapng(captures: Capture | readonly Capture[], options: PcapngOptions = {}): Bytes {
  const list = capturesOf("toPcapng()", captures);
  checkOptions("toPcapng()", options, table);
  const { port = 80, redact } = options;
  if (!(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new RangeError(`port must be 1 to 65535, not ${port}`);
  const writer = new PcapngWriter();
  list.forEach((capture, i) => {
    const clientPort = FIRST_CLIENT_PORT + (i % 16_384);
    writeCapture(writer, capture, { client: clientPort, server: port }, new Redactor({ ...exported, ...redact }));
  });
  return writer.finish();
}

/** A part of one stream that becomes one packet, or several if it is too long for one. */
interface Stretch {
  readonly chunk: number;
  readonly sender: Role;
  readonly timeMs: number;
  readonly pieces: Uint8Array[];
  readonly comments: string[];
}

function writeCapture(
  writer: PcapngWriter,
  capture: Capture,
  ports: Readonly<Record<Role, number>>,
  redactor: Redactor,
): void {
  const { timeMs: baseMs, epochMs } = capture.clock ?? { timeMs: 0, epochMs: 0 };
  const conversation = new TCPConversation(ports);
  const stretches = stretchesOf(capture.records, redactor);
  let latestMs = stretches[0]?.timeMs ?? baseMs;
  const write = (packet: Bytes, timeMs: number, comment?: string): void => {
    // Time in a capture must not go back.
    latestMs = Math.max(latestMs, timeMs);
    writer.packet(packet, epochMs + latestMs - baseMs, comment);
  };
  for (const [, packet] of conversation.open()) write(packet, latestMs);
  for (const { sender, timeMs, pieces, comments } of stretches) {
    const bytes = concat(pieces);
    for (let at = 0; at < bytes.length; at += MAX_SEGMENT_BYTES) {
      const comment = at === 0 && comments.length > 0 ? comments.join("; ") : undefined;
      write(conversation.send(sender, bytes.subarray(at, at + MAX_SEGMENT_BYTES)), timeMs, comment);
    }
  }
  // Servers close the TCP connection first (RFC 6455 §7.1.1).
  if (capture.closed !== undefined) for (const [, packet] of conversation.close("server")) write(packet, latestMs);
}

/** The bytes on the wire, chunk by chunk. */
function stretchesOf(records: readonly TraceRecord[], redactor: Redactor): Stretch[] {
  const stretches = new Map<string, Stretch>();
  const ordered: Stretch[] = [];
  /** Where each stream continues if nothing is missing. */
  const next: Record<Role, number | undefined> = { client: undefined, server: undefined };
  const add = (sender: Role, chunk: number, timeMs: number, piece: Uint8Array, comments: readonly string[]): void => {
    const key = `${sender} ${chunk}`;
    let stretch = stretches.get(key);
    if (stretch === undefined) {
      stretch = { chunk, sender, timeMs, pieces: [], comments: [] };
      stretches.set(key, stretch);
      ordered.push(stretch);
    }
    if (piece.length > 0) stretch.pieces.push(piece);
    stretch.comments.push(...comments);
  };
  for (const made of syntheticHandshake(records)) {
    add(made.sender, -1, records[0]?.firstMs ?? 0, made.bytes, ["synthetic: no handshake was seen"]);
  }
  for (const record of records) {
    const { sender, offset, length, chunks, firstMs, lastMs } = record;
    const { bytes, comments } = wireOf(record, redactor);
    const expected = next[sender];
    if (expected !== undefined && offset > expected) comments.push(`${offset - expected} bytes before were not kept`);
    next[sender] = offset + length;
    if (length === 0) {
      // A head that had been read from the stream before the capture.
      add(sender, -1, firstMs, bytes, ["not in the stream: the request was read earlier"]);
      continue;
    }
    let at = 0;
    for (const part of chunks) {
      add(sender, part.chunk, part.timeMs, bytes.subarray(at, at + part.length), at === 0 ? comments : []);
      at += part.length;
    }
    // Records list only their first chunks.
    if (at < bytes.length) add(sender, Infinity, lastMs, bytes.subarray(at), []);
  }
  // One end may have continued a frame after the other started one.
  return ordered.sort((a, b) => a.chunk - b.chunk);
}

/** The record's bytes on the wire, with zeros for bytes that are not kept. */
function wireOf(record: TraceRecord, redactor: Redactor): { bytes: Uint8Array; comments: string[] } {
  const shown = redactor.record(record);
  const comments = record.violations.map(({ message, section }) => `${message} (${section})`);
  if (shown.kind !== "frame") {
    const length = Math.max(record.length, shown.bytes.length);
    if (shown.bytes.length < length) comments.push(`only ${shown.bytes.length} of ${length} bytes were kept`);
    return { bytes: padded(shown.bytes, length, 0), comments };
  }
  const length = record.length - shown.header.length;
  const kept = Math.min(shown.payload.length, length);
  if (shown.redacted) {
    comments.push("the payload is redacted");
    return {
      bytes: concat([shown.header, maskedPayload({ ...shown, payload: padded(shown.payload, length, 0x20) })]),
      comments,
    };
  }
  if (kept < length) comments.push(`only ${kept} of ${length} bytes of payload were kept`);
  return {
    bytes: concat([shown.header, maskedPayload({ ...shown, payload: padded(shown.payload, length, 0) })]),
    comments,
  };
}

function padded(bytes: Bytes, length: number, filler: number): Bytes {
  if (bytes.length === length) return bytes;
  const exact = new Uint8Array(length).fill(filler);
  exact.set(bytes.subarray(0, length));
  return exact;
}
