/** The inspector: the item selected on the ladder, bit by bit. */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { count, elapsed } from "../model/format.ts";
import { isNarrow } from "../model/narrow.ts";
import { lookedAt, selected, wireVersion } from "../model/playground.ts";
import type { ChunkItem, RecordItem, WireItem } from "../model/timeline.ts";
import { labelOf } from "../ladder/labels.ts";
import { Clause } from "./clause.tsx";
import { FrameView } from "./frameView.tsx";
import { HeadView } from "./headView.tsx";
import { HexDump } from "./hexDump.tsx";
import { useLitFields } from "./lit.ts";
import { sentenceOf } from "./sentence.ts";

export function Inspector(): VNode {
  const box = useRef<HTMLDivElement>(null);
  useLitFields(box);
  void wireVersion.value; // the selected item may still be arriving
  const item = selected.value;
  return (
    <div class="inspector" ref={box}>
      {item === undefined ? (
        <p class="empty">Nothing is selected. Click an arrow on the ladder to see what its bytes mean.</p>
      ) : (
        <Chosen key={item.id} item={latest(item)} />
      )}
    </div>
  );
}

/** A copy of what still changes: a component that is given the same object again is not drawn again. */
function latest(item: WireItem): WireItem {
  if (item.arrived !== undefined) return item;
  return item.kind === "record" ? { ...item, record: { ...item.record } } : { ...item };
}

function Chosen({ item }: { readonly item: WireItem }): VNode {
  if (item.kind === "break") {
    return (
      <>
        <Summary item={item} />
        <p>This direction was cut off without an end: {item.why}.</p>
      </>
    );
  }
  if (item.kind === "chunk") return <ChunkView item={item} />;
  const { record } = item;
  return (
    <>
      <Summary item={item} />
      <Violations item={item} />
      {record.kind === "head" ? <HeadView record={record} /> : <FrameView record={record} />}
    </>
  );
}

function Summary({ item }: { readonly item: WireItem }): VNode {
  const { kind, size, flags } = labelOf(item);
  const way = item.from === "client" ? "client → server" : "client ← server";
  const sentence = item.kind === "record" ? sentenceOf(item.record) : undefined;
  return (
    <header class={`summary from-${item.from}`}>
      {sentence !== undefined && (
        <p class="sentence">
          {sentence.words}
          {sentence.said !== undefined && (
            <>
              : <b>{sentence.said}</b>
            </>
          )}
        </p>
      )}
      <h3>
        <span class="way">{way}</span> {kind}
      </h3>
      <p>
        {[size, ...flags].filter((part) => part !== "").join(" · ")}
        {item.kind === "record" && ` · in ${count(item.record.chunkCount, "chunk")}`}
        {item.kind === "record" && !item.record.complete && " · incomplete"}
      </p>
      <time>{timesText(item)}</time>
    </header>
  );
}

function timesText({ departed, arrived }: WireItem): string {
  if (arrived === undefined) return `left at ${elapsed(departed.atMs)}`;
  const tookMs = arrived.atMs - departed.atMs;
  return tookMs < 1 ? elapsed(arrived.atMs) : `${elapsed(departed.atMs)}, took ${Math.round(tookMs)} ms`;
}

function Violations({ item: { record } }: { readonly item: RecordItem }): VNode | null {
  if (record.violations.length === 0) return null;
  return (
    <ul class="violations" aria-label="Broken rules">
      {record.violations.map(({ code, message, section }, index) => (
        <li key={index} class="violation">
          {message} <code>{code}</code> <Clause section={section} />
        </li>
      ))}
    </ul>
  );
}

/** A chunk has no meaning; only its content matters. */
function ChunkView({ item }: { readonly item: ChunkItem }): VNode {
  const { bytes, length, from, number } = item;
  const inIt = lookedAt.value.items.filter(
    (other): other is RecordItem =>
      other.kind === "record" &&
      other.from === from &&
      item.arrived !== undefined &&
      other.departed.atMs <= item.departed.atMs &&
      other.reached.atMs >= item.arrived.atMs,
  );
  return (
    <>
      <Summary item={item} />
      {length === null ? (
        <p>This direction has ended: no more bytes follow.</p>
      ) : (
        <>
          <p>
            Chunk {number} of the conversation. The network cuts the byte stream anywhere: the boundaries of chunks mean
            nothing to the protocol.
          </p>
          <HexDump bytes={bytes} start={0} fields={[]} columns={isNarrow.value ? 8 : 16} length={length} />
          {inIt.length > 0 && (
            <p class="links">
              In it:{" "}
              {inIt.slice(0, 20).map((other) => (
                <button key={other.id} type="button" class="small" onClick={() => (selected.value = other)}>
                  {labelOf(other).kind} {labelOf(other).size}
                </button>
              ))}
            </p>
          )}
        </>
      )}
    </>
  );
}
