/** Formats bytes, texts and times for people, cut to a length that a page can show. */

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Printable ASCII unchanged, a dot for anything else. */
export function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
}

/** Reads hex, with optional spaces, commas or colons; returns a string if there is an error. */
export function parseHex(text: string): Uint8Array<ArrayBuffer> | string {
  const digits = text.replaceAll(/0x|[\s,:]/gi, "");
  const stranger = /[^0-9a-f]/i.exec(digits);
  if (stranger !== null) return `“${stranger[0]}” is not a hex digit: write bytes like 00 ff 7f.`;
  if (digits.length % 2 !== 0) return `${digits.length} hex digits: write two for each byte.`;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The text, or its start and the number of remaining characters. */
export function cutText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const kept = text.slice(0, maxCharacters).toWellFormed();
  return `${kept}… (+${count(text.length - maxCharacters, "character")})`;
}

export function count(amount: number, unit: string): string {
  return `${amount.toLocaleString("en")} ${unit}${amount === 1 ? "" : "s"}`;
}

export function elapsed(milliseconds: number): string {
  return `+${(milliseconds / 1000).toFixed(3)} s`;
}

/** In quotation marks, and cut. */
export function quoted(text: string, maxCharacters = 240): string {
  return `“${cutText(text, maxCharacters)}”`;
}

/** For example `1.20 s` or `140 ms`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
