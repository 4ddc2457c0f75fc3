/** Bytes in hex and as text, each half of a byte in the colour of its field. */
import type { VNode } from "preact";
import { ascii, count } from "../model/format.ts";
import { FieldMap, isGuilty, keysOf, type Field } from "./fields.ts";

interface Props {
  readonly bytes: Uint8Array;
  /** Their position in the stream. */
  readonly start: number;
  readonly fields: readonly Field[];
  readonly columns: number;
  /** The full number of bytes, if that is more. */
  readonly length?: number;
}

const MAX_BYTES = 1024;

interface Piece {
  readonly fields: readonly Field[];
  text: string;
}

export function HexDump({ bytes, start, fields, columns, length = bytes.length }: Props): VNode {
  const map = new FieldMap(fields, start);
  const shown = bytes.subarray(0, MAX_BYTES);
  const rows = Array.from({ length: Math.ceil(shown.length / columns) }, (_, row) => row * columns);
  return (
    <div class="hex-dump" role="region" aria-label="Bytes" tabIndex={0}>
      {rows.map((first) => {
        const row = shown.subarray(first, first + columns);
        return (
          <div key={first} class="line">
            <span class="offset">{(start + first).toString(16).padStart(4, "0")}</span>
            <code class="hex" style={{ "--digits": columns * 3 - 1 }}>
              {hexPieces(row, first, map).map(pieceSpan)}
            </code>
            <code class="ascii">{asciiPieces(row, first, map).map(pieceSpan)}</code>
          </div>
        );
      })}
      {length > shown.length && <p class="note">+{count(length - shown.length, "byte")}</p>}
    </div>
  );
}

function pieceSpan({ fields, text }: Piece, index: number): VNode {
  const [first] = fields;
  return (
    <span
      key={index}
      {...(first !== undefined && {
        class: classOf(fields),
        "data-fields": keysOf(fields),
        style: { "--hue": first.hue },
      })}
      {...(first !== undefined && { title: fields.map(({ annotation }) => annotation.label).join(", ") })}
    >
      {text}
    </span>
  );
}

function classOf(fields: readonly Field[]): string {
  return fields.some(isGuilty) ? "of-field guilty" : "of-field";
}

function hexPieces(row: Uint8Array, first: number, map: FieldMap): Piece[] {
  const pieces: Piece[] = [];
  for (const [index, byte] of row.entries()) {
    for (const half of [0, 1] as const) {
      const fields = map.atHalf(first + index, half);
      const digit = (half === 0 ? byte >> 4 : byte & 15).toString(16);
      const last = pieces.at(-1);
      const space = half === 0 && index > 0 ? (index % 8 === 0 ? "\u2002" : " ") : "";
      if (last !== undefined && keysOf(last.fields) === keysOf(fields)) last.text += space + digit;
      else {
        if (space !== "") pieces.push({ fields: [], text: space });
        pieces.push({ fields, text: digit });
      }
    }
  }
  return pieces;
}

function asciiPieces(row: Uint8Array, first: number, map: FieldMap): Piece[] {
  const pieces: Piece[] = [];
  for (const [index, byte] of row.entries()) {
    const fields = map.at(first + index);
    const last = pieces.at(-1);
    const text = ascii(Uint8Array.of(byte));
    if (last !== undefined && keysOf(last.fields) === keysOf(fields)) last.text += text;
    else pieces.push({ fields, text });
  }
  return pieces;
}
