/** Bytes, texts and times as people read them, cut to a length that a page can show. */

/** The beginning of some bytes, and how many there were. */
export interface Sample {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** Copies the beginning: what it was taken from may be reused. */
export function sampleOf(bytes: Uint8Array, maxBytes: number): Sample {
  return { bytes: bytes.slice(0, maxBytes), length: bytes.length };
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Printable ASCII as it is, a dot for anything else. */
export function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
}

export interface HexRow {
  readonly offset: string;
  readonly hex: string;
  readonly ascii: string;
}

const BYTES_PER_ROW = 8;

export function hexRows(bytes: Uint8Array, firstOffset: number): HexRow[] {
  const rows: HexRow[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_PER_ROW) {
    const row = bytes.subarray(at, at + BYTES_PER_ROW);
    const offset = (firstOffset + at).toString(16).padStart(4, "0");
    rows.push({ offset, hex: hex(row).padEnd(BYTES_PER_ROW * 3 - 1), ascii: ascii(row) });
  }
  return rows;
}

/** Reads bytes written in hex, with spaces, commas or colons between them or not; a string says what is wrong. */
export function parseHex(text: string): Uint8Array<ArrayBuffer> | string {
  const digits = text.replaceAll(/0x|[\s,:]/gi, "");
  const stranger = /[^0-9a-f]/i.exec(digits);
  if (stranger !== null) return `“${stranger[0]}” is no hex digit: write bytes like 00 ff 7f.`;
  if (digits.length % 2 !== 0) return `${digits.length} hex digits: a byte has two.`;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The text, or its beginning and how much more there is. */
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
