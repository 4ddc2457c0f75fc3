/** The handshake's key and its answer (RFC 6455 §1.3, §4.1, §4.2.2). They show that both ends speak WebSocket. */
import { latin1 } from "../core/bytes.ts";
import { sha1 } from "./sha1.ts";

/** Every server appends this to the key. No endpoint that does not know WebSocket is likely to use it (§1.3). */
export const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Creates a key: 16 random bytes in Base64. */
export function makeKey(random: (bytes: Uint8Array<ArrayBuffer>) => void): string {
  const nonce = new Uint8Array(16);
  random(nonce);
  return base64(nonce);
}

/** Whether `text` is 16 bytes in Base64: 22 digits and the padding. */
export function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(text);
}

/** The server's answer to a key. */
export function acceptFor(key: string): string {
  return base64(sha1(latin1(key + GUID)));
}

/** Encodes bytes in Base64. Does not use `btoa` or `toBase64`, because neither exists in every supported runtime. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let digit = 0; digit < 4; digit++) {
      text += i + digit > bytes.length ? "=" : ALPHABET[(group >> (18 - 6 * digit)) & 63]!;
    }
  }
  return text;
}
