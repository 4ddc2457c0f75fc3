/**
 * Bytes as ws passes them to listeners: a Buffer if the platform has one, else a `Uint8Array` whose `toString()`
 * decodes it.
 */
import type { Bytes } from "../core/bytes.ts";
import { encodeText } from "../core/utf8.ts";

/**
 * The bytes of a message, as a {@link Peer} gives them: a `Uint8Array` whose `toString()` decodes it, as Node's `Buffer`
 * does.
 */
export interface MessageBytes extends Bytes {
  /** Decodes the bytes as UTF-8, or encodes them as hex or base64. */
  toString(encoding?: "utf8" | "utf-8" | "hex" | "base64"): string;
}

interface BufferConstructor {
  from(text: string): MessageBytes;
  from(buffer: ArrayBuffer, byteOffset: number, length: number): MessageBytes;
}

const bufferClass = (): BufferConstructor | undefined => (globalThis as { Buffer?: BufferConstructor }).Buffer;

/** Returns a view of the bytes without copying them. */
export function messageBytes({ buffer, byteOffset, length }: Bytes): MessageBytes {
  return bufferClass()?.from(buffer, byteOffset, length) ?? new TextualBytes(buffer, byteOffset, length);
}

/** Encodes text as UTF-8. */
export function textBytes(text: string): MessageBytes {
  return bufferClass()?.from(text) ?? messageBytes(encodeText(text));
}

/** A decoder that works as `Buffer` does: invalid UTF-8 becomes U+FFFD, and a byte order mark is kept. */
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
