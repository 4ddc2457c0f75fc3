/** A frame as bits, as bytes, and in words; its payload on the wire, unmasked, inflated, and as what it says. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import {
  annotate,
  maskedPayload,
  messagesOf,
  type BodyRecord,
  type FrameRecord,
  type Message,
} from "../../src/inspect/index.ts";
import { labelOf } from "../ladder/labels.ts";
import { count } from "../model/format.ts";
import { isNarrow } from "../model/narrow.ts";
import { lookedAt, selected } from "../model/playground.ts";
import type { RecordItem } from "../model/timeline.ts";
import { BitGrid } from "./bitGrid.tsx";
import { formatsOf, jsonIn, readAs, textIn, type BinaryFormat, type Read } from "./content.ts";
import { FieldList } from "./fieldList.tsx";
import { fieldsOf, type Field } from "./fields.ts";
import { HexDump } from "./hexDump.tsx";
import { PayloadCells } from "./payloadCells.tsx";
import { ValueTree } from "./valueTree.tsx";

type View = "wire" | "unmasked" | "inflated" | "text" | "json" | BinaryFormat;

const viewLabels: Readonly<Record<View, string>> = {
  wire: "On the wire",
  unmasked: "Unmasked",
  inflated: "Inflated",
  text: "Text",
  json: "JSON",
  cbor: "CBOR",
  messagePack: "MessagePack",
};

export function FrameView({ record }: { readonly record: FrameRecord | BodyRecord }): VNode {
  const fields = fieldsOf(annotate(record));
  const columns = isNarrow.value ? 8 : 16;
  const chosen = useSignal<View>("wire");
  const frames = framesBeside(record);
  const message = messageOf(record, frames);
  const said = useSaid(message);
  const views = [...viewsOf(record), ...said.map(({ view }) => view)];
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
        {frames.length > 1 && <Pieces frames={frames} chosen={record} />}
        <Content said={said.find((one) => one.view === view)} message={message}>
          <Dump record={record} view={view} fields={fields} columns={columns} />
        </Content>
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

/** The frames of its message, if that has several; else none. */
function framesBeside(record: FrameRecord | BodyRecord): RecordItem[] {
  if (record.kind !== "frame" || record.messageNumber === undefined) return [];
  if (record.fin && record.fragment === 0) return [];
  const { sender, messageNumber } = record;
  const isBeside = ({ record: other }: RecordItem): boolean =>
    other.kind === "frame" && other.sender === sender && other.messageNumber === messageNumber;
  return lookedAt.value.items.filter((item): item is RecordItem => item.kind === "record" && isBeside(item));
}

/** The message, joined; `undefined` if it is not complete, or is not kept whole. */
function messageOf(record: FrameRecord | BodyRecord, frames: readonly RecordItem[]): Message | undefined {
  if (record.kind !== "frame" || record.opcode > 2 || record.redacted) return undefined;
  const message = messagesOf(frames.length === 0 ? [record] : frames.map((item) => item.record))[0];
  const isWhole = message?.complete === true && message.content.length === message.length;
  return isWhole && message.length > 0 ? message : undefined;
}

/** One way to read a message. */
type Said = { readonly view: "text"; readonly text: string } | ({ readonly view: "json" | BinaryFormat } & Read);

/** The ways in which the message can be read. Those that have to be loaded come later. */
function useSaid(message: Message | undefined): readonly Said[] {
  const later = useSignal<{ readonly of: string; readonly said: readonly Said[] }>({ of: "", said: [] });
  const frame = message?.frames[0];
  const key = message?.opcode === 2 ? `${frame!.sender} ${frame!.id}` : "";
  useEffect(() => {
    if (message === undefined || key === "") return;
    let isGone = false;
    const { content } = message;
    void Promise.all(formatsOf(content).map(async (view) => [view, await readAs(view, content)] as const)).then(
      (all) => {
        const said = all.flatMap(([view, read]) => (read === undefined ? [] : [{ view, ...read }]));
        if (!isGone) later.value = { of: key, said };
      },
    );
    return () => void (isGone = true);
  }, [key]);
  if (message === undefined) return [];
  const text = textIn(message.content);
  const isText = text !== undefined && (message.opcode === 1 || !/[\0-\x08\x0e-\x1f]/.test(text));
  const json = isText ? jsonIn(text) : undefined;
  return [
    ...(isText ? [{ view: "text", text } as const] : []),
    ...(json !== undefined ? [{ view: "json", ...json } as const] : []),
    ...(key !== "" && later.value.of === key && !isText ? later.value.said : []),
  ];
}

function Pieces({ frames, chosen }: { readonly frames: readonly RecordItem[]; readonly chosen: unknown }): VNode {
  return (
    <p class="links">
      Its message, in {count(frames.length, "frame")}:{" "}
      {frames.slice(0, 20).map((item) => (
        <button
          key={item.id}
          type="button"
          class="small"
          aria-pressed={item.record.id === (chosen as FrameRecord).id}
          onClick={() => (selected.value = item)}
        >
          {labelOf(item).kind} {labelOf(item).size}
        </button>
      ))}
      {frames.length > 20 && `and ${frames.length - 20} more`}
    </p>
  );
}

interface ContentProps {
  readonly said: Said | undefined;
  readonly message: Message | undefined;
  /** Shown if no way to read it is chosen. */
  readonly children: VNode;
}

function Content({ said, message, children }: ContentProps): VNode {
  if (said === undefined) return children;
  const { length, frames } = message!;
  const whole = frames.length > 1 ? `All ${count(frames.length, "frame")} joined: ` : "";
  return (
    <div class="content" role="region" aria-label="Content" tabIndex={0}>
      <p class="hint">
        {whole}
        {count(length, "byte")}
      </p>
      {said.view === "text" ? <pre>{said.text}</pre> : <ValueTree value={said.value} />}
    </div>
  );
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
