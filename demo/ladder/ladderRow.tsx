/** The text on one arrow, which can be selected. */
import { Fragment, type VNode } from "preact";
import { elapsed } from "../model/format.ts";
import type { Row } from "./geometry.ts";
import { foldLabel, labelOf, spokenLabel, violates } from "./labels.ts";

interface Props {
  readonly row: Row;
  readonly rowHeight: number;
  readonly hasWords: boolean;
  readonly isSelected: boolean;
  /** The number of rows. */
  readonly size: number;
  readonly choose: (row: Row) => void;
}

export function LadderRow({ row, rowHeight, hasWords, isSelected, size, choose }: Props): VNode {
  const { item, end, fold } = row;
  const { kind, size: length, flags, gist } = labelOf(item);
  const classes = ["row", item.kind, `from-${item.from}`];
  if (fold !== undefined) classes.push("fold");
  if (row.open) classes.push("on-way");
  else if (row.end > row.start) classes.push("slopes");
  if (violates(item)) classes.push("violates");
  if (item.kind !== "break" && item.spoilt !== undefined) classes.push("spoilt");
  return (
    <div
      id={`row-${item.id}`}
      class={classes.join(" ")}
      role="option"
      aria-selected={isSelected}
      aria-label={fold === undefined ? spokenLabel(item) : `${foldLabel(fold)}, folded`}
      aria-setsize={size}
      aria-posinset={row.position}
      style={{ top: `${end * rowHeight}px`, height: `${rowHeight}px` }}
      onClick={() => choose(row)}
    >
      {hasWords && fold !== undefined && <span class="words">⋮ {foldLabel(fold)}</span>}
      {hasWords && fold === undefined && (
        <>
          <time data-text={elapsed((item.arrived ?? item.departed).atMs)} />
          <span class="words">
            <b>{kind}</b> <span class="size">{length}</span>
            {flags.map((flag) => (
              <Fragment key={flag}>
                {" "}
                <i>{flag}</i>
              </Fragment>
            ))}{" "}
            {gist !== "" && <q>{gist}</q>}
          </span>
        </>
      )}
    </div>
  );
}
