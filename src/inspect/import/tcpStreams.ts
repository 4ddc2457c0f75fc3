/** TCP segments → connections: orders the segments, drops repeated data, and finds the client. */
import { EMPTY, type Bytes } from "../../core/bytes.ts";
import type { Role } from "../role.ts";
import { capturedConnection, type CapturedChunk, type CapturedConnection } from "./captured.ts";
import type { Segment } from "./segments.ts";

/** One of the two ends of a connection, numbered in the order of their first segments. */
type End = 0 | 1;

interface Waiting {
  /** Its first byte's position in the stream. */
  readonly position: number;
  readonly payload: Uint8Array;
}

/** One direction of a connection. Positions count its bytes from 0. */
class Stream {
  /** The sequence number of position 0; `undefined` until the first segment. */
  #base: number | undefined;
  /** All before this position has been handed out. */
  #next = 0;
  /** Segments behind a gap, by position. */
  readonly #waiting: Waiting[] = [];

  get next(): number {
    return this.#next;
  }

  /** Whether a SYN with this sequence number begins another connection. */
  isOther(sequence: number): boolean {
    return this.#base !== undefined && this.#base !== (sequence + 1) >>> 0;
  }

  begin(sequence: number): void {
    this.#base ??= (sequence + 1) >>> 0;
  }

  /** Takes a segment, and returns the bytes that can be read now. */
  take(sequence: number, payload: Uint8Array): Bytes[] {
    this.#base ??= sequence;
    // Sequence numbers go round (RFC 9293 §3.4): what counts is the distance to the next byte.
    const position = this.#next + ((sequence - this.#base - this.#next) | 0);
    if (position + payload.length <= this.#next) return [];
    this.#waiting.splice(this.#placeFor(position), 0, { position, payload });
    return this.#readable();
  }

  /** How many bytes are missing before the first segment that waits; 0 if none does. */
  get missing(): number {
    return this.#waiting.length === 0 ? 0 : this.#waiting[0]!.position - this.#next;
  }

  /** By halving, because a capture may bring many segments behind one gap. */
  #placeFor(position: number): number {
    let from = 0;
    let to = this.#waiting.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#waiting[middle]!.position <= position) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #readable(): Bytes[] {
    const pieces: Bytes[] = [];
    let taken = 0;
    for (const { position, payload } of this.#waiting) {
      if (position > this.#next) break;
      taken++;
      const piece = payload.slice(this.#next - position);
      if (piece.length === 0) continue;
      pieces.push(piece);
      this.#next += piece.length;
    }
    this.#waiting.splice(0, taken);
    return pieces;
  }
}

class Connection {
  readonly #names: readonly [string, string];
  readonly #streams = [new Stream(), new Stream()] as const;
  readonly #chunks: { readonly end: End; readonly bytes: Bytes; readonly timeMs: number }[] = [];
  #client: End | undefined;

  constructor({ source, destination }: Segment) {
    this.#names = [source, destination];
  }

  /** Whether a segment with SYN belongs to a later connection of the same ports. */
  isOver({ source, sequence, syn }: Segment): boolean {
    return syn && this.#streams[this.#endOf(source)].isOther(sequence);
  }

  take({ source, sequence, syn, ack, payload, timeMs }: Segment): void {
    const end = this.#endOf(source);
    const stream = this.#streams[end];
    if (syn) {
      this.#client ??= ack ? opposite(end) : end;
      stream.begin(sequence);
    }
    if (payload.length === 0) return;
    const first = syn ? (sequence + 1) >>> 0 : sequence;
    for (const bytes of stream.take(first, payload)) this.#chunks.push({ end, bytes, timeMs });
  }

  /** The connection as captured; `undefined` if neither end sent a byte that can be read. */
  finish(): CapturedConnection | undefined {
    if (this.#chunks.length === 0) return undefined;
    const client = this.#client ?? this.#guessClient();
    const endOf = (role: Role): End => (role === "client" ? client : opposite(client));
    const chunks = this.#chunks.map(({ end, bytes, timeMs }): CapturedChunk => ({
      sender: end === client ? "client" : "server",
      bytes,
      timeMs,
    }));
    const missing = (["client", "server"] as const).flatMap((sender) => {
      const { next: offset, missing: length } = this.#streams[endOf(sender)];
      return length > 0 ? [{ sender, offset, length }] : [];
    });
    const addresses = { client: this.#names[endOf("client")], server: this.#names[endOf("server")] };
    return capturedConnection(chunks, { addresses, missing });
  }

  #endOf(source: string): End {
    return source === this.#names[0] ? 0 : 1;
  }

  /** If the capture began after the SYN, decides by the bytes of the ends; if they show nothing, by the lower port. */
  #guessClient(): End {
    for (const end of [0, 1] as const) {
      const bytes = this.#chunks.find((chunk) => chunk.end === end)?.bytes ?? EMPTY;
      const role = roleOf(bytes);
      if (role !== undefined) return role === "client" ? end : opposite(end);
    }
    const port = (name: string): number => Number(name.slice(name.lastIndexOf(":") + 1));
    return port(this.#names[0]) >= port(this.#names[1]) ? 0 : 1;
  }
}

function opposite(end: End): End {
  return end === 0 ? 1 : 0;
}

/** Which end sent these bytes: a head shows it, and the mask bit of a frame. */
function roleOf(bytes: Bytes): Role | undefined {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 16));
  if (text.startsWith("HTTP/1.")) return "server";
  if (/^[A-Z]{3,7} /.test(text)) return "client";
  const isFrame = bytes.length >= 2 && [0, 1, 2, 8, 9, 10].includes(bytes[0]! & 15);
  return isFrame && (bytes[1]! & 0x80) !== 0 ? "client" : undefined;
}

/** Returns the connections of the segments, in the order in which they began. */
export function connectionsOf(segments: Iterable<Segment>): CapturedConnection[] {
  const connections: Connection[] = [];
  const latest = new Map<string, Connection>();
  for (const segment of segments) {
    const { source, destination } = segment;
    const key = source < destination ? `${source} ${destination}` : `${destination} ${source}`;
    let connection = latest.get(key);
    if (connection === undefined || connection.isOver(segment)) {
      connection = new Connection(segment);
      connections.push(connection);
      latest.set(key, connection);
    }
    connection.take(segment);
  }
  return connections.flatMap((connection) => connection.finish() ?? []);
}
