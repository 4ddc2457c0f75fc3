/** Reads bytes from text in the spellings that tools print: hex, hex dumps, arrays, strings with escapes, and Base64. */
import { fromBase64, fromHex } from "../../src/inspect/hex.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The spelling that a text was read as, for display. */
export type Spelling = "hex" | "hex dump" | "array" | "string with escapes" | "Base64" | "Base64url";

export interface ReadBytes {
  readonly spelling: Spelling;
  readonly bytes: Bytes;
}

/** Returns the bytes and how they were spelled, or a sentence that says what is wrong with the text. */
export function readBytes(text: string): ReadBytes | string {
  const trimmed = text.trim();
  return (
    readDump(trimmed) ??
    readEscapes(trimmed) ??
    readArray(trimmed) ??
    readHex(trimmed) ??
    readBase64(trimmed) ??
    complaint(trimmed)
  );
}

/** Like `readBytes`, without the spelling. */
export function parseBytes(text: string): Bytes | string {
  const read = readBytes(text);
  return typeof read === "string" ? read : read.bytes;
}

function found(spelling: Spelling, bytes: Bytes | readonly number[]): ReadBytes {
  return { spelling, bytes: Uint8Array.from(bytes) };
}

// Hex

/** Characters that may separate bytes, or precede each. */
const SEPARATORS = /[\s,:;|_-]+|0x/gi;

function readHex(text: string): ReadBytes | undefined {
  // Node prints a buffer as `<Buffer 81 05>`.
  const inner = /^<Buffer ([^>]*)>$/i.exec(text)?.[1] ?? text;
  const bytes = fromHex(inner.replaceAll(SEPARATORS, ""));
  return bytes && found("hex", bytes);
}

// Hex dumps

/** An offset of at least four digits, and the rest of the line. tcpdump writes `0x` in front, xxd a colon behind. */
const DUMP_LINE = /^\s*(?:0x)?([\da-f]{4,8})(?::\s|\s\s|$)(.*)$/i;

/** tshark prints several dumps of one packet, each under a heading with its length. */
const DUMP_HEADING = /^(\S.*) \(\d+ bytes?\):$/;

interface DumpLine {
  readonly offset: number;
  readonly rest: string;
}

const SEVERAL = "This dump has several packets: give one at a time, or save them as a capture.";

/** As Wireshark, tshark, tcpdump, hexdump and xxd print: offset, bytes, and the same as text. */
function readDump(text: string): ReadBytes | string | undefined {
  const all = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const headings = all.flatMap((line, index) => (DUMP_HEADING.test(line) ? [index] : []));
  const packets = headings.filter((index) => /^(?:Frame|Packet)\b/.test(all[index]!));
  // A packet with one dump has no heading.
  if (packets.length > 1 || (packets[0] ?? 0) > 0)
    return DUMP_LINE.test(all[0]!) || packets[0] === 0 ? SEVERAL : undefined;
  // Uses the reassembled bytes if there are any, otherwise the packet, which comes first.
  const begin = headings.find((index) => /^Reassembled/.test(all[index]!)) ?? headings[0] ?? -1;
  const end = headings.find((index) => index > begin);
  const lines: DumpLine[] = [];
  for (const line of all.slice(begin + 1, end)) {
    const match = DUMP_LINE.exec(line);
    if (match === null) return undefined;
    lines.push({ offset: Number.parseInt(match[1]!, 16), rest: match[2]! });
  }
  const bytes: number[] = [];
  const start = lines[0]?.offset;
  if (start === undefined || lines[0]!.rest.trim() === "") return undefined;
  // A single line may be plain hex that only looks like a dump. The offset of a dump is a multiple of 16.
  if (lines.length === 1 && start % 16 !== 0) return undefined;
  for (const [index, { offset, rest }] of lines.entries()) {
    if (offset !== start + bytes.length) {
      return index > 0 && offset === start
        ? SEVERAL
        : `Line ${index + 1} of this dump is at ${offset.toString(16)}, where ${(start + bytes.length).toString(16)} was expected: a line is missing.`;
    }
    const next = lines[index + 1]?.offset;
    // The last line is not longer than the first.
    const most = next !== undefined && next > offset ? next - offset : index > 0 ? lines[1]!.offset - start : 64;
    bytes.push(...bytesOfLine(rest, most));
  }
  return found("hex dump", bytes);
}

/** The pairs at the start of a line, up to the column with the text. */
function bytesOfLine(rest: string, most: number): number[] {
  const bytes: number[] = [];
  let at = /^\s*/.exec(rest)![0].length;
  const pair = /([\da-f]{2})( {0,2})(?=[\da-f]{2}|\s|$|\|)/iy;
  while (bytes.length < most) {
    pair.lastIndex = at;
    const match = pair.exec(rest);
    if (match === null) break;
    bytes.push(Number.parseInt(match[1]!, 16));
    at = pair.lastIndex;
    // Two or more spaces precede the text. Many tools also put two between the halves of a line.
    if (match[2] === "  " && (bytes.length !== 8 || rest[at] === " ")) break;
  }
  return bytes;
}

// Strings

const ESCAPES: Readonly<Record<string, number>> = { 0: 0, a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27 };

/** A string of C, JavaScript or Python that has escapes in hex: `"\x81\x05Hello"`. */
function readEscapes(text: string): ReadBytes | undefined {
  if (!/\\x[\da-f]{2}/i.test(text)) return undefined;
  const inner = /^[a-z]{0,2}(["'`])([^]*)\1[,;]?$/i.exec(text)?.[2] ?? text;
  const bytes: number[] = [];
  for (const [whole, escaped] of inner.matchAll(/\\(x[\da-f]{2}|[^])|[^]/gi)) {
    if (escaped === undefined) bytes.push(...new TextEncoder().encode(whole));
    else if (/^x./.test(escaped)) bytes.push(Number.parseInt(escaped.slice(1), 16));
    else bytes.push(ESCAPES[escaped] ?? escaped.charCodeAt(0));
  }
  return found("string with escapes", bytes);
}

// Arrays

/** Numbers between brackets or braces, or decimal ones with commas. Hexadecimal ones have `0x`. */
function readArray(text: string): ReadBytes | string | undefined {
  const inner = /^(?:[a-z_[][\w\s*.=()[\]]*?)?[[{]([^[\]{}]*)[\]}][);\s]*$/i.exec(text)?.[1];
  const items = (inner ?? text).split(",").map((item) => item.trim());
  if (items.at(-1) === "") items.pop();
  const areNumbers = items.length > 0 && items.every((item) => /^(?:0x[\da-f]{1,2}|\d{1,3})u?$/i.test(item));
  // Pairs of digits without brackets are hex.
  const isArray = inner !== undefined || (items.length > 1 && items.some((item) => /^\d{3}u?$/i.test(item)));
  if (!areNumbers || !isArray) return undefined;
  const bytes = items.map((item) => Number(item.replace(/u$/i, "")));
  const large = bytes.find((byte) => byte > 255);
  return large === undefined ? found("array", bytes) : `${large} is not a byte: a byte is at most 255.`;
}

// Base64

function readBase64(text: string): ReadBytes | undefined {
  const joined = text.replaceAll(/\s*\n\s*/g, "");
  const isURL = /[-_]/.test(joined);
  const digits = joined.replace(/={1,2}$/, "");
  // A short word is valid Base64 too, but is rarely meant as bytes.
  if (digits.length < 6 || digits.length % 4 === 1 || !/^[\w+/-]+$/.test(digits)) return undefined;
  const bytes = fromBase64(digits.replaceAll("-", "+").replaceAll("_", "/"));
  return bytes && found(isURL ? "Base64url" : "Base64", bytes);
}

function complaint(text: string): string {
  const digits = text.replaceAll(SEPARATORS, "");
  const stranger = /[^0-9a-f]/iu.exec(digits);
  if (stranger !== null) return `“${stranger[0]}” is not a hex digit: write bytes like 00 ff 7f.`;
  return `${digits.length} hex digits: write two for each byte.`;
}
