/** A frame as bits, as bytes, and in words; its payload as it was on the wire, unmasked, and inflated. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { annotate, maskedPayload, type BodyRecord, type FrameRecord } from "../../src/inspect/index.ts";
import { isNarrow } from "../model/narrow.ts";
import { BitGrid } from "./bitGrid.tsx";
import { FieldList } from "./fieldList.tsx";
import { fieldsOf, type Field } from "./fields.ts";
import { HexDump } from "./hexDump.tsx";
import { PayloadCells } from "./payloadCells.tsx";

type View = "wire" | "unmasked" | "inflated";

const viewLabels: Readonly<Record<View, string>> = {
  wire: "On the wire",
  unmasked: "Unmasked",
  inflated: "Inflated",
};

export function FrameView({ record }: { readonly record: FrameRecord | BodyRecord }): VNode {
  const fields = fieldsOf(annotate(record));
  const columns = isNarrow.value ? 8 : 16;
  const chosen = useSignal<View>("wire");
  const views = viewsOf(record);
  const view = views.includes(chosen.value) ? chosen.value : "wire";
  const { offset } = record;
  return (
    <div class="views">
      <div class="left">
        {record.kind === "frame" && (
          <BitGrid
            fields={fields}
            start={offset}
            headerBits={record.header.length * 8}
            columns={isNarrow.value ? 8 : 16}
          />
        )}
        {record.kind === "frame" && <PayloadCells record={record} columns={columns} />}
        {views.length > 1 && (
          <div class="choice" role="group" aria-label="Payload">
            {views.map((name) => (
              <button
                key={name}
                type="button"
                class="small"
                aria-pressed={view === name}
                onClick={() => (chosen.value = name)}
              >
                {viewLabels[name]}
              </button>
            ))}
          </div>
        )}
        <Dump record={record} view={view} fields={fields} columns={columns} />
      </div>
      <FieldList fields={fields} start={offset} />
    </div>
  );
}

function viewsOf(record: FrameRecord | BodyRecord): View[] {
  if (record.kind === "body") return ["wire"];
  return [
    "wire",
    ...(record.masked && record.payload.length > 0 ? (["unmasked"] as const) : []),
    ...(record.inflated !== undefined ? (["inflated"] as const) : []),
  ];
}

interface DumpProps {
  readonly record: FrameRecord | BodyRecord;
  readonly view: View;
  readonly fields: readonly Field[];
  readonly columns: number;
}

function Dump({ record, view, fields, columns }: DumpProps): VNode {
  if (record.kind === "body") {
    return (
      <HexDump bytes={record.bytes} start={record.offset} fields={fields} columns={columns} length={record.length} />
    );
  }
  const { header, payload, inflated, inflatedLength, offset } = record;
  if (view === "inflated") {
    // Not part of the grid's areas, because the payload's field would cover all of them.
    const all = fields
      .filter(({ annotation }) => annotation.name === "payload")
      .map((field) => ({ ...field, annotation: { ...field.annotation, start: 0, end: inflated!.length } }));
    return <HexDump bytes={inflated!} start={0} fields={all} columns={columns} length={inflatedLength!} />;
  }
  const body = view === "unmasked" ? payload : maskedPayload(record);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return <HexDump bytes={bytes} start={offset} fields={fields} columns={columns} length={record.length} />;
}
