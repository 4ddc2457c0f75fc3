/** Captures as a pcapng file (draft-ietf-opsawg-pcapng): packets that Wireshark and tshark dissect as WebSocket. */
import { concat, type Bytes } from "../../core/bytes.ts";
import { checkOptions, type OptionTable } from "../../core/options.ts";
import { PcapngWriter } from "./pcapngBlocks.ts";
import { maskedPayload, type TraceRecord } from "../record.ts";
import type { Role } from "../role.ts";
import { exported, redactionTable, Redactor, type Redaction } from "../redact.ts";
import { syntheticHandshake } from "./syntheticHandshake.ts";
import { MAX_SEGMENT_BYTES, TCPConversation } from "./tcpSegments.ts";
import { capturesOf, type Capture } from "../trace.ts";

export interface PcapngOptions {
  /** The server's port: at 80, the default, dissectors look for HTTP by themselves. */
  readonly port?: number | undefined;
  /** By default what is secret in heads is overwritten, since captures are made to be passed on. */
  readonly redact?: Redaction | undefined;
}

const table: OptionTable<PcapngOptions> = { port: "a number", redact: redactionTable };

/** The first port of those that clients get (RFC 6335 §6). */
const FIRST_CLIENT_PORT = 49_152;

/**
 * A file with a TCP connection for each capture, made up around its bytes: addresses and ports are not real, chunks are
 * packets as they were, and no packet is larger than 64 KiB. What the capture has not kept of a payload is zeros, with a
 * comment; records that it has dropped are left out, with a comment; a handshake that it has not seen is made up. What is
 * redacted keeps its length on the wire. `RangeError` for a port that can't be.
 */
export function toPcapng(captures: Capture | readonly Capture[], options: PcapngOptions = {}): Bytes {
  const list = capturesOf("toPcapng()", captures);
  checkOptions("toPcapng()", options, table);
  const { port = 80, redact } = options;
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) throw new RangeError(`port is 1 to 65535, not ${port}`);
  const writer = new PcapngWriter();
  list.forEach((capture, i) => {
    const clientPort = FIRST_CLIENT_PORT + (i % 16_384);
    writeCapture(writer, capture, { client: clientPort, server: port }, new Redactor({ ...exported, ...redact }));
  });
  return writer.finish();
}

/** A stretch of one stream that goes into one packet, or several if it is too long for one. */
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
    // A capture's time does not go back.
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
  // Servers end the connection below first (RFC 6455 §7.1.1).
  if (capture.closed !== undefined) for (const [, packet] of conversation.close("server")) write(packet, latestMs);
}

/** What was on the wire, chunk by chunk. */
function stretchesOf(records: readonly TraceRecord[], redactor: Redactor): Stretch[] {
  const stretches = new Map<string, Stretch>();
  const ordered: Stretch[] = [];
  /** Where each stream goes on, if nothing of it is missing. */
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
    add(made.sender, -1, records[0]?.firstMs ?? 0, made.bytes, ["made up: no handshake was seen"]);
  }
  for (const record of records) {
    const { sender, offset, length, chunks, firstMs, lastMs } = record;
    const { bytes, comments } = wireOf(record, redactor);
    const expected = next[sender];
    if (expected !== undefined && offset > expected) comments.push(`${offset - expected} bytes before were not kept`);
    next[sender] = offset + length;
    if (length === 0) {
      // A head that somebody else had read from the stream.
      add(sender, -1, firstMs, bytes, ["not in the stream: the request had been read before"]);
      continue;
    }
    let at = 0;
    for (const part of chunks) {
      add(sender, part.chunk, part.timeMs, bytes.subarray(at, at + part.length), at === 0 ? comments : []);
      at += part.length;
    }
    // Of the chunks only the first ones are kept.
    if (at < bytes.length) add(sender, Infinity, lastMs, bytes.subarray(at), []);
  }
  // A frame that one end began before the other did may have gone on after it.
  return ordered.sort((a, b) => a.chunk - b.chunk);
}

/** The record as it was on the wire; zeros for what is not kept. */
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
