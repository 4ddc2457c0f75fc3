/** The header of a frame as the RFC draws it: rows of bits, with each field as a box. */
import type { VNode } from "preact";
import { bitsText, cellsOf, firstBit } from "./bitCells.ts";
import { isGuilty, type Field } from "./fields.ts";

interface Props {
  readonly fields: readonly Field[];
  /** The frame's position in its stream. */
  readonly start: number;
  /** The number of header bits. */
  readonly headerBits: number;
  /** How many bits make a row. */
  readonly columns: number;
}

export function BitGrid({ fields, start, headerBits, columns }: Props): VNode {
  const inHeader = fields.filter(({ annotation }) => firstBit(annotation, start) < headerBits);
  const cells = inHeader.flatMap((field) => cellsOf(field, start, columns));
  const payload = fields.filter(({ annotation }) => firstBit(annotation, start) >= headerBits);
  return (
    <div class="bit-grid" role="group" aria-label="Header, bit by bit" style={{ "--columns": columns }}>
      {Array.from({ length: columns }, (_, bit) => (
        <span key={`n${bit}`} class="number" aria-hidden="true">
          {bit}
        </span>
      ))}
      {cells.map(({ field, first, bits, isFirst }) => {
        const { label, display } = field.annotation;
        const value = bitsText(field, first - firstBit(field.annotation, start), bits);
        return (
          <button
            key={`${field.key} ${first}`}
            type="button"
            class={`field bits-${bits < 4 ? "few" : "many"}${isFirst ? "" : " continued"}${isGuilty(field) ? " guilty" : ""}`}
            data-fields={field.key}
            style={{ "--hue": field.hue, "--bits": bits }}
            aria-label={`${label}: ${display}`}
            title={`${label}: ${display}`}
            onClick={() => showField(field)}
          >
            <span class="name" data-text={isFirst ? label : "…"} />
            <span class="value" data-text={value} />
          </button>
        );
      })}
      {payload.map((field) => (
        <button
          key={field.key}
          type="button"
          class="field payload bits-many"
          data-fields={field.key}
          style={{ "--hue": field.hue, "--bits": columns }}
          onClick={() => showField(field)}
        >
          <span class="name">{field.annotation.label}</span>
          <span class="value">{field.annotation.display}</span>
        </button>
      ))}
    </div>
  );
}

function showField({ key }: Field): void {
  document.querySelector(`.field-list [data-fields~="${key}"]`)?.scrollIntoView({ block: "nearest" });
}
