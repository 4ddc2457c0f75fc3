/** The events of one side, in order. */
import type { VNode } from "preact";
import type { BoundedLog } from "../model/boundedLog.ts";
import type { LoggedEvent } from "../model/side.ts";
import { elapsed } from "../model/format.ts";
import { FactList } from "../components/factList.tsx";
import { LogBox } from "../components/logBox.tsx";

interface Props {
  readonly log: BoundedLog<LoggedEvent>;
  readonly owner: string;
}

export function EventLog({ log, owner }: Props): VNode {
  return (
    <div class="log-section">
      <h3>Events</h3>
      <LogBox log={log} label={`${owner} events`} whenEmpty="Nothing yet." Row={EventRow} />
    </div>
  );
}

function EventRow({ entry: { atMs, type, facts } }: { readonly entry: LoggedEvent }): VNode {
  return (
    <li class={`event ${type}`}>
      <p class="entry-head">
        <b>{type}</b>
        <time>{elapsed(atMs)}</time>
      </p>
      <FactList facts={facts} />
    </li>
  );
}
