/** An explanation as Markdown, to be pasted into a bug report. */
import { annotate, maskedPayload, type TraceRecord } from "../../src/inspect/index.ts";
import { ascii, hex } from "../model/format.ts";
import { sentenceOf } from "../inspector/sentence.ts";
import type { Explanation } from "./explanation.ts";

/** The most lines for a report: nobody reads more. */
const MAX_RECORDS = 20;
const MAX_DUMP_BYTES = 256;

/** `link` opens the same explanation in the playground. */
export function markdownOf({ records, verdict }: Explanation, link: string | undefined): string {
  const shown = verdict.fault?.record ?? records.find(({ kind }) => kind === "frame") ?? records[0];
  const before = shown === undefined ? 0 : Math.max(0, records.indexOf(shown) - MAX_RECORDS + 1);
  const lines = records.slice(before, before + MAX_RECORDS).map((record) => {
    const { words, said } = sentenceOf(record);
    const mark = record === verdict.fault?.record ? " ⚠" : "";
    return `${record.id + 1}. ${record.sender}: ${escaped(said === undefined ? words : `${words}: ${said}`)}${mark}`;
  });
  const rest = records.length - lines.length;
  return [
    `**${escaped(verdict.sentence)}**`,
    "",
    ...lines,
    ...(rest > 0 ? [`…and ${rest} more`] : []),
    ...(shown === undefined ? [] : ["", "```", ...dump(shown), "```", "", ...table(shown)]),
    ...(link === undefined ? [] : ["", `[Every bit of it](${link})`]),
    "",
  ].join("\n");
}

function dump(record: TraceRecord): string[] {
  const bytes = wireBytes(record);
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, MAX_DUMP_BYTES); at += 16) {
    const row = bytes.subarray(at, Math.min(at + 16, MAX_DUMP_BYTES));
    lines.push(`${(record.offset + at).toString(16).padStart(4, "0")}  ${hex(row).padEnd(47)}  ${ascii(row)}`);
  }
  if (record.length > MAX_DUMP_BYTES) lines.push(`… ${record.length} bytes in all`);
  return lines;
}

function wireBytes(record: TraceRecord): Uint8Array {
  if (record.kind !== "frame") return record.bytes;
  return Uint8Array.from([...record.header, ...maskedPayload(record).subarray(0, MAX_DUMP_BYTES)]);
}

function table(record: TraceRecord): string[] {
  const rows = annotate(record).map(({ label, display, section, violations }) => {
    const wrong = violations.map(({ message }) => `⚠ ${message}`).join("; ");
    return `| ${cell(label)} | ${cell(display.slice(0, 80))} | ${section} | ${cell(wrong)} |`;
  });
  return ["| field | value | clause | |", "| --- | --- | --- | --- |", ...rows];
}

/** Escapes text from peers, so that it is not markup. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_<>[\]#|~]/g, "\\$&").replaceAll(/\s+/g, " ");
}

function cell(text: string): string {
  return escaped(text).replaceAll("@", "@\u200b");
}
