/** The life cycle, drawn from the library's table. Highlights the current state and the next possible ones. */
import type { VNode } from "preact";
import type { ConnectionState } from "../../src/index.ts";
import type { Transition } from "../model/transition.ts";
import { BOX_HEIGHT, layOut, signalsByTarget } from "./lifeCycleLayout.ts";

const { width, height, boxes, arrows } = layOut();

interface Props {
  readonly state: ConnectionState;
  /** The last one. */
  readonly transition: Transition | undefined;
}

export function LifeCycleDrawing({ state, transition }: Props): VNode {
  const ways = [...signalsByTarget(state)];
  // What is drawn last lies on top.
  const litLast = arrows.toSorted((a, b) => Number(a.from === state) - Number(b.from === state));
  return (
    <figure class="life-cycle">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Life cycle, now ${state}`}>
        {litLast.map(({ from, to, signals, path }) => (
          <g key={`${from} ${to}`} class={arrowClass(from === state, isOn(from, to, transition))}>
            <title>{`${from} → ${to}: ${signals.join(", ")}`}</title>
            <path d={path} />
            <path class="tip" d={tipAt(path)} />
          </g>
        ))}
        {boxes.map((box) => (
          <g key={box.state} class={box.state === state ? "state lit" : "state"}>
            <rect x={box.x} y={box.y - BOX_HEIGHT / 2} width={box.width} height={BOX_HEIGHT} rx={BOX_HEIGHT / 2} />
            <text x={box.x + box.width / 2} y={box.y}>
              {box.state}
            </text>
          </g>
        ))}
      </svg>
      <figcaption>
        <details>
          <summary title="Possible next steps">
            {transition === undefined ? "Nothing has happened yet." : describe(transition)}
          </summary>
          {ways.length === 0 && "Nothing follows."}
          {ways.map(([target, signals]) => (
            <span key={target}>
              {signals.join(", ")} → <b>{target}</b>
            </span>
          ))}
        </details>
      </figcaption>
    </figure>
  );
}

function describe({ from, to, signals }: Transition): string {
  const way = from === to ? `stayed ${to}` : `${from} → ${to}`;
  return `Last: ${signals.join(", ")}, ${way}`;
}

function isOn(from: ConnectionState, to: ConnectionState, transition: Transition | undefined): boolean {
  return transition?.from === from && transition.to === to;
}

function arrowClass(isWayOut: boolean, wasLast: boolean): string {
  return `arrow${isWayOut ? " lit" : ""}${wasLast ? " last" : ""}`;
}

/** The head of an arrow, in the direction in which its curve arrives. */
function tipAt(path: string): string {
  const [x2, y2, x, y] = path
    .match(/-?[\d.]+/g)!
    .map(Number)
    .slice(-4) as [number, number, number, number];
  const vertical = x2 === x;
  const [dx, dy] = vertical ? [0, Math.sign(y - y2) * 4] : [4, 0];
  return `M${x + dx} ${y + dy} L${x - dx - dy * 0.8} ${y - dy - dx * 0.8} L${x - dx + dy * 0.8} ${y - dy + dx * 0.8} Z`;
}
