/** Formats bytes, texts and times for people, cut to a length that a page can show. */

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Printable ASCII unchanged, a dot for anything else. */
export function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
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

/** A time since the beginning in nine characters or fewer, for up to four days. */
export function elapsed(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 99.9995) return `+${seconds.toFixed(3)} s`;
  if (seconds < 999.995) return `+${seconds.toFixed(2)} s`;
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3600);
  return `+${hours > 0 ? `${hours}:` : ""}${twoDigits(Math.floor(whole / 60) % 60)}:${twoDigits(whole % 60)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

/** In quotation marks, and cut. */
export function quoted(text: string, maxCharacters = 240): string {
  return `“${cutText(text, maxCharacters)}”`;
}

/** For example `140 ms`, `1.20 s`, `17 min` or `5 h`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 100) return `${seconds.toFixed(2)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
