/** Every field: its position, its value, and an explanation with the RFC section. */
import type { VNode } from "preact";
import type { Annotation } from "../../src/inspect/index.ts";
import { cutText } from "../model/format.ts";
import { keysOf, type Field } from "./fields.ts";
import { Clause } from "./clause.tsx";

const MAX_CHARACTERS = 300;

export function FieldList({ fields, start }: { readonly fields: readonly Field[]; readonly start: number }): VNode {
  return (
    <ol class="field-list" aria-label="Fields">
      {linesOf(fields).map(([first, ...others]) => (
        <li
          key={first.key}
          id={`field-${first.key}`}
          class={first.annotation.violations.length > 0 ? "broken" : ""}
          data-fields={keysOf([first, ...others])}
          style={{ "--hue": first.hue }}
          tabIndex={0}
        >
          {others.length === 0 ? (
            <Explained annotation={first.annotation} start={start} />
          ) : (
            <Reserved fields={[first, ...others]} start={start} />
          )}
        </li>
      ))}
    </ol>
  );
}

type Line = readonly [Field, ...Field[]];

/** One line for each field. The reserved bits share a line while they are 0. */
function linesOf(fields: readonly Field[]): Line[] {
  const reserved = fields.filter(({ annotation }) => /^rsv\d$/.test(annotation.name));
  const isQuiet = reserved.every(({ annotation }) => annotation.value === false && annotation.violations.length === 0);
  if (reserved.length < 2 || !isQuiet) return fields.map((field) => [field]);
  return fields.flatMap((field): Line[] => {
    if (!reserved.includes(field)) return [[field]];
    return field === reserved[0] ? [reserved as unknown as Line] : [];
  });
}

function Reserved({ fields, start }: { readonly fields: Line; readonly start: number }): VNode {
  const { annotation } = fields[0];
  return (
    <>
      <p class="entry-head">
        <b>{fields.map((field) => field.annotation.label).join(", ")}</b>{" "}
        <code>{fields.map((field) => field.annotation.display).join(" ")}</code>
        <span class="where">
          byte {annotation.start - start}, bits {annotation.bit}–{annotation.bit + fields.length - 1}{" "}
          <Clause section={annotation.section} />
        </span>
      </p>
      <p>{annotation.explanation}</p>
    </>
  );
}

function Explained({ annotation, start }: { readonly annotation: Annotation; readonly start: number }): VNode {
  const { label, display, explanation, section, violations, parts } = annotation;
  const inner = parts.filter(({ name }) => name.startsWith("extension"));
  return (
    <>
      <p class="entry-head">
        <b>{label}</b> <code>{cutText(display, MAX_CHARACTERS)}</code>
        <span class="where">
          {whereText(annotation, start)} <Clause section={section} />
        </span>
      </p>
      <p>{explanation}</p>
      {inner.length > 0 && (
        <dl class="inner">
          {inner.map((part) => (
            <div key={part.start}>
              <dt>{part.display}</dt>
              <dd>{part.explanation}</dd>
            </div>
          ))}
        </dl>
      )}
      {violations.map((violation) => (
        <p key={violation.code} class="violation">
          {violation.message} (<Clause section={violation.section} />)
        </p>
      ))}
    </>
  );
}

/** Counted from the start of the frame or head. */
function whereText({ start, end, bit, bits }: Annotation, from: number): string {
  const first = start - from;
  if (bits < 8) return `byte ${first}, bit${bits === 1 ? ` ${bit}` : `s ${bit}–${bit + bits - 1}`}`;
  return end - start === 1 ? `byte ${first}` : `bytes ${first}–${end - from - 1}`;
}
