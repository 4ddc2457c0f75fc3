/** The ladder: a line for each end, and arrows for the chunks and frames. Only the visible part is drawn. */
import { useComputed, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useCallback, useLayoutEffect, useRef } from "preact/hooks";
import { behaviour, borrowed, lookedAt, networkSettings, selected, wireVersion } from "../model/playground.ts";
import { foldRuns } from "./folding.ts";
import { geometryOf, gapsBetween, rowsBetween, type Row } from "./geometry.ts";
import { foldLabel, spokenLabel, violates } from "./labels.ts";
import { Arrows } from "./arrows.tsx";
import { LadderRow } from "./ladderRow.tsx";
import { LadderTools } from "./ladderTools.tsx";
import {
  changeZoom,
  filter,
  folds,
  follows,
  paused,
  ROW_HEIGHTS,
  showsChunks,
  unfold,
  unfolded,
  WORDS_FROM,
  zoom,
} from "./ladderState.ts";
import { Minimap } from "./minimap.tsx";

/** How far beyond the edges the ladder is drawn, in CSS pixels, so that short scrolling draws nothing. */
const OVERSCAN = 240;
/** How far from its end the ladder still counts as scrolled to the end, in CSS pixels. */
const NEAR_END = 24;

interface Props {
  /** Called when the user selects an arrow. */
  readonly opened?: () => void;
}

/** The next or the previous row that breaks a rule. */
function nextBroken(rows: readonly Row[], at: number, forward: boolean): Row | undefined {
  return forward
    ? rows.slice(at + 1).find(({ item }) => violates(item))
    : rows.slice(0, Math.max(0, at)).findLast(({ item }) => violates(item));
}

/**
 * The index of the row that a key moves to, from the row at `at`, or −1 if none is selected. Returns `undefined` for
 * other keys.
 */
function rowFor(key: string, at: number, count: number, page: number): number | undefined {
  const last = count - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[key];
  if (step === undefined) return undefined;
  return at < 0 ? last : Math.min(last, Math.max(0, at + step));
}

export function Ladder({ opened }: Props): VNode {
  const live = useComputed(() => {
    void wireVersion.value;
    const keeps = filter.value;
    return geometryOf(lookedAt.value, showsChunks.value, typeof keeps === "string" ? undefined : keeps);
  });
  const folded = useComputed(() => {
    const whole = paused.value ?? live.value;
    if (!folds.value) return whole;
    const [open, chosen] = [unfolded.value, selected.value];
    return foldRuns(whole, (first, hidden) => open.has(first) || hidden.some(({ item }) => item === chosen));
  });
  const geometry = folded.value;
  const rowHeight = ROW_HEIGHTS[zoom.value]!;
  const box = useRef<HTMLDivElement>(null);
  /** The part that is drawn, in CSS pixels. */
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
    // An inspector that opens below takes room. What was visible before, and the selected arrow, stay visible.
    const observer = new ResizeObserver(() => {
      if (borrowed.peek() === undefined && follows.peek() && paused.peek() === undefined) {
        box.current!.scrollTop = box.current!.scrollHeight;
      }
      box.current!.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
      look();
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (borrowed.value === undefined && follows.value && paused.value === undefined)
      box.current!.scrollTop = box.current!.scrollHeight;
    look();
  }, [geometry, rowHeight, follows.value]);

  const noteScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    follows.value = scrollHeight - scrollTop - clientHeight < NEAR_END;
    look();
  };
  const choose = (row: Row | undefined): void => {
    if (row === undefined) return;
    selected.value = row.item;
    const { scrollTop, clientHeight } = box.current!;
    const y = row.end * rowHeight;
    if (y < scrollTop) box.current!.scrollTop = y;
    else if (y + rowHeight > scrollTop + clientHeight) box.current!.scrollTop = y + 2 * rowHeight - clientHeight;
  };
  const open = (row: Row): void => {
    choose(row);
    if (row.fold === undefined) opened?.();
    else unfold(row.fold.first);
  };
  const press = (event: KeyboardEvent): void => {
    const { rows } = geometry;
    const at = rows.findIndex(({ item }) => item === selected.value);
    const { key } = event;
    if (key === "n" || key === "p") {
      choose(nextBroken(rows, at, key === "n"));
      return;
    }
    if (key === "Enter" && rows[at] !== undefined) open(rows[at]);
    const page = Math.max(1, Math.floor(box.current!.clientHeight / rowHeight) - 1);
    const to = rowFor(key, at, rows.length, page);
    if (to === undefined) return;
    event.preventDefault();
    choose(rows[to]);
  };
  const wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    changeZoom(event.deltaY < 0 ? 1 : -1);
  };

  const { top, bottom, width } = view.value;
  const [first, last] = [top / rowHeight - 1, bottom / rowHeight];
  const rows = rowsBetween(geometry, first, last);
  const gaps = gapsBetween(geometry, first, last);
  const height = (geometry.height + 1) * rowHeight;
  const hasWords = rowHeight >= WORDS_FROM;
  const active = rows.find(({ item }) => item === selected.value);
  const { latencyMs, stepping } = networkSettings.value;
  const isLive = borrowed.value === undefined;
  return (
    <section class="panel ladder" aria-label="Ladder">
      <LadderTools live={live.value} />
      <div class="ends" aria-hidden="true">
        <span class="client">client{isLive && !behaviour.client.value.reads && " (not reading)"}</span>
        <span class="server">server{isLive && !behaviour.server.value.reads && " (not reading)"}</span>
      </div>
      <div class="scene">
        <div
          class="rungs"
          ref={box}
          role="listbox"
          aria-label="Bytes on the wire"
          tabIndex={0}
          {...(active !== undefined && { "aria-activedescendant": `row-${active.item.id}` })}
          onScroll={noteScroll}
          onKeyDown={press}
          onWheel={wheel}
        >
          <div class="length" role="presentation" style={{ height: `${height}px` }}>
            <Arrows
              rows={rows}
              gaps={gaps}
              rowHeight={rowHeight}
              top={top}
              height={Math.min(bottom, Math.max(height, bottom - OVERSCAN)) - top}
              width={width}
              flight={stepping ? undefined : latencyMs}
            />
            {rows.map((row, slot) => (
              <LadderRow
                key={slot} // the element is reused for another row
                row={row}
                rowHeight={rowHeight}
                hasWords={hasWords}
                isSelected={row.item === selected.value}
                size={geometry.rows.length}
                choose={open}
              />
            ))}
          </div>
        </div>
        <Minimap geometry={geometry} box={box} height={height} />
      </div>
      <p class="spoken" role="status">
        {active !== undefined && (active.fold === undefined ? spokenLabel(active.item) : foldLabel(active.fold))}
      </p>
    </section>
  );
}
