/** A list that stays scrolled to its end as it grows, unless the user has scrolled up. */
import { Component, type ComponentType, type VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { BoundedLog } from "../model/boundedLog.ts";

interface Props<Entry> {
  readonly log: BoundedLog<Entry>;
  readonly label: string;
  readonly whenEmpty: string;
  readonly Row: ComponentType<{ readonly entry: Entry }>;
}

/** How far from its end a list still counts as scrolled to the end, in CSS pixels. */
const NEAR_END = 24;

export function LogBox<Entry>({ log, label, whenEmpty, Row }: Props<Entry>): VNode {
  const { entries, dropped } = log.view.value;
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [entries]);
  const noteScroll = ({
    currentTarget: { scrollTop, scrollHeight, clientHeight },
  }: {
    currentTarget: Element;
  }): void => {
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
  };
  return (
    <div class="log" ref={box} role="region" aria-label={label} tabIndex={0} onScroll={noteScroll}>
      {dropped > 0 && <p class="note">{dropped.toLocaleString("en")} older dropped</p>}
      {entries.length === 0 && <p class="note">{whenEmpty}</p>}
      <ol>
        {entries.map((entry, index) => (
          <KeptRow key={dropped + index} entry={entry} Row={Row} />
        ))}
      </ol>
    </div>
  );
}

/** Entries never change, so a row is drawn again only for another entry. */
class KeptRow<Entry> extends Component<Pick<Props<Entry>, "Row"> & { readonly entry: Entry }> {
  override shouldComponentUpdate({ entry }: { readonly entry: Entry }): boolean {
    return entry !== this.props.entry;
  }

  override render(): VNode {
    const { Row, entry } = this.props;
    return <Row entry={entry} />;
  }
}
