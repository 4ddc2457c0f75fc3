/** The lines of the ladder: one across for each row, the silences, and bytes in transit. */
import type { VNode } from "preact";
import { duration } from "../model/format.ts";
import type { Gap, Row } from "./geometry.ts";
import { violates } from "./labels.ts";
import { WORDS_FROM } from "./ladderState.ts";

interface Props {
  readonly rows: readonly Row[];
  readonly gaps: readonly Gap[];
  readonly rowHeight: number;
  /** The part of the ladder that is drawn, in CSS pixels. */
  readonly top: number;
  readonly height: number;
  readonly width: number;
  /** How long bytes are in transit, in milliseconds; `undefined` if unknown. */
  readonly flight: number | undefined;
}

/** The positions of the two ends' lines, in CSS pixels from the edges. Times are left of the first line. */
export const LEFT = 78;
export const RIGHT = 14;

export function Arrows({ rows, gaps, rowHeight, top, height, width, flight }: Props): VNode {
  const [left, right] = [LEFT, width - RIGHT];
  // Words stand above their line.
  const y = (at: number): number => at * rowHeight + (rowHeight < WORDS_FROM ? rowHeight / 2 : rowHeight - 4) - top;
  return (
    <svg class="arrows" aria-hidden="true" width={width} height={height} style={{ top: `${top}px` }}>
      <line class="life" x1={left} x2={left} y1={0} y2={height} />
      <line class="life" x1={right} x2={right} y1={0} y2={height} />
      {gaps.map(({ at, ms }) => (
        <g key={`gap ${at}`} class="gap">
          <line x1={left} x2={right} y1={y(at)} y2={y(at)} />
          {rowHeight >= WORDS_FROM && (
            <text x={left - 8} y={y(at) - rowHeight / 2 + 4}>
              {duration(ms)}
            </text>
          )}
        </g>
      ))}
      {rows.map((row, slot) => (
        <Arrow key={slot} row={row} left={left} right={right} y={y} flight={flight} />
      ))}
    </svg>
  );
}

interface ArrowProps {
  readonly row: Row;
  readonly left: number;
  readonly right: number;
  readonly y: (at: number) => number;
  readonly flight: number | undefined;
}

function Arrow({ row, left, right, y, flight }: ArrowProps): VNode {
  const { item, start, end, open } = row;
  const forward = item.from === "client";
  const [x1, x2] = forward ? [left, right] : [right, left];
  const [y1, y2] = [y(start), y(end)];
  const classes = ["arrow", item.kind, `from-${item.from}`, ...(violates(item) ? ["violates"] : [])].join(" ");
  if (row.fold !== undefined) {
    return <line class="folded" x1={left} x2={right} y1={y(end)} y2={y(end)} />;
  }
  if (item.kind === "break") {
    const middle = (left + right) / 2;
    return <path class={classes} d={`M${middle - 7} ${y1 - 7} l14 14 m0 -14 l-14 14`} />;
  }
  if (open) {
    // Its end is not known yet.
    const middle = (x1 + x2) / 2;
    const isChunk = item.kind === "chunk";
    return (
      <g class={`${classes} open`}>
        <line x1={x1} y1={isChunk ? y1 : y2} x2={middle} y2={y2} />
        {isChunk && (
          <circle
            key={item.id} // it sets out once
            r="4"
            cx={flight === undefined ? x1 + (x2 - x1) / 4 : x1}
            cy={y1}
            style={{ "--way": `${flight === undefined ? 0 : x2 - x1}px`, "--flight": `${flight ?? 0}ms` }}
          />
        )}
      </g>
    );
  }
  const slant = Math.atan2(y2 - y1, x2 - x1);
  const tip = (turn: number): string =>
    `${(x2 - 8 * Math.cos(slant + turn)).toFixed(1)},${(y2 - 8 * Math.sin(slant + turn)).toFixed(1)}`;
  return (
    <g class={classes}>
      <line x1={x1} y1={y1} x2={x2} y2={y2} />
      <polygon points={`${x2},${y2} ${tip(0.4)} ${tip(-0.4)}`} />
    </g>
  );
}
