/** The ladder: a line for each end, and an arrow between them for each chunk and each frame. Only what is seen is drawn. */
import { useComputed, useSignal } from "@preact/signals";
import type { RefObject, VNode } from "preact";
import { useCallback, useLayoutEffect, useRef } from "preact/hooks";
import { behaviour, conversation, networkSettings, selected, wireVersion } from "../model/playground.ts";
import { geometryOf, gapsBetween, rowsBetween, type Geometry, type Row } from "./geometry.ts";
import { spokenLabel } from "./labels.ts";
import { Arrows } from "./arrows.tsx";
import { LadderRow } from "./ladderRow.tsx";
import { LadderTools } from "./ladderTools.tsx";
import { changeZoom, follows, paused, ROW_HEIGHTS, showsChunks, WORDS_FROM, zoom } from "./ladderState.ts";

/** How far beyond its edges the view is drawn, in CSS pixels, so that scrolling by less changes nothing. */
const OVERSCAN = 240;
/** How far from its end the ladder still counts as read to the end, in CSS pixels. */
const NEAR_END = 24;

interface Props {
  /** Told when somebody pointed at an arrow, to see what is in it. */
  readonly opened?: () => void;
}

export function Ladder({ opened }: Props): VNode {
  const live = useComputed(() => {
    void wireVersion.value;
    return geometryOf(conversation.value.timeline, showsChunks.value);
  });
  const geometry = paused.value ?? live.value;
  const rowHeight = ROW_HEIGHTS[zoom.value]!;
  const box = useRef<HTMLDivElement>(null);
  const view = useView(box, geometry, rowHeight);
  const choose = (row: Row | undefined): void => {
    if (row === undefined) return;
    selected.value = row.item;
    bringIntoView(box.current!, row, rowHeight);
  };
  const press = (event: KeyboardEvent): void => {
    const { rows } = geometry;
    if (event.key === "Enter" && selected.value !== undefined) opened?.();
    const at = rows.findIndex(({ item }) => item === selected.value);
    const page = Math.max(1, Math.floor(box.current!.clientHeight / rowHeight) - 1);
    const to = rowAfter(event.key, at, rows.length, page);
    if (to === undefined) return;
    event.preventDefault();
    choose(rows[to]);
  };
  const open = (row: Row): void => {
    choose(row);
    opened?.();
  };

  const rows = rowsBetween(geometry, view.top / rowHeight - 1, view.bottom / rowHeight);
  const active = rows.find(({ item }) => item === selected.value);
  return (
    <section class="panel ladder" aria-label="Ladder">
      <LadderTools live={live.value} />
      <div class="ends" aria-hidden="true">
        <span class="client">client{!behaviour.client.value.reads && " (not reading)"}</span>
        <span class="server">server{!behaviour.server.value.reads && " (not reading)"}</span>
      </div>
      <div
        class="rungs"
        ref={box}
        role="listbox"
        aria-label="Bytes on the wire"
        tabIndex={0}
        {...(active !== undefined && { "aria-activedescendant": `row-${active.item.id}` })}
        onScroll={view.noteScroll}
        onKeyDown={press}
        onWheel={zoomByWheel}
      >
        <Rungs geometry={geometry} rows={rows} view={view} rowHeight={rowHeight} choose={open} />
      </div>
      <p class="spoken" role="status">
        {active !== undefined && spokenLabel(active.item)}
      </p>
    </section>
  );
}

interface RungsProps {
  readonly geometry: Geometry;
  /** Those in view. */
  readonly rows: readonly Row[];
  readonly view: { readonly top: number; readonly bottom: number; readonly width: number };
  readonly rowHeight: number;
  readonly choose: (row: Row) => void;
}

/** The arrows and rows in view, in a box as high as all of them. */
function Rungs({ geometry, rows, view: { top, bottom, width }, rowHeight, choose }: RungsProps): VNode {
  const height = (geometry.height + 1) * rowHeight;
  const { latencyMs, stepping } = networkSettings.value;
  return (
    <div class="length" role="presentation" style={{ height: `${height}px` }}>
      <Arrows
        rows={rows}
        gaps={gapsBetween(geometry, top / rowHeight - 1, bottom / rowHeight)}
        rowHeight={rowHeight}
        top={top}
        height={Math.min(bottom, Math.max(height, bottom - OVERSCAN)) - top}
        width={width}
        flight={stepping ? undefined : latencyMs}
      />
      {rows.map((row, slot) => (
        <LadderRow
          key={slot} // an element is used again for another row
          row={row}
          rowHeight={rowHeight}
          hasWords={rowHeight >= WORDS_FROM}
          isSelected={row.item === selected.value}
          size={geometry.rows.length}
          choose={choose}
        />
      ))}
    </div>
  );
}

/** The part that is drawn, in CSS pixels. It follows the box's scrolling and size, and the ladder's end. */
function useView(
  box: RefObject<HTMLDivElement | null>,
  geometry: Geometry,
  rowHeight: number,
): RungsProps["view"] & { readonly noteScroll: () => void } {
  const view = useSignal({ top: 0, bottom: 2000, width: 600 });
  const look = useCallback((): void => {
    const { scrollTop, clientHeight, clientWidth } = box.current!;
    const { top, bottom, width } = view.peek();
    const isDrawn = (top === 0 || scrollTop - top > OVERSCAN / 4) && bottom - scrollTop - clientHeight > OVERSCAN / 4;
    if (isDrawn && scrollTop >= top && width === clientWidth) return;
    view.value = {
      top: Math.max(0, scrollTop - OVERSCAN),
      bottom: scrollTop + clientHeight + OVERSCAN,
      width: clientWidth,
    };
  }, []);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (follows.value && paused.value === undefined) box.current!.scrollTop = box.current!.scrollHeight;
    look();
  }, [geometry, rowHeight, follows.value]);
  const noteScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    follows.value = scrollHeight - scrollTop - clientHeight < NEAR_END;
    look();
  };
  return { ...view.value, noteScroll };
}

function bringIntoView(box: HTMLDivElement, row: Row, rowHeight: number): void {
  const y = row.end * rowHeight;
  if (y < box.scrollTop) box.scrollTop = y;
  else if (y + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = y + 2 * rowHeight - box.clientHeight;
}

/** The index of the row that the key leads to; `at` is that of the selected row, or −1. */
function rowAfter(key: string, at: number, count: number, page: number): number | undefined {
  const last = count - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
  const step = steps[key];
  if (step === undefined) return undefined;
  return at < 0 ? last : Math.min(last, Math.max(0, at + step));
}

function zoomByWheel(event: WheelEvent): void {
  if (!event.ctrlKey) return;
  event.preventDefault();
  changeZoom(event.deltaY < 0 ? 1 : -1);
}
