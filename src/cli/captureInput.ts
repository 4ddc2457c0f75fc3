/** Files that `inspect` reads → connections: pcap, pcapng, HAR, vectors, and hex dumps. */
import { fromHex } from "../inspect/hex.ts";
import { capturedConnection, type CapturedChunk, type CapturedConnection } from "../inspect/import/captured.ts";
import { CaptureError, fromHAR, fromPcap, type DecoderOptions, type Role } from "../inspect/index.ts";
import { other } from "../inspect/role.ts";
import { formatHead } from "../handshake/headWriter.ts";
import { entriesOf } from "../handshake/headReader.ts";
import { VECTOR_FORMAT, type Vector } from "../inspect/vector/vector.ts";
import { CommandError } from "./failure.ts";

export interface Input {
  readonly format: "pcap" | "HAR" | "vector" | "hex dump";
  readonly connections: readonly CapturedConnection[];
  readonly options: Pick<DecoderOptions, "handshake" | "masking">;
}

/** Magic numbers of pcapng and, in both orders of bytes, of pcap. */
const MAGIC = ["0a0d0d0a", "a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1"];

/**
 * Reads a file of any of the formats. `sender` is the end whose bytes a hex dump contains; by default the bytes decide.
 */
export function readInput(bytes: Uint8Array, sender: Role | undefined): Input {
  const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (MAGIC.includes(magic)) return { format: "pcap", connections: fromPcap(bytes), options: {} };
  const text = new TextDecoder().decode(bytes);
  if (/^\s*[[{]/.test(text)) return readJSON(text);
  const chunks = readHexDump(text, sender);
  return { format: "hex dump", connections: [connectionOf(chunks)], options: {} };
}

function connectionOf(chunks: readonly CapturedChunk[]): CapturedConnection {
  return capturedConnection(chunks, { addresses: { client: "", server: "" }, missing: [] });
}

function readJSON(text: string): Input {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CommandError("it looks like JSON, but is none");
  }
  const { log, format } = Object(value) as { log?: unknown; format?: unknown };
  if (format === VECTOR_FORMAT) {
    const { options = {} } = value as Partial<Vector>;
    const { handshake, masking } = options;
    return {
      format: "vector",
      connections: [connectionOf(chunksOf(value as Vector))],
      options: { handshake, masking },
    };
  }
  if (log === undefined) throw new CommandError("it is JSON, but neither a HAR nor a vector");
  return { format: "HAR", connections: fromHAR(value as object), options: {} };
}

/** The bytes that a vector's connection received and sent. */
function chunksOf({ role, steps }: Vector): CapturedChunk[] {
  const isList: boolean = Array.isArray(steps);
  if ((role !== "client" && role !== "server") || !isList) throw new CommandError("the vector is malformed");
  let timeMs = 0;
  return steps.flatMap((step): CapturedChunk[] => {
    const chunk = (sender: Role, digits: unknown): CapturedChunk[] => {
      const bytes = typeof digits === "string" ? fromHex(digits) : undefined;
      return bytes === undefined || bytes.length === 0 ? [] : [{ sender, bytes, timeMs }];
    };
    switch (step?.do) {
      case "advanceTime":
        timeMs = step.nowMs;
        return [];
      case "receiveBytes":
        return chunk(other(role), step.bytes);
      case "bytesToSend":
        return chunk(role, step.bytes);
      case "chunksToSend":
        return step.chunks.flatMap((digits) => chunk(role, digits));
      case "receiveRequest": {
        const headers = entriesOf(step.headers.map(([name, value]): [string, string] => [name, value]));
        return [{ sender: "client", timeMs, bytes: formatHead(`${step.method} ${step.target} HTTP/1.1`, headers) }];
      }
      default:
        return [];
    }
  });
}

/**
 * Reads hexadecimal digits: bare, or as `xxd`, `hexdump -C`, `od -t x1` and Wireshark print them. A line may begin with
 * `>` for the client's bytes, or with `<` for the server's.
 */
function readHexDump(text: string, sender: Role | undefined): CapturedChunk[] {
  const chunks: CapturedChunk[] = [];
  let current: Role | undefined = sender;
  let count = 0;
  let hasOffsets = false;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const [, mark, rest] = /^\s*([<>]?)\s*(.*?)\s*$/.exec(line)!;
    if (mark !== "") current = mark === ">" ? "client" : "server";
    const { digits, isOffset } = digitsOf(rest!);
    // The last line of `hexdump` and `od` is an offset alone.
    if (hasOffsets && /^[\da-f]{4,}$/i.test(rest!) && parseInt(rest!, 16) === count) continue;
    hasOffsets ||= isOffset;
    const bytes = fromHex(digits);
    if (bytes === undefined) {
      const seen = i === 0 ? "it is neither a capture, nor a HAR, a vector, or a hex dump" : "the hex dump breaks off";
      throw new CommandError(`${seen}: line ${i + 1} has other things than pairs of hexadecimal digits`);
    }
    if (bytes.length === 0) continue;
    count += bytes.length;
    current ??= senderOf(bytes);
    chunks.push({ sender: current, bytes, timeMs: 0 });
  }
  if (chunks.length === 0) throw new CaptureError("there are no bytes in it", "format");
  return chunks;
}

/** Takes away the offset in front and the characters behind. */
function digitsOf(line: string): { readonly digits: string; readonly isOffset: boolean } {
  const [first = "", second = ""] = line.split(/\s+/, 2);
  const isOffset =
    /^(0x)?[\da-f]{4,}:$/i.test(first) || (/^(0x)?[\da-f]{4,}$/i.test(first) && /^[\da-f]{2}$/i.test(second));
  if (!isOffset) return { digits: line.replace(/0x|,/gi, " ").replace(/\s+/g, ""), isOffset };
  const behind = line.slice(first.length).trimStart();
  const digits = first.endsWith(":") ? behind.split(/\s{2,}/, 1)[0]! : behind.split(/\||\s{3,}/, 1)[0]!;
  return { digits: digits.replace(/\s+/g, ""), isOffset };
}

/** A client's bytes begin with a request, or with a masked frame. */
function senderOf(bytes: Uint8Array): Role {
  const first = String.fromCharCode(bytes[0]!);
  if (/[A-Z]/.test(first)) return first === "H" ? "server" : "client";
  return ((bytes[1] ?? 0) & 0x80) !== 0 ? "client" : "server";
}
