/** The hash of a self-signed certificate, as a user writes it. */

/** Reads hex, with or without colons, or Base64; `undefined` if it is empty. `RangeError` for anything else. */
export function bytesOfHash(written: string): Uint8Array<ArrayBuffer> | undefined {
  const text = written.trim();
  if (text === "") return undefined;
  const hex = text.replaceAll(":", "");
  if (/^[0-9a-f]{64}$/i.test(hex)) return Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (bytes.length !== 32) throw new RangeError("a SHA-256 hash must be 32 bytes, in hex or Base64");
  return bytes;
}
