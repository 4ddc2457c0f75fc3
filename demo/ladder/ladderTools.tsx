/** The controls of the ladder: follow, pause, zoom, show chunks. */
import type { VNode } from "preact";
import { Complaint } from "../components/complaint.tsx";
import { Switch } from "../components/switch.tsx";
import { count } from "../model/format.ts";
import { borrowed, lookedAt } from "../model/playground.ts";
import type { Geometry } from "./geometry.ts";
import { changeZoom, filter, filterText, folds, follows, paused, showsChunks } from "./ladderState.ts";

export function LadderTools({ live }: { readonly live: Geometry }): VNode {
  const held = paused.value;
  const { dropped } = lookedAt.value;
  const isLive = borrowed.value === undefined;
  const more = held === undefined ? 0 : live.arrows - held.arrows;
  return (
    <header class="panel-head">
      <h2>Ladder</h2>
      <p class="legend" role="status">
        {count(live.arrows, "arrow")}
        {dropped > 0 && `, ${dropped.toLocaleString("en")} older dropped`}
        {more > 0 && `, ${more.toLocaleString("en")} since the pause`}
      </p>
      <Filter />
      <div class="tools" role="toolbar" aria-label="Ladder">
        <Switch checked={folds.value} change={(on) => (folds.value = on)} label="Fold" />
        {isLive && (
          <>
            <Switch checked={showsChunks.value} change={(on) => (showsChunks.value = on)} label="Chunks" />
            <Switch checked={follows.value} change={(on) => (follows.value = on)} label="Follow" />
            <button
              type="button"
              class="small"
              aria-pressed={held !== undefined}
              onClick={() => (paused.value = held === undefined ? live : undefined)}
            >
              Pause
            </button>
          </>
        )}
        <button type="button" class="small icon" aria-label="Zoom out" onClick={() => changeZoom(-1)}>
          −
        </button>
        <button type="button" class="small icon" aria-label="Zoom in" onClick={() => changeZoom(1)}>
          +
        </button>
      </div>
    </header>
  );
}

function Filter(): VNode {
  const wrong = typeof filter.value === "string" ? filter.value : undefined;
  return (
    <label class="filter">
      <span class="spoken">Filter</span>
      <input
        type="search"
        value={filterText.value}
        placeholder="Filter, such as from:server"
        title='opcode:ping  from:server  size>1k  text:"hello"  is:broken; the keys n and p lead to the next broken rule'
        spellcheck={false}
        aria-invalid={wrong !== undefined}
        aria-describedby="filter-wrong"
        onInput={(event) => (filterText.value = event.currentTarget.value)}
      />
      <Complaint id="filter-wrong" text={wrong} />
    </label>
  );
}
