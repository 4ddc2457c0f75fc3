/** Records decoded from a file, in the form that the ladder draws. They no longer change. */
import type { TraceRecord } from "../../src/inspect/index.ts";
import type { LookedAt, Moment, RecordItem, WireItem } from "../model/timeline.ts";

export function stillTimeline(records: readonly TraceRecord[]): LookedAt {
  const moments: Moment[] = [];
  const pending = new Map<number, RecordItem>();
  const byArrival = [...records].sort((one, other) => one.lastMs - other.lastMs || one.id - other.id);
  for (const record of byArrival) {
    const moment: Moment = { atMs: record.lastMs, item: undefined, beginsRecord: false, row: 0 };
    moments.push(moment);
    const { id, sender: from, complete } = record;
    const arrived = complete ? moment : undefined;
    const item: RecordItem = {
      kind: "record",
      id,
      from,
      record,
      departed: moment,
      reached: moment,
      arrived,
      spoilt: undefined,
    };
    if (complete) moment.item = item;
    else pending.set(id, item);
  }
  const items: WireItem[] = [...moments.flatMap(({ item }) => (item === undefined ? [] : [item])), ...pending.values()];
  return { moments, pending, items, dropped: 0 };
}
