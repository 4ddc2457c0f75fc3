/** A frame as a picture: its header bit by bit in the colours of the inspector, to be put into a report or a slide. */
import { annotate, type FrameRecord } from "../../src/inspect/index.ts";
import { bitsText, cellsOf, firstBit } from "../inspector/bitCells.ts";
import { fieldsOf, isGuilty, type Field } from "../inspector/fields.ts";
import { sentenceOf } from "../inspector/sentence.ts";

const COLUMNS = 16;
/** In units of the picture. */
const CELL = 44;
const ROW = 46;
const TOP = 78;
const LEFT = 16;
const MAX_CHARACTERS = 84;

/** An SVG file. `verdict` stands above the frame. */
export function pictureOf(frame: FrameRecord, verdict: string): string {
  const fields = fieldsOf(annotate(frame));
  const headerBits = frame.header.length * 8;
  const isHeader = ({ annotation }: Field): boolean => firstBit(annotation, frame.offset) < headerBits;
  const boxes = fields.filter(isHeader).flatMap((field) =>
    cellsOf(field, frame.offset, COLUMNS).map(({ first, bits, isFirst }) => {
      const value = bitsText(field, first - firstBit(field.annotation, frame.offset), bits);
      const [column, row] = [first % COLUMNS, Math.floor(first / COLUMNS)];
      return box(field, column, row, bits, isFirst ? field.annotation.label : "…", value);
    }),
  );
  const rows = Math.ceil(headerBits / COLUMNS);
  const payload = fields.filter((field) => !isHeader(field));
  const bars = payload.map((field, index) =>
    box(field, 0, rows + index, COLUMNS, field.annotation.label, cut(field.annotation.display)),
  );
  const width = 2 * LEFT + COLUMNS * CELL;
  const height = TOP + (rows + payload.length) * ROW + 16;
  const { words, said } = sentenceOf(frame);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(LEFT, 28, cut(verdict), 'font-size="15" font-weight="700" fill="#1b1f27"'),
    text(LEFT, 50, cut(said === undefined ? words : `${words}: ${said}`), 'font-size="13" fill="#5a6372"'),
    ...Array.from({ length: COLUMNS }, (_, bit) =>
      text(LEFT + (bit + 0.5) * CELL, TOP - 6, String(bit), 'font-size="11" text-anchor="middle" fill="#5a6372"'),
    ),
    ...boxes,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

function box(field: Field, column: number, row: number, bits: number, label: string, value: string): string {
  const [x, y, width] = [LEFT + column * CELL, TOP + row * ROW, bits * CELL];
  const guilty = isGuilty(field);
  const edge = guilty ? 'stroke="#b0271d" stroke-width="3"' : `stroke="hsl(${field.hue} 40% 65%)"`;
  const middle = x + width / 2;
  return [
    `<rect x="${x + 1}" y="${y + 1}" width="${width - 2}" height="${ROW - 2}" rx="3" fill="hsl(${field.hue} 70% 94%)" ${edge}/>`,
    text(
      middle,
      y + 19,
      `${guilty && label !== "…" ? "⚠ " : ""}${label}`,
      `font-size="11" text-anchor="middle" fill="hsl(${field.hue} 70% 22%)"`,
    ),
    text(
      middle,
      y + 36,
      value,
      `font-size="13" text-anchor="middle" font-family="monospace" fill="hsl(${field.hue} 70% 18%)"`,
    ),
  ].join("\n");
}

function text(x: number, y: number, words: string, how: string): string {
  return `<text x="${x}" y="${y}" ${how}>${escaped(words)}</text>`;
}

function cut(words: string): string {
  return words.length > MAX_CHARACTERS ? `${words.slice(0, MAX_CHARACTERS).toWellFormed()}…` : words;
}

/** XML does not allow most control characters, even escaped. */
function escaped(words: string): string {
  const marks: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return words.replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "·").replaceAll(/[&<>]/g, (mark) => marks[mark]!);
}
