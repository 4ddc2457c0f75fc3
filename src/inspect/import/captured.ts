/** What a capture file holds of one connection. */
import { concat, type Bytes } from "../../core/bytes.ts";
import type { Role } from "../role.ts";

/**
 * Bytes that one end sent, as they became readable at the other.
 *
 * @see {@link fromPcap}
 */
export interface CapturedChunk {
  readonly sender: Role;
  readonly bytes: Bytes;
  /** When they arrived, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** A connection from a capture file; see {@link fromPcap} and {@link fromHAR}. */
export interface CapturedConnection {
  /** All that each end has sent: the first argument of `decode`. */
  readonly streams: { readonly client: Bytes; readonly server: Bytes };
  /** The same bytes in the order of their arrival, for `Decoder.receive`. */
  readonly chunks: readonly CapturedChunk[];
  /** Where the client and the server were, such as `"127.0.0.1:49152"`. A HAR knows the server's host alone. */
  readonly addresses: { readonly client: string; readonly server: string };
  /**
   * What the first bytes look like: the opening of a WebSocket, other HTTP, the records of TLS, which can't be read
   * without its keys, or anything else, such as the frames of a WebSocket that was open before.
   */
  readonly content: "websocket" | "http" | "tls" | "unknown";
  /** Bytes that the capture lacks. The stream of this sender ends before them. */
  readonly missing: readonly { readonly sender: Role; readonly offset: number; readonly length: number }[];
}

/** Makes a connection of its chunks. */
export function capturedConnection(
  chunks: readonly CapturedChunk[],
  rest: Pick<CapturedConnection, "addresses" | "missing">,
): CapturedConnection {
  const all = (role: Role): Bytes => concat(chunks.filter(({ sender }) => sender === role).map(({ bytes }) => bytes));
  const streams = { client: all("client"), server: all("server") };
  return { streams, chunks, ...rest, content: contentOf(streams) };
}

/** Of a long head, only so much is searched. */
const MAX_HEAD_BYTES = 64 * 1024;

function contentOf({ client, server }: CapturedConnection["streams"]): CapturedConnection["content"] {
  const text = new TextDecoder("latin1").decode(client.subarray(0, MAX_HEAD_BYTES));
  const answer = new TextDecoder("latin1").decode(server.subarray(0, MAX_HEAD_BYTES));
  if (/^[A-Z]+ \S+ HTTP\/1\.\d\r?\n/.test(text)) return hasUpgrade(text) ? "websocket" : "http";
  if (answer.startsWith("HTTP/1.")) return hasUpgrade(answer) ? "websocket" : "http";
  // A record of a TLS handshake (RFC 8446 §5.1).
  const isTLS = (bytes: Bytes): boolean => bytes[0] === 22 && bytes[1] === 3;
  return isTLS(client) || isTLS(server) ? "tls" : "unknown";
}

function hasUpgrade(text: string): boolean {
  return /^upgrade:[^\r\n]*\bwebsocket\b/im.test(text.split(/\r?\n\r?\n/, 1)[0]!);
}

/**
 * Why a capture can't be read. Branch on `code`: it is stable, the message is not.
 *
 * @example
 * ```ts
 * import { CaptureError, fromPcap } from "websocket-over/inspect";
 *
 * try {
 *   fromPcap(new TextEncoder().encode("this is not a capture"));
 * } catch (error) {
 *   if (error instanceof CaptureError) console.log(error.code); // → format
 * }
 * ```
 */
export class CaptureError extends Error {
  /**
   * `"format"`: it is another kind of file. `"damaged"`: it contradicts itself. `"unsupported"`: its kind is not known
   * here.
   */
  readonly code: "format" | "damaged" | "unsupported";
  /** Where in the file, in bytes, if there is one place. */
  readonly offset: number | undefined;

  constructor(message: string, code: CaptureError["code"], offset?: number) {
    super(message);
    this.name = "CaptureError";
    this.code = code;
    this.offset = offset;
  }
}
