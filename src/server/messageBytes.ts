/** Bytes as ws gives them to its listeners: a Buffer where there are Buffers, else an array that can say itself as text. */
import type { Bytes } from "../core/bytes.ts";
import { encodeText } from "../core/utf8.ts";

/** What both kinds have in common. */
export interface MessageBytes extends Bytes {
  /** The text whose UTF-8 this is, or another encoding of it. */
  toString(encoding?: "utf8" | "utf-8" | "hex" | "base64"): string;
}

interface BufferConstructor {
  from(text: string): MessageBytes;
  from(buffer: ArrayBuffer, byteOffset: number, length: number): MessageBytes;
}

const bufferClass = (): BufferConstructor | undefined => (globalThis as { Buffer?: BufferConstructor }).Buffer;

/** Views the bytes, without copying. */
export function messageBytes({ buffer, byteOffset, length }: Bytes): MessageBytes {
  return bufferClass()?.from(buffer, byteOffset, length) ?? new TextualBytes(buffer, byteOffset, length);
}

/** The UTF-8 of a text. */
export function textBytes(text: string): MessageBytes {
  return bufferClass()?.from(text) ?? messageBytes(encodeText(text));
}

/** Decodes as `Buffer` does: what is no UTF-8 becomes U+FFFD, and a byte order mark stays. */
export function textDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

const decoder = textDecoder();

export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

class TextualBytes extends Uint8Array<ArrayBuffer> implements MessageBytes {
  override toString(encoding: "utf8" | "utf-8" | "hex" | "base64" = "utf8"): string {
    switch (encoding) {
      case "utf8":
      case "utf-8":
        return decodeText(this);
      case "hex":
        return Array.from(this, (byte) => byte.toString(16).padStart(2, "0")).join("");
      case "base64":
        return btoa(Array.from(this, (byte) => String.fromCharCode(byte)).join(""));
      default:
        throw new TypeError(`unknown encoding: ${String(encoding)}`);
    }
  }
}
