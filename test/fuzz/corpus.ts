/** Readable input files: hex, quoted text (one byte per character), and comments. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hex, join as joinBytes, toHex, type Bytes } from "../support/wire.ts";

const folder = join(import.meta.dirname, "corpus");

/** Left out of what is written: it is another on every machine. */
const root = pathToFileURL(join(import.meta.dirname, "../..")).href;

export interface Entry {
  readonly name: string;
  readonly input: Bytes;
}

/** What is committed for a target, in the order of its names. */
export function readCorpus(target: string): Entry[] {
  const path = join(folder, target);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .map((name) => ({ name, input: parseEntry(readFileSync(join(path, name), "utf8")) }));
}

/** Writes a finding, and returns the path of its file. */
export function writeFinding(target: string, input: Uint8Array, why: string): string {
  const path = join(folder, target);
  mkdirSync(path, { recursive: true });
  const digest = createHash("sha256").update(input).digest("hex").slice(0, 12);
  const file = join(path, `finding-${digest}.txt`);
  const comment = why
    .replaceAll(`${root}/`, "")
    .split("\n")
    .map((line) => `# ${line}`.trimEnd())
    .join("\n");
  writeFileSync(file, `${comment}\n${formatEntry(input)}\n`);
  return file;
}

export function parseEntry(text: string): Bytes {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return joinBytes(
    ...lines.map((line) =>
      line.startsWith('"')
        ? Uint8Array.from(JSON.parse(line) as string, (character) => character.charCodeAt(0))
        : hex(line),
    ),
  );
}

/** Text where it is text for the most part, line by line, else hex. */
export function formatEntry(input: Uint8Array): string {
  const printable = input.reduce((count, byte) => count + Number(byte >= 32 && byte < 127), 0);
  if (printable < input.length * 0.8)
    return (toHex(input).match(/.{1,96}/g) ?? []).map((line) => line.trim()).join("\n");
  const text = Array.from(input, (byte) => String.fromCharCode(byte)).join("");
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => JSON.stringify(line)).join("\n");
}
