/** The head of a handshake: its lines with explanations, its bytes, and how the accept key is computed. */
import type { VNode } from "preact";
import { acceptSteps, annotate, type HeadRecord } from "../../src/inspect/index.ts";
import { isNarrow } from "../model/narrow.ts";
import { FieldList } from "./fieldList.tsx";
import { fieldsOf } from "./fields.ts";
import { HexDump } from "./hexDump.tsx";

export function HeadView({ record }: { readonly record: HeadRecord }): VNode {
  const fields = fieldsOf(annotate(record));
  const { bytes, offset } = record;
  const text = new TextDecoder("latin1");
  const key = record.requestKey ?? record.fields.find((field) => field.key === "sec-websocket-key")?.value;
  return (
    <div class="views">
      <div class="left">
        <pre class="head-lines" tabIndex={0} role="region" aria-label="Lines">
          {fields.map(({ key, annotation, hue }) => (
            <span key={key} class="of-field" data-fields={key} style={{ "--hue": hue }}>
              {text
                .decode(bytes.subarray(annotation.start - offset, annotation.end - offset))
                .replaceAll(/[\r\n]+$/g, "")}
              <em>{lineEnd(annotation.bytes)}</em>
            </span>
          ))}
        </pre>
        {key !== undefined && <AcceptSteps requestKey={key} />}
        <details>
          <summary>Bytes</summary>
          <HexDump bytes={bytes} start={offset} fields={fields} columns={isNarrow.value ? 8 : 16} />
        </details>
      </div>
      <FieldList fields={fields} start={offset} />
    </div>
  );
}

/** A line ends in CR LF, or should. */
function lineEnd(bytes: Uint8Array): string {
  if (bytes.at(-1) !== 0x0a) return "";
  return bytes.at(-2) === 0x0d ? "CR LF" : "LF";
}

function AcceptSteps({ requestKey }: { readonly requestKey: string }): VNode {
  return (
    <section class="accept-steps" aria-label="How the accept key is computed">
      <h4>How the accept key is computed</h4>
      <ol>
        {acceptSteps(requestKey).map(({ label, value, explanation }) => (
          <li key={label}>
            <b>{label}</b>
            <code>{value}</code>
            <p>{explanation}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
