/** Every field: its position, its value, and an explanation with the RFC section. */
import type { VNode } from "preact";
import type { Annotation } from "../../src/inspect/index.ts";
import { cutText } from "../model/format.ts";
import type { Field } from "./fields.ts";
import { Clause } from "./clause.tsx";

const MAX_CHARACTERS = 300;

export function FieldList({ fields, start }: { readonly fields: readonly Field[]; readonly start: number }): VNode {
  return (
    <ol class="field-list" aria-label="Fields">
      {fields.map(({ key, annotation, hue }) => (
        <li
          key={key}
          id={`field-${key}`}
          class={annotation.violations.length > 0 ? "broken" : ""}
          data-fields={key}
          style={{ "--hue": hue }}
          tabIndex={0}
        >
          <Explained annotation={annotation} start={start} />
        </li>
      ))}
    </ol>
  );
}

function Explained({ annotation, start }: { readonly annotation: Annotation; readonly start: number }): VNode {
  const { label, display, explanation, section, violations, parts } = annotation;
  const inner = parts.filter(({ name }) => name.startsWith("extension"));
  return (
    <>
      <p class="entry-head">
        <b>{label}</b> <code>{cutText(display, MAX_CHARACTERS)}</code>
        <span class="where">{whereText(annotation, start)}</span>
        <Clause section={section} />
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
