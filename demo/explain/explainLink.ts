/** Puts the bytes to explain into the hash of a URL, deflated and in base64url. No server sees the hash. */
import { fromBase64, toBase64 } from "../../src/inspect/hex.ts";
import type { Role } from "../../src/inspect/index.ts";
import { exactly, flag, listOf, Malformed, oneOf, record, text, whole } from "../scenarios/schema.ts";
import type { ReadAs } from "./explanation.ts";
import type { Bytes, Chunk, Found } from "./recognise.ts";

export interface Shared {
  readonly title: string;
  readonly note: string;
  readonly found: Found;
  readonly as: ReadAs;
}

/** The most that a link may inflate to, in bytes. A link can come from anyone. */
const MAX_JSON_BYTES = 1024 * 1024;
const MAX_CHUNKS = 20_000;
/** The longest link to offer, in characters. Many programs cut or refuse longer ones. */
const MAX_LINK_CHARACTERS = 64_000;

/** Of a time, which a damaged capture may have anywhere, and of a number of bytes. */
const MAX_NUMBER = Number.MAX_SAFE_INTEGER;
const shared = record(
  {
    chunks: listOf(
      exactly({ from: oneOf("client", "server"), bytes: text, ms: whole(0, MAX_NUMBER) }),
      "chunk",
      MAX_CHUNKS,
    ),
    oneWay: flag,
    content: oneOf("websocket", "http", "tls", "unknown"),
  },
  {
    title: text,
    note: text,
    sender: oneOf("client", "server"),
    handshake: oneOf("auto", "http1", "none"),
    deflate: oneOf("auto", "yes", "no"),
    masking: flag,
    skip: whole(0, MAX_NUMBER),
  },
);

/** The value of `#explain=`, or `undefined` if it would be too long. */
export async function linkValue({ title, note, found, as }: Shared): Promise<string | undefined> {
  const { chunks, oneWay, content } = found;
  const startMs = chunks[0]?.timeMs ?? 0;
  const plain = chunks.map(({ sender, bytes, timeMs }) => ({
    from: sender,
    bytes: toBase64(bytes),
    ms: Math.min(MAX_NUMBER, Math.max(0, Math.round(timeMs - startMs))),
  }));
  const skip = Math.min(MAX_NUMBER, as.skip);
  const json = JSON.stringify({ ...as, skip, title, note, chunks: plain, oneWay, content });
  const bytes = new TextEncoder().encode(json);
  if (chunks.length > MAX_CHUNKS || bytes.length > MAX_JSON_BYTES) return undefined;
  const deflated = await through(bytes, new CompressionStream("deflate-raw"), Infinity);
  const value = toBase64(deflated).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return value.length > MAX_LINK_CHARACTERS ? undefined : value;
}

/** Reads the value of `#explain=`. Returns a sentence that says what is wrong if this page did not make the link. */
export async function sharedIn(value: string): Promise<Shared | string> {
  const deflated = fromBase64(value.replaceAll("-", "+").replaceAll("_", "/"));
  if (deflated === undefined) return "This link is incomplete: a part of it is missing, or was changed on its way.";
  let json: unknown;
  try {
    const bytes = await through(deflated, new DecompressionStream("deflate-raw"), MAX_JSON_BYTES);
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return "This link is incomplete: a part of it is missing, or was changed on its way.";
  }
  try {
    const { chunks, oneWay, content, title = "", note = "", ...as } = shared(json, "what it has in it");
    const found: Found = { label: "these bytes", chunks: chunks.map(chunkOf), oneWay, content, missing: [] };
    const { sender, handshake = "auto", deflate = "auto", masking = true, skip = 0 } = as;
    return { title, note, found, as: { sender, handshake, deflate, masking, skip } };
  } catch (error) {
    if (error instanceof Malformed) return `This link is not right: ${error.message}.`;
    throw error;
  }
}

function chunkOf(given: { readonly from: Role; readonly bytes: string; readonly ms: number }, index: number): Chunk {
  const bytes = fromBase64(given.bytes);
  if (bytes === undefined) throw new Malformed(`chunk ${index + 1}: bytes`, "Base64", given.bytes);
  return { sender: given.from, bytes, timeMs: given.ms };
}

/** Throws `RangeError` if the result has more than `most` bytes. */
async function through(bytes: Bytes, stream: CompressionStream | DecompressionStream, most: number): Promise<Bytes> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    pieces.push(value);
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError(`more than ${most} bytes`);
    }
  }
}
